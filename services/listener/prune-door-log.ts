import type { Database } from '#platform/database/connect.ts';

const DAY_MS = 24 * 3600 * 1000;

/** How long what happened at the door is remembered, and how much of it at the most. */
export interface DoorLogLimits {
  readonly associationDays: number;
  readonly maxAssociations: number;
  readonly refusalDays: number;
  readonly maxRefusals: number;
  readonly trafficDays: number;
  readonly diskDays: number;
}

const LIMITS: DoorLogLimits = {
  associationDays: 30,
  maxAssociations: 20_000,
  refusalDays: 30,
  maxRefusals: 5_000,
  trafficDays: 400,
  diskDays: 60,
};

/** Forgets what is old, and of the rest the oldest beyond the number that is kept. */
export async function pruneDoorLog(database: Database, limits: DoorLogLimits = LIMITS) {
  const before = (days: number) => new Date(Date.now() - days * DAY_MS);
  await database
    .deleteFrom('doorAssociation')
    .where('endedAt', '<', before(limits.associationDays))
    .execute();
  await database
    .deleteFrom('doorAssociation')
    .where('endedAt', 'is not', null)
    .where('associationKey', '<=', ({ selectFrom }) =>
      selectFrom('doorAssociation')
        .select('associationKey')
        .orderBy('associationKey', 'desc')
        .offset(limits.maxAssociations)
        .limit(1),
    )
    .execute();
  await database
    .deleteFrom('doorRefusal')
    .where('lastAt', '<', before(limits.refusalDays))
    .execute();
  await database
    .deleteFrom('doorRefusal')
    .where('lastAt', '<=', ({ selectFrom }) =>
      selectFrom('doorRefusal')
        .select('lastAt')
        .orderBy('lastAt', 'desc')
        .offset(limits.maxRefusals)
        .limit(1),
    )
    .execute();
  await database.deleteFrom('doorTraffic').where('hour', '<', before(limits.trafficDays)).execute();
  await database.deleteFrom('diskSample').where('at', '<', before(limits.diskDays)).execute();
}
