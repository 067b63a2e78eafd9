import type { Database } from '../database/connect.ts';
import { notifyDestination } from './channel.ts';

interface Answers {
  readonly transactionUid: string;
  readonly answers: readonly {
    readonly sopInstanceUid: string;
    /** Undefined when the object is kept. */
    readonly failureReason: number | undefined;
  }[];
}

/**
 * Writes down what a destination says of objects that it was asked to keep; whoever serves the destination reads it.
 * @param from the destinations that may say so: those with the AE title that reports
 * @returns whether we asked one of them under this transaction UID
 */
export async function keepCommitmentAnswers(
  database: Database,
  { transactionUid, answers }: Answers,
  from: readonly string[],
): Promise<boolean> {
  return database.transaction().execute(async (trx) => {
    const asked = await trx
      .selectFrom('deliveryCommitment')
      .select('destination')
      .where('transactionUid', '=', transactionUid)
      .executeTakeFirst();
    if (asked === undefined || !from.includes(asked.destination)) return false;
    for (let start = 0; start < answers.length; start += 1_000) {
      const rows = answers.slice(start, start + 1_000).map((answer) => ({
        transactionUid,
        sopInstanceUid: answer.sopInstanceUid,
        failureReason: answer.failureReason ?? null,
      }));
      await trx.insertInto('commitmentAnswer').values(rows).execute();
    }
    await notifyDestination(trx, asked.destination);
    return true;
  });
}
