import { describe, expect, it } from 'vitest';
import { ruleFor } from '#tests/support/notifications.ts';
import { describeRule } from '#worklist/notifications/describe-rule.ts';
import { unmatchedNames } from '#worklist/notifications/unmatched-names.ts';

const label = (id: string, name: string, value: string) => ({
  ...{ id, label: name },
  code: { scheme: 'SCT', value },
});
const MODELS = [
  {
    id: 'chest',
    role: 'active' as const,
    manifest: { labels: [label('ptx', 'Pneumothorax', '36118008')] },
  },
  {
    id: 'rib',
    role: 'shadow' as const,
    manifest: { labels: [label('fx', 'Rib fracture', '33737001')] },
  },
  { id: 'broken', role: 'active' as const },
];

describe('a notification rule, as an administrator sees it', () => {
  it.each([
    [{ flagged: true }, 'anything flagged'],
    [{ models: ['a', 'b'] }, 'anything flagged, by a or b'],
    [{ findings: ['x', 'y'], models: ['a'] }, 'flagged: x or y, by a'],
    [
      { priorityAtLeast: 'STAT', modalities: ['CT'], sites: ['North', 'South'] },
      'priority STAT or more urgent, modality CT, site North or South',
    ],
  ])('is put in words: %j', (when, words) => {
    expect(describeRule(ruleFor(when))).toBe(words);
  });

  it('names what no active model finds, by id, label or code, and models that are not active', () => {
    const found = (when: Record<string, unknown>) => unmatchedNames(ruleFor(when), MODELS);
    expect(found({ findings: ['ptx', 'Pneumothorax', 'SCT:36118008'] })).toEqual([]);
    expect(found({ findings: ['pneumothorax', 'fx', 'SCT:33737001'] })).toEqual([
      ...['pneumothorax', 'fx', 'SCT:33737001'],
    ]);
    expect(found({ models: ['chest', 'broken', 'rib', 'chets'] })).toEqual(['rib', 'chets']);
    expect(found({ flagged: true, modalities: ['XX'] })).toEqual([]);
  });
});
