import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import {
  type CompletenessRule,
  type CompletenessRules,
  demandsAnything,
} from '#core/completeness/rule.ts';
import { RadTriageError } from '#core/errors.ts';
import { type RuleFile, ruleFileSchema } from './rule-schema.ts';

export const DEFAULT_COMPLETENESS_RULE_FILE = join(import.meta.dirname, 'default-rule.yaml');

type Defaults = RuleFile['defaults'];

function completeRule(rule: RuleFile['rules'][number], defaults: Defaults): CompletenessRule {
  return {
    name: rule.name,
    match: rule.match,
    demand: rule.demand,
    signals: { ...defaults.signals, ...dropUndefined(rule.signals) },
    settleSeconds: rule.settleSeconds ?? defaults.settleSeconds,
    graceSeconds: rule.graceSeconds ?? defaults.graceSeconds,
    quietSeconds: rule.quietSeconds ?? defaults.quietSeconds,
    longestWaitMinutes: rule.longestWaitMinutes ?? defaults.longestWaitMinutes,
  };
}

function dropUndefined(signals: z.output<typeof ruleFileSchema>['rules'][number]['signals']) {
  return Object.fromEntries(Object.entries(signals).filter(([, value]) => value !== undefined));
}

/** Demands that say nothing of what else may come: met by the first image, or by the first series. */
function isOpenEnded({ demand }: CompletenessRule): boolean {
  if (!demandsAnything(demand)) return false;
  const isBounded =
    demand.images !== undefined ||
    demand.views !== undefined ||
    demand.series !== undefined ||
    demand.imagesFrom?.includes('NumberOfStudyRelatedInstances') === true;
  return !isBounded;
}

function isCatchAll({ match }: CompletenessRule): boolean {
  return Object.values(match).every((value) => value === undefined || value.includes('*'));
}

/** What the schema cannot see: how the values of one rule, and the rules of one file, go together. */
function crossCheck(rules: CompletenessRules): string[] {
  const faults: string[] = [];
  const names = new Set<string>();
  rules.rules.forEach((rule, index) => {
    const where = `rules.${index} (${rule.name})`;
    if (names.has(rule.name) || rule.name === rules.otherwise.name) {
      faults.push(`${where}: the name is taken`);
    }
    names.add(rule.name);
    if (isOpenEnded(rule) && rule.settleSeconds === 0) {
      faults.push(
        `${where}: gapless numbers and counts of a series or acquisition cannot tell what else comes: give settleSeconds, or demand images, views or series`,
      );
    }
    if (isCatchAll(rule) && index < rules.rules.length - 1) {
      faults.push(`${where}: it matches every study, so that no rule after it is ever reached`);
    }
  });
  for (const rule of [...rules.rules, rules.otherwise]) {
    const wait = rule.longestWaitMinutes * 60;
    for (const key of ['quietSeconds', 'settleSeconds', 'graceSeconds'] as const) {
      if ((rule[key] ?? 0) > wait) {
        faults.push(`${rule.name}: ${key} is longer than longestWaitMinutes, it would never count`);
      }
    }
  }
  return faults;
}

export interface CheckedRules {
  /** Undefined when there are faults. */
  readonly rules: CompletenessRules | undefined;
  /** All of them at once, each with its place. */
  readonly faults: readonly string[];
}

/** Checks the text of a rule file. */
export function checkCompletenessRules(text: string): CheckedRules {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    const faults = document.errors.map(({ pos, message }) => {
      const { line, col } = lines.linePos(pos[0]);
      return `line ${line}, column ${col}: ${message}`;
    });
    return { rules: undefined, faults };
  }
  const parsed = ruleFileSchema.safeParse(document.toJS());
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => {
      const place = issue.path.join('.');
      return place === '' ? issue.message : `${place}: ${issue.message}`;
    });
    return { rules: undefined, faults };
  }
  const { id, version, defaults, rules: written } = parsed.data;
  const rules: CompletenessRules = {
    id,
    version,
    rules: written.map((rule) => completeRule(rule, defaults)),
    otherwise: completeRule({ name: 'otherwise', match: {}, demand: {}, signals: {} }, defaults),
  };
  const faults = crossCheck(rules);
  return { rules: faults.length === 0 ? rules : undefined, faults };
}

/** @throws RadTriageError RULE_INVALID when the file cannot be read */
export function readRuleFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new RadTriageError('RULE_INVALID', `completeness rule ${path}: ${why}`, { cause });
  }
}

/**
 * Reads the site's completeness rules, or those we ship.
 * @throws RadTriageError RULE_INVALID naming every fault
 */
export function loadCompletenessRules(
  path: string = DEFAULT_COMPLETENESS_RULE_FILE,
): CompletenessRules {
  const { rules, faults } = checkCompletenessRules(readRuleFile(path));
  if (rules !== undefined) return rules;
  throw new RadTriageError(
    'RULE_INVALID',
    `completeness rule ${path} has ${faults.length} fault(s):\n  ${faults.join('\n  ')}`,
  );
}
