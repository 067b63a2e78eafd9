import { describe, expect, it } from 'vitest';
import type { WorklistColumn } from '#contracts/worklist-views.ts';
import { fitColumns } from '../../../viewer/src/worklist/fit-columns.ts';

const CHOSEN: readonly WorklistColumn[] = [
  'priority',
  'image',
  'patient',
  'study',
  'ai',
  'reason',
  'received',
  'waiting',
  'reading',
];

describe('columns in a narrow window', () => {
  it('stay as chosen where there is room, and while the width is not known', () => {
    expect(fitColumns(CHOSEN, 1366)).toEqual(CHOSEN);
    expect(fitColumns(CHOSEN, 0)).toEqual(CHOSEN);
  });

  it('lose what can be read in the detail pane first, and keep their order', () => {
    expect(fitColumns(CHOSEN, 1024)).toEqual(CHOSEN.filter((column) => column !== 'reason'));
    expect(fitColumns(CHOSEN, 820)).toEqual([
      'priority',
      'patient',
      'study',
      'ai',
      'waiting',
      'reading',
    ]);
  });

  it('never lose priority, patient, study, AI and waiting time', () => {
    const least = ['priority', 'patient', 'study', 'ai', 'waiting'];
    expect(fitColumns(CHOSEN, 320)).toEqual(least);
    expect(fitColumns(['priority', 'patient'], 10)).toEqual(['priority', 'patient']);
  });
});
