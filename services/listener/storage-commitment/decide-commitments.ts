import type { CommitmentFinding } from '#core/commitment-state.ts';
import type { Config } from '#platform/config/config.ts';
import type { Database } from '#platform/database/connect.ts';
import type { Logger } from '#platform/logger/logger.ts';
import {
  type Commitment,
  findDue,
  loadReferences,
  postponeCheck,
  recordDecision,
} from './commitment-store.ts';
import { type Index, judgeByIndex, judgeFiles, readIndex } from './judge-references.ts';
import type { FileVerifier } from './verify-file.ts';

export interface DecideOptions {
  readonly database: Database;
  readonly verifier: FileVerifier;
  readonly settings: Config['dicom']['storageCommitment'];
  readonly retention: Config['retention'];
  readonly logger: Logger;
  /**
   * When this process began to look. What it acknowledged before it died comes into the index only after that: no
   * object is called unknown before `waitSeconds` have passed since.
   */
  readonly startedAt: Date;
  readonly signal: AbortSignal;
}

/** Between two looks at the index for objects that are not in it yet. */
const LOOK_AGAIN_MS = 500;
const AFTER_FAILURE_MS = 5_000;
const BATCH = 20;

/** Decides every request that is due. @returns true when there may be more at once */
export async function decideDue(options: DecideOptions): Promise<boolean> {
  const due = await findDue(options.database, 'checking', { now: new Date(), limit: BATCH });
  for (const commitment of due) {
    options.signal.throwIfAborted();
    await decide(commitment, options).catch(async (error: unknown) => {
      if (options.signal.aborted) throw error;
      const { callingAe, transactionUid } = commitment;
      options.logger.error({ err: error, callingAe, transactionUid }, 'storage commitment waits');
      // The others go on. Without a database this fails too, and all of them wait.
      await postponeCheck(options.database, commitment, new Date(Date.now() + AFTER_FAILURE_MS));
    });
  }
  return due.length === BATCH;
}

async function decide(commitment: Commitment, options: DecideOptions): Promise<void> {
  const { database, settings, retention, logger } = options;
  const now = new Date();
  const references = await loadReferences(database, commitment.commitmentKey);
  const index = await readIndex(database, references);
  const { callingAe } = commitment;
  const rules = { retention, minimumDays: settings.minimumDays, callingAe, now };
  const mayWait = now.getTime() < waitsUntil(commitment, options);
  const byIndex = references.map((reference) => judgeByIndex(reference, index, rules));
  const lookAgain = (): Promise<void> =>
    postponeCheck(database, commitment, new Date(Date.now() + LOOK_AGAIN_MS));
  if (mayWait && byIndex.includes('unknown')) return lookAgain();
  const findings: CommitmentFinding[] = [];
  for (const [position, reference] of references.entries()) {
    findings.push(byIndex[position] ?? (await judgeFiles(reference, index, options)));
  }
  if (mayWait && findings.includes('file-unreadable')) return lookAgain();
  if (!(await recordDecision(database, commitment, { findings, now: new Date() }))) return;
  reportDamage(references, { findings, index }, logger);
}

function waitsUntil(commitment: Commitment, { settings, startedAt }: DecideOptions): number {
  const sinceStart = startedAt.getTime() + settings.waitSeconds * 1_000;
  return Math.max(commitment.checkUntil.getTime(), sinceStart);
}

/** What was acknowledged and is no longer there is the worst that can be found here. */
function reportDamage(
  references: readonly { readonly sopInstanceUid: string }[],
  seen: { readonly findings: readonly CommitmentFinding[]; readonly index: Index },
  logger: Logger,
): void {
  for (const [position, { sopInstanceUid }] of references.entries()) {
    const finding = seen.findings[position];
    if (finding === 'file-missing' || finding === 'file-altered') {
      logger.error({ sopInstanceUid, finding }, 'a kept file is not as it was received');
    }
  }
}
