import { describe, expect, it } from 'vitest';
import {
  checkCompletenessRules,
  loadCompletenessRules,
} from '#platform/completeness-rule/load-rule.ts';

describe('the completeness rules', () => {
  it('that ship trust IAN and MPPS, no association, and end after two hours', () => {
    const rules = loadCompletenessRules();
    expect(rules).toMatchObject({ id: 'default', version: '1', rules: [] });
    expect(rules.otherwise).toMatchObject({
      signals: { associationReleased: false, instanceAvailability: true, mpps: true },
      longestWaitMinutes: 120,
      quietSeconds: undefined,
    });
  });

  it('give every rule what it does not say itself', () => {
    const { rules, faults } = checkCompletenessRules(`
id: site
version: "7"
defaults: { graceSeconds: 4, signals: { mpps: false } }
rules:
  - { name: a, match: { modality: MG }, demand: { views: [R CC, [PA, AP]] }, signals: { associationReleased: true } }
`);
    expect(faults).toEqual([]);
    expect(rules?.rules).toEqual([
      {
        name: 'a',
        match: { modality: ['MG'] },
        demand: { views: [[{ view: 'CC', laterality: 'R' }], [{ view: 'PA' }, { view: 'AP' }]] },
        signals: { associationReleased: true, instanceAvailability: true, mpps: false },
        graceSeconds: 4,
        settleSeconds: 0,
        quietSeconds: undefined,
        longestWaitMinutes: 120,
      },
    ]);
  });

  it('are refused with every fault at once, each with its place', () => {
    const { rules, faults } = checkCompletenessRules(`
id: site
version: 7
unknown: 1
rules:
  - { name: a, demand: { images: 0 } }
  - { name: b, match: { modalty: MG }, demand: { views: [CC RIGHT SIDE] } }
  - { name: c, demand: { series: [{ images: 3 }] } }
`);
    expect(rules).toBeUndefined();
    const places = [
      'version',
      'unknown',
      'rules.0.demand.images',
      'rules.1.match',
      'rules.1.demand.views',
      'rules.2.demand.series',
    ];
    for (const place of places) expect(faults.join('\n')).toContain(place);
  });

  it('are refused where their parts do not go together', () => {
    const { rules, faults } = checkCompletenessRules(`
id: site
version: "1"
defaults: { longestWaitMinutes: 1 }
rules:
  - { name: same, match: { modality: CT }, demand: { contiguousNumbers: true } }
  - { name: same, match: { modality: "*" }, quietSeconds: 61 }
  - { name: otherwise, match: { modality: MR } }
`);
    expect(rules).toBeUndefined();
    expect(faults).toEqual([
      expect.stringMatching(/^rules\.0 \(same\): gapless numbers .* give settleSeconds/),
      'rules.1 (same): the name is taken',
      'rules.1 (same): it matches every study, so that no rule after it is ever reached',
      'rules.2 (otherwise): the name is taken',
      'same: quietSeconds is longer than longestWaitMinutes, it would never count',
    ]);
  });

  it('name line and column of broken YAML, and the file that is not there', () => {
    expect(checkCompletenessRules('id: a\nversion: [1\n').faults[0]).toMatch(
      /^line \d+, column \d+: /,
    );
    expect(checkCompletenessRules('').faults).not.toEqual([]);
    expect(() => loadCompletenessRules('/nowhere.yaml')).toThrow(
      expect.objectContaining({ code: 'RULE_INVALID' }),
    );
  });
});
