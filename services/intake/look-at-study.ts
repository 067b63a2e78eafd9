import type { Kysely } from 'kysely';
import {
  type CompletenessDecision,
  type Completion,
  decideCompleteness,
  type Waiting,
} from '#core/completeness/decide.ts';
import type { CompletenessRules } from '#core/completeness/rule.ts';
import { type Config, quietSecondsFor } from '#platform/config/config.ts';
import { notifyChange } from '#platform/database/changes.ts';
import type { Database } from '#platform/database/connect.ts';
import type { DatabaseSchema } from '#platform/database/schema.ts';
import { closeStudy } from './complete-study.ts';
import { evidenceOfRow, type ReadEvidence, readEvidence } from './study-evidence.ts';

type Transaction = Kysely<DatabaseSchema>;

/** No study is left alone for longer, so that a clock that jumped is noticed. Milliseconds. */
export const MAX_SLEEP_MS = 60_000;
/** Times in the future by more than this come from a clock that was set back. */
const CLOCK_SLACK_MS = 5_000;
/** A study that takes long to judge is judged less often while its images come: a tenth of the time at most. */
const REST_FACTOR = 10;

export interface LookOptions {
  readonly assembly: Config['assembly'];
  readonly rules: CompletenessRules;
  readonly now: Date;
  /** False: judge by time alone. For a study whose evidence cannot be read, which must not wait for ever. */
  readonly byEvidence: boolean;
}

const STUDY_COLUMNS = [
  'studyKey',
  'studyInstanceUid',
  'studyDate',
  'site',
  'studyDescription',
  'modality',
  'imageCount',
  'receivedAt',
  'lastImageAt',
  'waitingSince',
  'quietSince',
  'waitingFor',
  'waitsUntil',
] as const;

async function lockStudy(trx: Transaction, studyKey: string) {
  return trx
    .selectFrom('study')
    .select(STUDY_COLUMNS)
    .where('studyKey', '=', studyKey)
    .where('status', '=', 'receiving')
    .forUpdate()
    .skipLocked()
    .executeTakeFirst();
}

type LockedStudy = NonNullable<Awaited<ReturnType<typeof lockStudy>>>;

/** The longest of the modalities' quiet times: which of them sent last is chance. */
function quietSecondsOf(
  study: LockedStudy,
  { evidence }: ReadEvidence,
  assembly: Config['assembly'],
): number {
  const modalities = new Set([
    study.modality ?? undefined,
    ...evidence.groups.map(({ modality }) => modality),
  ]);
  return Math.max(...[...modalities].map((modality) => quietSecondsFor({ assembly }, modality)));
}

/** When the waits began; from now on where our clock was set back meanwhile. */
function readClock(study: LockedStudy, now: number): { waitingSince: number; quietSince: number } {
  const known = (time: Date | null, otherwise: number): number => {
    const at = time?.getTime() ?? otherwise;
    return at > now + CLOCK_SLACK_MS ? now : at;
  };
  const quietSince = known(study.quietSince ?? study.lastImageAt, study.receivedAt.getTime());
  return { waitingSince: known(study.waitingSince, quietSince), quietSince };
}

async function keepWaiting(
  trx: Transaction,
  study: LockedStudy,
  wait: Waiting & { waitingSince: number; quietSince: number; now: number; tookMs: number },
): Promise<void> {
  const lookAt = new Date(Math.min(wait.nextAt, wait.now + MAX_SLEEP_MS));
  const rested = new Date(wait.now + wait.tookMs * REST_FACTOR);
  await trx
    .updateTable('study')
    .set({
      waitingFor: wait.waitingFor,
      waitsUntil: new Date(wait.latestAt),
      waitingSince: new Date(wait.waitingSince),
      quietSince: new Date(wait.quietSince),
      quietUntil: new Date(wait.nextAt),
      lookAt,
      // Where an image alone proves nothing, it need not be looked at before the quiet time is over.
      lookFloor: wait.imagesMayComplete ? rested : lookAt,
    })
    .where('studyKey', '=', study.studyKey)
    .execute();
  const isTold =
    study.waitingFor === wait.waitingFor && study.waitsUntil?.getTime() === wait.latestAt;
  // Not a new version: nothing changed that a reader's answer could miss.
  if (!isTold) await notifyChange(trx, study.studyInstanceUid);
}

/**
 * Judges one receiving study, and closes it or writes down what it waits for. Several processes may try at once; an
 * image that arrives meanwhile wins.
 * @returns undefined when there was nothing to judge
 */
export async function lookAtStudy(
  database: Database,
  studyKey: string,
  options: LookOptions,
): Promise<CompletenessDecision | undefined> {
  const { assembly, rules, byEvidence } = options;
  const now = options.now.getTime();
  return database.transaction().execute(async (trx) => {
    const study = await lockStudy(trx, studyKey);
    if (study === undefined) return undefined;
    const started = performance.now();
    const read = byEvidence
      ? await readEvidence(trx, study, { withImages: rules.rules.length > 0 })
      : evidenceOfRow(study);
    const times = readClock(study, now);
    const decision = decideCompleteness(
      byEvidence ? rules : { ...rules, rules: [] },
      read.evidence,
      {
        now,
        ...times,
        quietSeconds: quietSecondsOf(study, read, assembly),
        demandsMetBefore: read.demandsMetBefore,
      },
    );
    if (decision.complete) {
      await closeStudy(trx, study, { assembly, now: options.now, ...why(decision, rules) });
    } else {
      const tookMs = performance.now() - started;
      await keepWaiting(trx, study, { ...decision, ...times, now, tookMs });
    }
    return decision;
  });
}

function why(completion: Completion, rules: CompletenessRules) {
  return {
    revision: {
      completedBy: completion.by,
      completionReason: completion.reason,
      completionRule: `${rules.id} ${rules.version}: ${completion.rule.name}`,
      demandsMet: completion.demandsMet,
      signalKey: String(completion.signalsUsedUpTo),
    },
  };
}
