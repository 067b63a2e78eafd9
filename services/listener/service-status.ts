import type { ErrorCode, RadTriageError } from '#core/errors.ts';
import type { ServiceAnswer } from '#dicom/dimse/dimse-service.ts';

/** Statuses of DIMSE-N responses (PS3.7 annex C). */
export const SERVICE_STATUS = {
  success: 0x0000,
  invalidAttribute: 0x0106,
  processingFailure: 0x0110,
  duplicateInstance: 0x0111,
  noSuchInstance: 0x0112,
  noSuchEventType: 0x0113,
  invalidArgument: 0x0115,
  missingAttribute: 0x0120,
  noSuchActionType: 0x0123,
  notAuthorized: 0x0124,
  unrecognizedOperation: 0x0211,
  resourceLimitation: 0x0213,
} as const;

/** Whether a data set is the information of an N-ACTION, or the attributes of an N-CREATE or N-SET. */
type DataSetKind = 'argument' | 'attributes';

const OF_ATTRIBUTES: Partial<Record<ErrorCode, number>> = {
  DICOM_ATTRIBUTE_MISSING: SERVICE_STATUS.missingAttribute,
  DICOM_UID_INVALID: SERVICE_STATUS.invalidAttribute,
  REQUEST_INVALID: SERVICE_STATUS.invalidAttribute,
};
const OF_ARGUMENTS: Partial<Record<ErrorCode, number>> = {
  DICOM_ATTRIBUTE_MISSING: SERVICE_STATUS.invalidArgument,
  DICOM_UID_INVALID: SERVICE_STATUS.invalidArgument,
  REQUEST_INVALID: SERVICE_STATUS.invalidArgument,
};
const OF_BOTH: Partial<Record<ErrorCode, number>> = {
  DICOM_TOO_LARGE: SERVICE_STATUS.resourceLimitation,
  DATABASE_UNAVAILABLE: SERVICE_STATUS.resourceLimitation,
  NOT_FOUND: SERVICE_STATUS.noSuchInstance,
  FORBIDDEN: SERVICE_STATUS.notAuthorized,
};

/** The response to a DIMSE-N request that could not be taken; what went wrong inside of us stays in our log. */
export function answerFailure(failure: RadTriageError, kind: DataSetKind): ServiceAnswer {
  const { code, message } = failure;
  const table = kind === 'argument' ? OF_ARGUMENTS : OF_ATTRIBUTES;
  const status = OF_BOTH[code] ?? table[code] ?? SERVICE_STATUS.processingFailure;
  return { status, errorComment: code === 'INTERNAL' ? code : message };
}
