import type { Database } from '#platform/database/connect.ts';

/** A process that has shown no sign of life for so long counts as gone. */
export const HEARTBEAT_SILENCE_MS = 30_000;

/** The last sign of life of any process whose name is `kind` or begins with it and a colon; undefined when none. */
export async function newestHeartbeat(
  database: Database,
  kind: 'listener' | 'worker',
): Promise<Date | undefined> {
  const newest = await database
    .selectFrom('heartbeat')
    .select('at')
    .where((where) =>
      where.or([where('process', '=', kind), where('process', 'like', `${kind}:%`)]),
    )
    .orderBy('at', 'desc')
    .limit(1)
    .executeTakeFirst();
  return newest?.at;
}
