import { listenToChannel } from '#platform/database/connect.ts';
import type { Logger } from '#platform/logger/logger.ts';
import { RESULTS_CHANNEL } from '#platform/study-results/request-results.ts';
import { startWatch } from '#platform/watch/watch.ts';
import { claimDueSet, nextDueSet, recordFailure, requireTries } from './claim-set.ts';
import { makeResult } from './make-result.ts';
import type { ResultMaking } from './result-making.ts';

export interface ResultsOptions {
  readonly making: ResultMaking;
  readonly databaseUrl: string;
  readonly logger: Logger;
}

/** Makes what is due, one after the other. @returns when the next is */
async function makeDue(
  { making, logger }: ResultsOptions,
  isClosed: () => boolean,
): Promise<Date | undefined> {
  const { database } = making;
  while (!isClosed()) {
    const set = await claimDueSet(database, new Date());
    if (set === undefined) break;
    const { resultSetKey, studyKey, number } = set;
    try {
      requireTries(set);
      const conclusion = await makeResult(set, making);
      logger.info({ resultSetKey, studyKey, number, ...conclusion }, 'a result was dealt with');
    } catch (thrown) {
      const isOver = await recordFailure(database, set, thrown);
      const facts = { err: thrown, resultSetKey, studyKey, number };
      if (isOver) logger.error(facts, 'a result could not be made and was given up');
      else logger.warn(facts, 'a result could not be made and is tried again');
    }
  }
  return nextDueSet(database);
}

/** Makes DICOM objects of results as they come. Several may run at once. */
export function startResults(options: ResultsOptions): { close(): Promise<void> } {
  const { databaseUrl, logger } = options;
  let closed = false;
  const watch = startWatch('results to be made', logger, () => makeDue(options, () => closed));
  const listener = listenToChannel(databaseUrl, RESULTS_CHANNEL, {
    onMessage: watch.wake,
    onConnect: watch.wake,
  });
  return {
    close: async () => {
      closed = true;
      await listener.close();
      await watch.close();
    },
  };
}
