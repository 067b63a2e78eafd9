import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { checkCompletenessRules } from '#platform/completeness-rule/load-rule.ts';

const DOCUMENT = resolve(import.meta.dirname, '../../../docs/completeness.md');
const examples = [...readFileSync(DOCUMENT, 'utf8').matchAll(/```yaml\n(.*?)```/gs)].map(
  ([, text = '']) => text,
);

it('are found in the document', () => expect(examples).toHaveLength(5));

it.each(examples)('example %# of docs/completeness.md is free of faults', (example) => {
  const { rules, faults } = checkCompletenessRules(example);
  expect(faults).toEqual([]);
  expect(rules?.rules.length).toBeGreaterThan(0);
});
