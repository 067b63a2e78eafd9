import { type Insertable, type Kysely, sql } from 'kysely';
import type { DoorRefusalTable } from '../database/door-tables.ts';
import type { DatabaseSchema } from '../database/schema.ts';

const HOUR_MS = 3_600_000;

/** The start of the hour by which what happened at a door is counted. */
export function hourOf(time: Date): Date {
  return new Date(Math.floor(time.getTime() / HOUR_MS) * HOUR_MS);
}

export type DoorRefusal = Omit<Insertable<DoorRefusalTable>, 'hour' | 'lastAt'> & {
  readonly lastAt: Date;
};

/** Adds to what is counted of each peer and cause in that hour, at the door for DICOM or for HL7. */
export async function writeRefusals(
  database: Kysely<DatabaseSchema>,
  refusals: readonly DoorRefusal[],
): Promise<void> {
  await database
    .insertInto('doorRefusal')
    .values(refusals.map((refusal) => ({ ...refusal, hour: hourOf(refusal.lastAt) })))
    .onConflict((conflict) =>
      conflict
        .columns(['hour', 'peerAddress', 'callingAe', 'calledAe', 'cause'])
        .doUpdateSet(({ ref }) => ({
          why: ref('excluded.why'),
          count: sql<number>`door_refusal.count + excluded.count`,
          lastAt: sql<Date>`greatest(door_refusal.last_at, excluded.last_at)`,
        })),
    )
    .execute();
}
