import { describe, expect, it } from 'vitest';
import type { FindingRow } from '#platform/study-results/finding-row.ts';
import { mergeFindings } from '#platform/study-results/merge-findings.ts';

let count = 0;

function finding(overrides: Partial<FindingRow> = {}): FindingRow {
  count += 1;
  return {
    findingId: String(count),
    modelRunKey: 'first',
    studyKey: '1',
    label: 'Nodule',
    code: { scheme: 'SCT', value: '1', meaning: 'Nodule' },
    sopInstanceUid: '1.2',
    frame: 1,
    ...{ boxX: 10, boxY: 10, boxWidth: 10, boxHeight: 10 },
    score: 0.5,
    withdrawnAt: null,
    modelId: 'first',
    modelVersion: '1.0.0',
    ...overrides,
  };
}

const other = { modelRunKey: 'second', modelId: 'second' };

function groups(...findings: FindingRow[]): number[] {
  const merged = mergeFindings(findings);
  const all = merged.flatMap(({ members }) => members.map(({ findingId }) => findingId));
  // Whatever is merged, nothing is lost and nothing comes twice.
  expect(all.toSorted()).toEqual(findings.map(({ findingId }) => findingId).toSorted());
  return merged.map(({ members }) => members.length);
}

describe('findings of several models', () => {
  it('are one where they overlap and have the same code, whatever they are called', () => {
    expect(groups(finding(), finding({ ...other, label: 'Rundherd', boxX: 12 }))).toEqual([2]);
  });

  it('are one where they have the same label, whatever the code', () => {
    const code = { scheme: '99X', value: 'N', meaning: 'Nodule' };
    expect(groups(finding(), finding({ ...other, code, label: ' nodule' }))).toEqual([2]);
    expect(groups(finding(), finding({ ...other, code, label: 'Mass' }))).toEqual([1, 1]);
  });

  it('are two elsewhere, on another image or frame, and when they barely touch', () => {
    expect(groups(finding(), finding({ ...other, boxX: 30 }))).toEqual([1, 1]);
    expect(groups(finding(), finding({ ...other, sopInstanceUid: '1.3' }))).toEqual([1, 1]);
    expect(groups(finding(), finding({ ...other, frame: 2 }))).toEqual([1, 1]);
    expect(groups(finding(), finding({ ...other, boxX: 18, boxY: 18 }))).toEqual([1, 1]);
  });

  it('of one model stay apart, and a third model joins the first that fits', () => {
    expect(groups(finding(), finding({ boxX: 11 }))).toEqual([1, 1]);
    const third = { modelRunKey: 'third', modelId: 'third' };
    expect(groups(finding(), finding({ boxX: 11 }), finding(other), finding(third))).toEqual([
      3, 1,
    ]);
  });
});
