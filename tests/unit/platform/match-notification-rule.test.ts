import { describe, expect, it } from 'vitest';
import { matchRule, type RuleFacts } from '#platform/notifications/match-rule.ts';
import { concludedLabel, ruleFor } from '#tests/support/notifications.ts';

const FACTS: RuleFacts = {
  modality: 'CT',
  site: 'North',
  priority: 'HIGH',
  labels: [
    concludedLabel({ modelId: 'a' }),
    concludedLabel({
      ...{ id: 'fracture', label: 'Rib fracture', modelId: 'b' },
      code: { scheme: 'SCT', value: '33737001', meaning: 'Fracture of rib' },
    }),
    concludedLabel({ id: 'opacity', label: 'Opacity', flagged: false, modelId: 'a' }),
  ],
};

const found = (when: Record<string, unknown>, facts: Partial<RuleFacts> = {}) =>
  matchRule(ruleFor(when), { ...FACTS, ...facts })?.map(({ id }) => id);

describe('a notification rule', () => {
  it('takes flagged labels alone', () => {
    expect(found({ flagged: true })).toEqual(['pneumothorax', 'fracture']);
    expect(found({ flagged: true }, { labels: [concludedLabel({ flagged: false })] })).toBe(
      undefined,
    );
    expect(found({ findings: ['opacity'] })).toBeUndefined();
  });

  it.each([['pneumothorax'], ['Pneumothorax'], ['SCT:36118008'], ['no such', 'SCT:36118008']])(
    'knows a finding by id, label or code: %s',
    (...findings) => {
      expect(found({ findings })).toEqual(['pneumothorax']);
    },
  );

  it('wants finding and model of one and the same label', () => {
    expect(found({ models: ['b'] })).toEqual(['fracture']);
    expect(found({ models: ['b'], findings: ['fracture'] })).toEqual(['fracture']);
    expect(found({ models: ['b'], findings: ['pneumothorax'] })).toBeUndefined();
  });

  it('takes a priority that is this or more urgent, whether anything is flagged or not', () => {
    expect(found({ priorityAtLeast: 'HIGH' })).toEqual(['pneumothorax', 'fracture']);
    expect(found({ priorityAtLeast: 'STAT' })).toBeUndefined();
    expect(found({ priorityAtLeast: 'MEDIUM' }, { labels: [] })).toEqual([]);
    expect(found({ priorityAtLeast: 'MEDIUM', flagged: true }, { labels: [] })).toBeUndefined();
  });

  it('takes the modalities and sites that it names', () => {
    expect(found({ flagged: true, modalities: ['DX', 'CT'], sites: ['North'] })).toHaveLength(2);
    expect(found({ flagged: true, modalities: ['DX'] })).toBeUndefined();
    expect(found({ flagged: true, modalities: ['DX'] }, { modality: null })).toBeUndefined();
    expect(found({ flagged: true, sites: ['South'] })).toBeUndefined();
  });
});
