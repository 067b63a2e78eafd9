import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadPriorityRule } from '#platform/priority-rule/load-rule.ts';
import { temporaryDirectory } from '#tests/support/temporary.ts';

const folder = temporaryDirectory();
afterAll(folder.remove);

function load(text: string) {
  const path = join(folder.path, 'rule.yaml');
  writeFileSync(path, text);
  return () => loadPriorityRule(path);
}

const WAITS = 'longestWaitMinutes: {STAT: 15, HIGH: 60, MEDIUM: 240, LOW: 1440}';

describe('the site rule', () => {
  it('is the one we ship when the site has none', () => {
    expect(loadPriorityRule()).toEqual({
      id: 'default',
      version: '1',
      longestWaitMinutes: { STAT: 15, HIGH: 60, MEDIUM: 240, LOW: 1440 },
      raises: [{ model: '*', priority: 'HIGH', headStartMinutes: 30 }],
    });
  });

  it.each([
    [
      'lowers to LOW',
      `id: a\nversion: '1'\n${WAITS}\nraises: [{model: '*', priority: LOW, headStartMinutes: 0}]`,
      /raises\.0\.priority/,
    ],
    [
      'delays by a negative head start',
      `id: a\nversion: '1'\n${WAITS}\nraises: [{model: '*', priority: HIGH, headStartMinutes: -1}]`,
      /headStartMinutes/,
    ],
    [
      'lets a more urgent class wait longer',
      `id: a\nversion: '1'\nlongestWaitMinutes: {STAT: 90, HIGH: 60, MEDIUM: 240, LOW: 1440}\nraises: []`,
      /more urgent/,
    ],
    [
      'forgets a class',
      `id: a\nversion: '1'\nlongestWaitMinutes: {STAT: 15, HIGH: 60, MEDIUM: 240}\nraises: []`,
      /LOW/,
    ],
    ['has a line nobody knows', `id: a\nversion: '1'\n${WAITS}\nraises: []\nlowers: []`, /lowers/],
    ['is no YAML', 'id: [', /rule\.yaml/],
    ['is empty', '', /rule\.yaml/],
  ])('is refused when it %s', (_what, text, fault) => {
    expect(load(text)).toThrow(expect.objectContaining({ code: 'RULE_INVALID' }));
    expect(load(text)).toThrow(fault);
  });

  it('is refused when the file is not there', () => {
    expect(() => loadPriorityRule(join(folder.path, 'none.yaml'))).toThrow(
      expect.objectContaining({ code: 'RULE_INVALID' }),
    );
  });
});
