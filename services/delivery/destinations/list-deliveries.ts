import type { DeliveryState } from '#core/delivery-state.ts';
import type { ResultKind } from '#core/result-objects.ts';
import type { Database } from '#platform/database/connect.ts';

/** A delivery as people look at it. */
export interface ListedDelivery {
  readonly deliveryKey: string;
  readonly destination: string;
  readonly state: DeliveryState;
  readonly kind: ResultKind;
  readonly sopInstanceUid: string;
  readonly studyInstanceUid: string;
  readonly attempts: number;
  readonly lastError: string | null;
  readonly warning: string | null;
  readonly createdAt: Date;
  readonly nextAttemptAt: Date;
  readonly sentAt: Date | null;
  readonly settledAt: Date | null;
  readonly commitmentState: string | null;
}

/** Deliveries in these states, the newest first. */
export async function listDeliveries(
  database: Database,
  options: {
    readonly states: readonly DeliveryState[];
    readonly limit: number;
    readonly destination?: string | undefined;
  },
): Promise<ListedDelivery[]> {
  const { states, limit, destination } = options;
  let query = database
    .selectFrom('delivery as d')
    .innerJoin('resultObject as o', 'o.resultObjectKey', 'd.resultObjectKey')
    .innerJoin('study as s', 's.studyKey', 'd.studyKey')
    .select(['d.deliveryKey', 'd.destination', 'd.state', 'd.attempts', 'd.lastError'])
    .select(['d.warning', 'd.createdAt', 'd.nextAttemptAt', 'd.sentAt', 'd.settledAt'])
    .select(['d.commitmentState', 'o.kind', 'o.sopInstanceUid', 's.studyInstanceUid'])
    .where('d.state', 'in', states)
    .orderBy('d.deliveryKey', 'desc')
    .limit(limit);
  if (destination !== undefined) query = query.where('d.destination', '=', destination);
  return query.execute();
}
