import type { ErrorCode, RadTriageError } from '#core/errors.ts';
import type { ReceiveOutcome } from '#intake/types.ts';

/** Failure Reason (0008,1197), PS3.18 table I.2-2. */
const CANNOT_UNDERSTAND = 0xc000;
const TRANSFER_SYNTAX_NOT_SUPPORTED = 0xc122;
const PROCESSING_FAILURE = 0x0110;
const SOP_CLASS_NOT_SUPPORTED = 0x0122;
/** Of our own, in the range of what cannot be understood: the instance is of another study than the address names. */
const OTHER_STUDY = 0xc409;
/** Warning Reason (0008,1196), of our own: another content is kept under the same UID, and this one beside it. */
const OTHER_CONTENT_KEPT = 0xb00e;

const BY_FIELD: Readonly<Record<string, number>> = {
  StudyInstanceUID: OTHER_STUDY,
  TransferSyntaxUID: TRANSFER_SYNTAX_NOT_SUPPORTED,
  'Content-Type': CANNOT_UNDERSTAND,
};
const BY_CODE: Readonly<Partial<Record<ErrorCode, number>>> = {
  DICOM_UID_INVALID: CANNOT_UNDERSTAND,
  REQUEST_INVALID: CANNOT_UNDERSTAND,
  DICOM_UNSUPPORTED: SOP_CLASS_NOT_SUPPORTED,
};

/** Out of resources, does not match its SOP class, cannot be understood. */
function isOfTable(status: number): boolean {
  return [0xa700, 0xa900].includes(status & 0xff00) || (status & 0xf000) === 0xc000;
}

export function failureReason(error: RadTriageError): number {
  const field = error.details['field'];
  const known = (typeof field === 'string' ? BY_FIELD[field] : undefined) ?? BY_CODE[error.code];
  if (known !== undefined) return known;
  return isOfTable(error.dimseStatus) ? error.dimseStatus : PROCESSING_FAILURE;
}

export function warningReason(outcome: ReceiveOutcome['outcome']): number | undefined {
  return outcome === 'conflict' ? OTHER_CONTENT_KEPT : undefined;
}
