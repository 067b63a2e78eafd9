import type { ModelEvaluation } from '#core/model-evaluation.ts';
import type { RegisteredModel } from '#models/registry/registry.ts';
import type { Config } from '#platform/config/config.ts';
import type { Database } from '#platform/database/connect.ts';
import { loadPriorityRule } from '#platform/priority-rule/load-rule.ts';
import { compareModels, FEW_STUDIES } from '#quality/model-comparison/compare-models.ts';
import { readComparedStudies } from '#quality/model-comparison/read-studies.ts';
import { readShadowRecord, type ShadowRecord } from '#quality/model-comparison/shadow-record.ts';
import { describeProportion } from '#quality/model-comparison/words.ts';
import { print, printNote, printTable } from '../output.ts';
import { describeManifest, nameOf } from './describe.ts';
import { describeEvaluation } from './evaluation.ts';

interface Surroundings {
  /** The version that is active until now. */
  readonly active: RegisteredModel | undefined;
  /** Given now, or kept from before. */
  readonly evaluation: ModelEvaluation | undefined;
  readonly database: Database;
  readonly config: Config;
}

function describeRecord(record: ShadowRecord): [string, string][] {
  return [
    [
      'Seen here',
      `${record.analysed} studies analysed, ${record.notAnalysed} not, ${record.failed} failed`,
    ],
    ['Would have flagged', describeProportion(record.flagged)],
    [
      `Of ${record.confirmedFlagged.total} that readers confirmed`,
      `flagged ${describeProportion(record.confirmedFlagged)}`,
    ],
  ];
}

/** What somebody ought to know before a model may raise studies: its validation, and what it did here. */
export async function printPromotion(
  model: RegisteredModel,
  { active, evaluation, database, config }: Surroundings,
): Promise<void> {
  const { id: modelId, version, manifest } = model;
  if (manifest !== undefined) printTable(describeManifest(manifest));
  const record = await readShadowRecord(database, { modelId, version });
  print('');
  printTable([
    ...describeRecord(record),
    ...(evaluation === undefined ? [] : describeEvaluation(evaluation)),
  ]);
  if (active !== undefined && active.version !== version) {
    const a = { modelId: active.id, version: active.version };
    const input = await readComparedStudies(database, { a, b: { modelId, version } });
    const { compared, flags, places } = compareModels(
      input,
      loadPriorityRule(config.priorityRuleFile),
    );
    print(
      `\nAgainst ${nameOf(active)} over ${compared} studies: flagged by both ${flags.both}, by it alone ${flags.onlyA}, ` +
        `by ${version} alone ${flags.onlyB}; ${places.earlier} would have stood earlier, ${places.later} later ` +
        '(radtriage models compare has more)',
    );
  }
  for (const warning of promotionWarnings(record, evaluation)) printNote(`warning: ${warning}`);
}

function promotionWarnings(
  record: ShadowRecord,
  evaluation: ModelEvaluation | undefined,
): string[] {
  const warnings: string[] = [];
  if (record.analysed < FEW_STUDIES) {
    warnings.push(
      `it has seen ${record.analysed} studies of this site in shadow, fewer than ${FEW_STUDIES}: leave it there longer`,
    );
  }
  if (record.confirmedFlagged.total === 0) {
    warnings.push(
      'readers have confirmed no finding in the studies that it saw: how many it misses here is not known',
    );
  }
  if (evaluation === undefined) {
    warnings.push(
      'no evaluation at this site was given: make one with radtriage evaluate, and give it with --evaluation',
    );
  }
  return warnings;
}
