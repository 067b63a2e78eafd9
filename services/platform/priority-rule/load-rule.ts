import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { RadTriageError } from '#core/errors.ts';
import { PRIORITIES, type PriorityRule } from '#core/priority.ts';

const YEAR_MINUTES = 366 * 24 * 60;
const minutes = z.number().positive().max(YEAR_MINUTES);

const ruleSchema = z.strictObject({
  id: z.string().min(1).max(64),
  version: z.string().min(1).max(32),
  longestWaitMinutes: z
    .strictObject({ STAT: minutes, HIGH: minutes, MEDIUM: minutes, LOW: minutes })
    .refine(
      (wait) =>
        PRIORITIES.every(
          (name, rank) => rank === 0 || wait[PRIORITIES[rank - 1] ?? name] <= wait[name],
        ),
      'a more urgent class may not wait longer than a less urgent one',
    ),
  raises: z.array(
    z.strictObject({
      model: z.string().min(1).max(64),
      minimumScore: z.number().min(0).max(1).optional(),
      priority: z
        .enum(PRIORITIES)
        .refine((name) => name !== 'LOW', 'a finding cannot raise to LOW'),
      headStartMinutes: z.number().min(0).max(YEAR_MINUTES),
    }),
  ),
});

const DEFAULT_RULE_FILE = join(import.meta.dirname, 'default-rule.yaml');

/**
 * Reads the site's rule, or the one we ship.
 * @throws RadTriageError RULE_INVALID naming every fault
 */
export function loadPriorityRule(path: string = DEFAULT_RULE_FILE): PriorityRule {
  let content: unknown;
  try {
    content = parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new RadTriageError('RULE_INVALID', `priority rule ${path}: ${why}`, { cause });
  }
  const parsed = ruleSchema.safeParse(content);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new RadTriageError('RULE_INVALID', `priority rule ${path}:\n  ${faults.join('\n  ')}`);
}
