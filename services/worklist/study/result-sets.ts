import type { StudyResult } from '#contracts/results.ts';
import type { Database } from '#platform/database/connect.ts';

/** What was made of a study's results and how far it is on its way, the newest first; not what was cancelled. */
export async function readStudyResults(
  database: Database,
  studyKey: string,
): Promise<StudyResult[]> {
  const sets = await database
    .selectFrom('resultSet')
    .leftJoin('review', 'review.reviewId', 'resultSet.reviewId')
    .select(['resultSetKey', 'number', 'resultSet.state', 'resultSet.reason', 'dueAt', 'madeAt'])
    .select('review.reader as signedBy')
    .select(({ exists, selectFrom }) =>
      exists(
        selectFrom('resultObject')
          .select('resultObjectKey')
          .whereRef('resultObject.resultSetKey', '=', 'resultSet.resultSetKey'),
      ).as('hasObjects'),
    )
    .where('resultSet.studyKey', '=', studyKey)
    .where('resultSet.state', '<>', 'cancelled')
    .orderBy('number', 'desc')
    .execute();
  const progress = await readProgress(database, studyKey);
  return sets.flatMap(({ resultSetKey, state, dueAt, madeAt, hasObjects, ...rest }) => {
    if (state === 'cancelled') return [];
    const destinations = progress.filter((each) => each.resultSetKey === resultSetKey);
    return {
      ...rest,
      state,
      dueAt: dueAt.toISOString(),
      madeAt: madeAt?.toISOString() ?? null,
      destinations: destinations.map(({ name, waiting, sent, dead, lastSentAt, lastError }) => ({
        ...{ name, waiting, sent, dead, lastError },
        lastSentAt: lastSentAt?.toISOString() ?? null,
      })),
      // An object is made only when a destination is to get it.
      isForgotten: Boolean(hasObjects) && destinations.length === 0,
    };
  });
}

function contactErrorOf({
  contactError,
  reachableSince,
}: {
  readonly contactError: string | null;
  readonly reachableSince: Date | null;
}): string | null {
  return reachableSince === null ? contactError : null;
}

async function readProgress(database: Database, studyKey: string) {
  const rows = await database
    .selectFrom('delivery')
    .innerJoin('resultObject', 'resultObject.resultObjectKey', 'delivery.resultObjectKey')
    .leftJoin('destination as contact', 'contact.name', 'delivery.destination')
    .select(['resultObject.resultSetKey', 'delivery.destination', 'delivery.state', 'sentAt'])
    .select(['delivery.lastError', 'contact.lastError as contactError', 'reachableSince'])
    .where('delivery.studyKey', '=', studyKey)
    .orderBy('deliveryKey')
    .execute();
  const groups = Map.groupBy(rows, (row) => `${row.resultSetKey} ${row.destination}`);
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const count = (state: (typeof first)['state']) =>
      group.filter((row) => row.state === state).length;
    const sentAt = group.flatMap((row) => row.sentAt ?? []);
    const pending = group.findLast(({ state }) => state === 'waiting' || state === 'dead');
    return {
      resultSetKey: first.resultSetKey,
      name: first.destination,
      waiting: count('waiting'),
      sent: count('sent'),
      dead: count('dead'),
      lastSentAt: sentAt.toSorted((a, b) => b.getTime() - a.getTime())[0],
      // What keeps everything back is noted with the destination, not with each object.
      lastError: pending === undefined ? null : (pending.lastError ?? contactErrorOf(pending)),
    };
  });
}
