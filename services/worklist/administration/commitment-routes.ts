import { z } from 'zod';
import {
  type StorageCommitment,
  type StorageCommitments,
  storageCommitmentRetrySchema,
  storageCommitmentsSchema,
} from '#contracts/storage-commitment.ts';
import { COMMITMENT_FINDINGS } from '#core/commitment-state.ts';
import { type CommitmentRow, readCommitments, retryCommitment } from '#intake/commitments.ts';
import { appendAudit } from '#platform/audit-log/audit-log.ts';
import { jsonRoute, type Route } from '#platform/http/route.ts';
import type { WebContext } from '../context.ts';

const MAX_LISTED = 200;

function toContract(row: CommitmentRow): StorageCommitment {
  const { transactionUid, callingAe, calledAe, peerAddress, state, attempts, lastError } = row;
  const refusals = COMMITMENT_FINDINGS.map((finding) => {
    return { finding, objects: row.refusals[finding] ?? 0 };
  });
  return {
    key: row.commitmentKey,
    ...{ transactionUid, callingAe, calledAe, peerAddress, state, attempts, lastError },
    requestedAt: row.requestedAt.toISOString(),
    decidedAt: row.decidedAt?.toISOString() ?? null,
    settledAt: row.settledAt?.toISOString() ?? null,
    nextAttemptAt: row.settledAt === null ? row.nextAttemptAt.toISOString() : null,
    objects: row.referenceCount,
    kept: row.keptCount,
    refusals: refusals.filter(({ objects }) => objects > 0),
  };
}

async function list(context: WebContext, limit: number): Promise<StorageCommitments> {
  const { dicom, retention } = context.config;
  const { rows, counts } = await readCommitments(context.database, limit);
  return {
    enabled: dicom.storageCommitment.enabled,
    keepAtLeastDays: retention.keepAtLeastDays ?? null,
    counts,
    items: rows.map(toContract),
  };
}

function retry(context: WebContext, key: string, actor: string) {
  return context.database.transaction().execute(async (trx) => {
    const details = await retryCommitment(trx, key);
    await appendAudit(trx, { actor, action: 'storage-commitment.retried', details });
    return { transactionUid: details.transactionUid };
  });
}

/** What peers want us to promise, and what became of it. */
export function commitmentRoutes(context: WebContext): Route[] {
  return [
    jsonRoute(
      {
        method: 'GET',
        path: '/api/admin/storage-commitments',
        access: ['admin'],
        summary: 'Storage commitment requests: what needs attention first, then the newest',
        input: z.object({
          query: z.object({
            limit: z.coerce.number().int().min(1).max(MAX_LISTED).default(MAX_LISTED),
          }),
        }),
        response: storageCommitmentsSchema,
      },
      async ({ query }) => list(context, query.limit),
    ),
    jsonRoute(
      {
        method: 'POST',
        path: '/api/admin/storage-commitments/:key/retry',
        access: ['admin'],
        summary: 'Take a request up again that was given up: its objects are looked at anew',
        input: z.object({ params: z.object({ key: z.string().regex(/^\d{1,18}$/) }) }),
        response: storageCommitmentRetrySchema,
      },
      async ({ params }, { principal }) => retry(context, params.key, principal.name),
    ),
  ];
}
