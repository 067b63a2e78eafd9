import { toRadTriageError } from '#core/errors.ts';
import type { DimseService, ServiceAnswer, ServiceRequest } from '#dicom/dimse/dimse-service.ts';
import {
  DUPLICATE_TRANSACTION_UID,
  REQUEST_STORAGE_COMMITMENT,
  STORAGE_COMMITMENT_INSTANCE,
  STORAGE_COMMITMENT_PUSH_MODEL,
} from '#dicom/dimse/storage-commitment.ts';
import type { Config } from '#platform/config/config.ts';
import type { Database } from '#platform/database/connect.ts';
import type { Logger } from '#platform/logger/logger.ts';
import { startWatch } from '#platform/watch/watch.ts';
import { answerFailure, SERVICE_STATUS } from '../service-status.ts';
import { forgetSettled, nextDue, recordRequest } from './commitment-store.ts';
import { type DecideOptions, decideDue } from './decide-commitments.ts';
import { type HeldAssociation, ReportDelivery } from './deliver-reports.ts';
import { readCommitmentRequest } from './read-request.ts';
import { FileVerifier, type StoredFiles } from './verify-file.ts';

export interface CommitmentOptions {
  readonly database: Database;
  readonly blobStore: StoredFiles;
  readonly config: {
    readonly dicom: Pick<Config['dicom'], 'peers' | 'storageCommitment' | 'tls'>;
    readonly retention: Config['retention'];
  };
  readonly logger: Logger;
}

export interface Commitments {
  /** To be offered at the door. */
  readonly service: DimseService;
  close(): Promise<void>;
}

const DAY_MS = 86_400_000;
const FORGET_EVERY_MS = 3_600_000;

/**
 * Storage Commitment Push Model as the SCP (PS3.4 annex J): takes requests, looks at what the index and the files say,
 * and reports. All it knows stands in Postgres: it may be killed at any time, and run in more than one process.
 */
export function startCommitments(options: CommitmentOptions): Commitments {
  const { database, logger } = options;
  const { dicom, retention } = options.config;
  const settings = dicom.storageCommitment;
  if (retention.keepAtLeastDays === undefined) {
    logger.warn({}, 'storage commitment is on, but no retention is declared: all will be refused');
  }
  const held = new Map<string, HeldAssociation>();
  const delivery = new ReportDelivery({ database, dicom, held, logger });
  const stopping = new AbortController();
  const deciding: DecideOptions = {
    ...{ database, settings, retention, logger },
    verifier: new FileVerifier(options.blobStore, settings.verifyMegabytesPerSecond),
    startedAt: new Date(),
    signal: stopping.signal,
  };
  let forgottenAt = 0;
  const forgetOld = async (): Promise<void> => {
    if (Date.now() - forgottenAt < FORGET_EVERY_MS) return;
    forgottenAt = Date.now();
    await forgetSettled(database, new Date(forgottenAt - settings.keepResultsDays * DAY_MS));
  };
  const reports = startWatch('storage commitment reports', logger, async () => {
    for (const [key, { association }] of held) if (!association.open) held.delete(key);
    await forgetOld();
    await delivery.deliverDue(() => reports.wake());
    return delivery.nextDue();
  });
  const checks = startWatch('storage commitment checks', logger, async () => {
    const more = await decideDue(deciding);
    reports.wake();
    return more ? new Date() : nextDue(database, 'checking');
  });
  const handle = async (request: ServiceRequest): Promise<ServiceAnswer> => {
    const answer = await takeRequest(request, { ...options, held });
    checks.wake();
    return answer;
  };
  return {
    service: {
      sopClassUids: [STORAGE_COMMITMENT_PUSH_MODEL],
      handle: (request) =>
        handle(request).catch((error: unknown) => {
          const failure = toRadTriageError(error);
          logger.warn({ err: failure, callingAe: request.callingAe }, 'storage commitment refused');
          return answerFailure(failure, 'argument');
        }),
    },
    close: async () => {
      stopping.abort();
      await checks.close();
      await delivery.close();
      await reports.close();
    },
  };
}

/** Writes a request down, and only then answers Success: it is decided and reported later, whatever happens. */
async function takeRequest(
  request: ServiceRequest,
  site: CommitmentOptions & { readonly held: Map<string, HeldAssociation> },
): Promise<ServiceAnswer> {
  const { peers, storageCommitment } = site.config.dicom;
  const refusal = refusalOf(request, peers);
  if (refusal !== undefined) return refusal;
  const { callingAe, calledAe, peerAddress, transferSyntaxUid, association } = request;
  const asked = readCommitmentRequest(request.dataSet ?? Buffer.alloc(0), transferSyntaxUid);
  const now = new Date();
  const recorded = await recordRequest(
    site.database,
    { ...asked, requester: { callingAe, calledAe, peerAddress } },
    { now, checkUntil: new Date(now.getTime() + storageCommitment.waitSeconds * 1_000) },
  );
  if (recorded.outcome === 'uid-in-use') {
    return { status: DUPLICATE_TRANSACTION_UID, errorComment: 'duplicate transaction UID' };
  }
  if (recorded.commitmentKey === undefined) {
    const errorComment = 'too many requests are open';
    return { status: SERVICE_STATUS.resourceLimitation, errorComment };
  }
  site.held.set(recorded.commitmentKey, { association, transferSyntaxUid });
  const facts = { callingAe, transactionUid: asked.transactionUid };
  site.logger.info({ ...facts, objects: asked.references.length }, 'storage commitment requested');
  return { status: SERVICE_STATUS.success };
}

/** What is wrong with the request before its data set is looked at (PS3.7 10.1.4.1.10). */
function refusalOf(
  request: ServiceRequest,
  peers: Config['dicom']['peers'],
): ServiceAnswer | undefined {
  const { operation, sopInstanceUid, typeId, callingAe } = request;
  if (operation !== 'n-action') return { status: SERVICE_STATUS.unrecognizedOperation };
  if (!peers.some(({ aeTitle }) => aeTitle === callingAe)) {
    return { status: SERVICE_STATUS.notAuthorized, errorComment: 'the AE title is not listed' };
  }
  if (sopInstanceUid !== STORAGE_COMMITMENT_INSTANCE) {
    return { status: SERVICE_STATUS.noSuchInstance };
  }
  if (typeId !== REQUEST_STORAGE_COMMITMENT) return { status: SERVICE_STATUS.noSuchActionType };
  return undefined;
}
