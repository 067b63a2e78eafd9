import type { Kysely } from 'kysely';
import type { Proportion, QualitySummary } from '#contracts/quality.ts';
import { wilsonInterval } from '#core/statistics/proportions.ts';
import type { DatabaseSchema } from '#platform/database/schema.ts';
import { countChangedMinds } from './changed-minds.ts';
import { countJudgements, countVerdicts } from './judgements.ts';

/** A proportion of nothing has no estimate and no interval. */
export function toProportion(count: number, total: number): Proportion {
  if (total === 0) return { count, total, estimate: null, interval: null };
  const [low, high] = wilsonInterval(count, total);
  return { count, total, estimate: count / total, interval: [low, high] };
}

/** Plain counts with intervals. `secondReadings`: of the studies read, those read a second time. */
export async function summariseQuality(database: Kysely<DatabaseSchema>): Promise<QualitySummary> {
  const counts = await countJudgements(database);
  const verdicts = await countVerdicts(database);
  return {
    analysed: counts.analysed,
    notAnalysed: counts.notAnalysed,
    failed: counts.failed,
    flagged: toProportion(counts.flagged, counts.analysed),
    reviewed: toProportion(counts.reviewed, counts.studies),
    positivePredictiveValue: toProportion(counts.confirmedFlagged, counts.comparedFlagged),
    negativePredictiveValue: toProportion(counts.clearedUnflagged, counts.comparedUnflagged),
    agreement: toProportion(counts.agreed, counts.compared),
    findings: {
      confirmed: verdicts.confirm,
      amended: verdicts.amend,
      rejected: verdicts.reject,
      added: verdicts.add,
    },
    blindFirst: await countChangedMinds(database),
    secondReadings: toProportion(counts.readTwice, counts.reviewed),
  };
}
