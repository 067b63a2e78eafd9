import { toRadTriageError } from '#core/errors.ts';
import type { Destination } from '#platform/config/destinations.ts';
import type { Database } from '#platform/database/connect.ts';
import type { Logger } from '#platform/logger/logger.ts';
import type { BackOff } from '../back-off.ts';
import { beginRequest, findUncommitted, postponeRequest } from './ask-to-keep.ts';
import { describeStatus, judgeStatus } from './judge-status.ts';
import type { DestinationLink } from './link.ts';

/** Objects in one request. */
const MAX_REFERENCES = 500;
const MINUTE_MS = 60_000;

/**
 * Asks over an open link for storage commitment of what was delivered and is not committed to, where the destination
 * is set so.
 * @returns how often the destination answered: 0 or 1
 * @throws RadTriageError when the link was lost; the request is made again later by then
 */
export async function requestCommitment(
  link: DestinationLink,
  options: {
    readonly database: Database;
    readonly destination: Destination;
    readonly backOff: BackOff;
    readonly clock: () => Date;
    readonly logger: Logger;
  },
): Promise<number> {
  const { database, destination, backOff, clock, logger } = options;
  if (destination.kind !== 'C-STORE' || link.askToKeep === undefined) return 0;
  const { name, storageCommitment, commitmentAnswerMinutes } = destination;
  if (!storageCommitment) return 0;
  const now = clock();
  const objects = await findUncommitted(database, name, { now, limit: MAX_REFERENCES });
  if (objects.length === 0) return 0;
  const askAgainAt = new Date(now.getTime() + commitmentAnswerMinutes * MINUTE_MS);
  const transactionUid = await beginRequest(database, name, { objects, now, askAgainAt });
  const facts = { destination: name, transactionUid, objects: objects.length };
  const postpone = async (reason: string): Promise<void> => {
    logger.warn({ ...facts, reason }, 'storage commitment could not be asked for');
    await postponeRequest(database, transactionUid, { now: clock(), backOff });
  };
  try {
    const status = await link.askToKeep(transactionUid, objects);
    if (judgeStatus(status).event === 'taken') logger.info(facts, 'storage commitment asked for');
    else await postpone(`answered ${describeStatus(status)}`);
    return 1;
  } catch (thrown) {
    const error = toRadTriageError(thrown);
    await postpone(`${error.code}: ${error.message}`);
    if (error.code !== 'DICOM_UNSUPPORTED') throw error;
    return 1;
  }
}
