import { toRadTriageError } from '#core/errors.ts';
import { readCommitmentReport } from '#dicom/dimse/commitment-report.ts';
import type { DimseService, ServiceAnswer, ServiceRequest } from '#dicom/dimse/dimse-service.ts';
import {
  STORAGE_COMMITMENT_INSTANCE,
  STORAGE_COMMITMENT_PUSH_MODEL,
} from '#dicom/dimse/storage-commitment.ts';
import type { Destination } from '#platform/config/destinations.ts';
import type { Database } from '#platform/database/connect.ts';
import { keepCommitmentAnswers } from '#platform/deliveries/keep-answers.ts';
import type { Logger } from '#platform/logger/logger.ts';
import { answerFailure, SERVICE_STATUS } from '../service-status.ts';

interface ReportOptions {
  readonly database: Database;
  readonly destinations: readonly Destination[];
  readonly logger: Logger;
}

/** Event types of the class (PS3.4 J.3.3): all kept, and failures exist. */
const EVENT_TYPES: ReadonlySet<number | undefined> = new Set([1, 2]);

/** Whether a destination is asked for storage commitment, and may report. */
export function takesReports(destinations: readonly Destination[]): boolean {
  return destinations.some((each) => each.kind === 'C-STORE' && each.storageCommitment);
}

/**
 * Storage Commitment Push Model as the SCU, on an association that the SCP opens to report (PS3.4 J.3.3): what it says
 * is written down for whoever asked, and only then answered with Success.
 */
export function commitmentReports(options: ReportOptions): DimseService {
  return {
    sopClassUids: [STORAGE_COMMITMENT_PUSH_MODEL],
    requestorRoles: ['scp'],
    handle: (request) =>
      takeReport(request, options).catch((error: unknown) => {
        const failure = toRadTriageError(error);
        const { callingAe } = request;
        options.logger.warn({ err: failure, callingAe }, 'storage commitment report refused');
        return answerFailure(failure, 'argument');
      }),
  };
}

async function takeReport(
  { operation, sopInstanceUid, typeId, dataSet, transferSyntaxUid, callingAe }: ServiceRequest,
  { database, destinations, logger }: ReportOptions,
): Promise<ServiceAnswer> {
  if (operation !== 'n-event-report') return { status: SERVICE_STATUS.unrecognizedOperation };
  if (sopInstanceUid !== STORAGE_COMMITMENT_INSTANCE) {
    return { status: SERVICE_STATUS.noSuchInstance };
  }
  if (!EVENT_TYPES.has(typeId)) return { status: SERVICE_STATUS.noSuchEventType };
  const report = readCommitmentReport(dataSet ?? Buffer.alloc(0), transferSyntaxUid);
  const from = destinations.flatMap((each) =>
    each.kind === 'C-STORE' && each.calledAe === callingAe ? [each.name] : [],
  );
  const { transactionUid, answers } = report;
  const facts = { callingAe, transactionUid, objects: answers.length };
  if (await keepCommitmentAnswers(database, report, from)) {
    logger.info(facts, 'storage commitment reported to us');
    return { status: SERVICE_STATUS.success };
  }
  logger.warn(facts, 'storage commitment reported that was not asked for');
  const errorComment = 'nothing was asked of you under this transaction UID';
  return { status: SERVICE_STATUS.processingFailure, errorComment };
}

/** One service of both roles: requests of peers go to `scp`, reports of destinations to `scu`. */
export function bothRoles(scp: DimseService, scu: DimseService): DimseService {
  return {
    sopClassUids: scp.sopClassUids,
    requestorRoles: ['scu', 'scp'],
    handle: (request) => (request.operation === 'n-event-report' ? scu : scp).handle(request),
  };
}
