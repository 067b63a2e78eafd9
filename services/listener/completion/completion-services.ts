import { randomUUID } from 'node:crypto';
import { toRadTriageError } from '#core/errors.ts';
import type { DimseService, ServiceAnswer, ServiceRequest } from '#dicom/dimse/dimse-service.ts';
import { recordCompletionSignal } from '#intake/completion-signals.ts';
import type { Config } from '#platform/config/config.ts';
import type { Database } from '#platform/database/connect.ts';
import type { Logger } from '#platform/logger/logger.ts';
import { answerFailure, SERVICE_STATUS } from '../service-status.ts';
import { keepMessage, type Message } from './keep-message.ts';
import { changeStep, createStep } from './procedure-steps.ts';
import { readAvailability } from './read-availability.ts';
import { readCreatedStep, readStepChanges } from './read-performed-step.ts';
import {
  INSTANCE_AVAILABILITY_NOTIFICATION,
  MODALITY_PERFORMED_PROCEDURE_STEP,
  STEP_MAY_NO_LONGER_BE_UPDATED,
} from './sop-classes.ts';

export interface CompletionOptions {
  readonly database: Database;
  readonly services: Config['dicom']['services'];
  readonly logger: Logger;
}

interface ServiceRules {
  readonly name: Message['service'];
  readonly sopClassUid: string;
  /** Who may use it. */
  readonly callers: readonly string[];
  readonly take: (message: Message, database: Database) => Promise<ServiceAnswer>;
}

/** What tells us from outside that a study is whole: MPPS and Instance Availability, each where the site wants it. */
export function completionServices(options: CompletionOptions): DimseService[] {
  const { mpps, instanceAvailability } = options.services;
  const rules: ServiceRules[] = [
    {
      name: 'mpps',
      sopClassUid: MODALITY_PERFORMED_PROCEDURE_STEP,
      callers: mpps,
      take: takeStep,
    },
    {
      name: 'instance-availability',
      sopClassUid: INSTANCE_AVAILABILITY_NOTIFICATION,
      callers: instanceAvailability,
      take: takeAvailability,
    },
  ];
  return rules
    .filter(({ callers }) => callers.length > 0)
    .map((service) => ({
      sopClassUids: [service.sopClassUid],
      handle: (request) => answer(request, service, options),
    }));
}

async function answer(
  request: ServiceRequest,
  service: ServiceRules,
  { database, logger }: CompletionOptions,
): Promise<ServiceAnswer> {
  const { operation, callingAe } = request;
  if (operation !== 'n-create' && (operation !== 'n-set' || service.name !== 'mpps')) {
    return { status: SERVICE_STATUS.unrecognizedOperation };
  }
  if (!service.callers.includes(callingAe)) {
    logger.warn(
      { callingAe, service: service.name },
      'a notification of a peer that is not listed',
    );
    return { status: SERVICE_STATUS.notAuthorized, errorComment: 'the AE title is not listed' };
  }
  if (operation === 'n-set' && request.sopInstanceUid === undefined) {
    return { status: SERVICE_STATUS.noSuchInstance };
  }
  const message: Message = {
    service: service.name,
    operation,
    sopInstanceUid: request.sopInstanceUid ?? createUid(),
    callingAe,
    transferSyntaxUid: request.transferSyntaxUid,
    dataSet: request.dataSet ?? Buffer.alloc(0),
    receivedAt: new Date(),
  };
  const facts = { callingAe, service: service.name, operation };
  try {
    const taken = await service.take(message, database);
    logger.info({ ...facts, sopInstanceUid: message.sopInstanceUid }, 'notification taken');
    return { ...taken, sopInstanceUid: message.sopInstanceUid };
  } catch (error) {
    const failure = toRadTriageError(error);
    logger.warn({ ...facts, err: failure }, 'notification refused');
    const refused = answerFailure(failure, 'attributes');
    if (failure.code !== 'ILLEGAL_TRANSITION') return refused;
    const errorComment = 'Performed Procedure Step Object may no longer be updated';
    return { ...refused, errorComment, errorId: STEP_MAY_NO_LONGER_BE_UPDATED };
  }
}

async function takeStep(message: Message, database: Database): Promise<ServiceAnswer> {
  const { dataSet, transferSyntaxUid } = message;
  if (message.operation === 'n-set') {
    await changeStep(database, message, readStepChanges(dataSet, transferSyntaxUid));
    return { status: SERVICE_STATUS.success };
  }
  const step = readCreatedStep(dataSet, transferSyntaxUid);
  const isNew = await createStep(database, message, step);
  return { status: isNew ? SERVICE_STATUS.success : SERVICE_STATUS.duplicateInstance };
}

async function takeAvailability(message: Message, database: Database): Promise<ServiceAnswer> {
  const { dataSet, transferSyntaxUid, callingAe } = message;
  const { studyInstanceUid, availableImages } = readAvailability(dataSet, transferSyntaxUid);
  await database.transaction().execute(async (trx) => {
    await keepMessage(trx, message);
    await recordCompletionSignal(trx, {
      studyInstanceUid,
      kind: 'instance-availability',
      source: callingAe,
      expectedInstances: availableImages,
    });
  });
  return { status: SERVICE_STATUS.success };
}

/** A UID made of a random UUID (PS3.5 B.2). */
function createUid(): string {
  return `2.25.${BigInt(`0x${randomUUID().replaceAll('-', '')}`)}`;
}
