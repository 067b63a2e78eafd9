import { createHash } from 'node:crypto';
import { RadTriageError } from '#core/errors.ts';
import { parseHeader } from '#dicom/attributes/parse-elements.ts';
import {
  readReferences,
  requireUid,
  type SopReference,
} from '#dicom/attributes/read-references.ts';

/** What a peer asks to be committed to (PS3.4 table J.3-1). */
export interface CommitmentRequest {
  readonly transactionUid: string;
  readonly references: readonly SopReference[];
}

const TRANSACTION_UID = 0x00081195;
const REFERENCED_SOP_SEQUENCE = 0x00081199;
const MAX_REFERENCES = 50_000;

/**
 * Reads the action information of a storage commitment request.
 * @throws RadTriageError DICOM_ATTRIBUTE_MISSING, DICOM_UID_INVALID, DICOM_TRUNCATED, DICOM_STRUCTURE, and
 * DICOM_TOO_LARGE beyond 50,000 objects
 */
export function readCommitmentRequest(
  dataSet: Buffer,
  transferSyntaxUid: string,
): CommitmentRequest {
  const parsed = parseHeader(dataSet, transferSyntaxUid);
  const transactionUid = requireUid(parsed, TRANSACTION_UID, 'TransactionUID');
  const references = readReferences(parsed, REFERENCED_SOP_SEQUENCE);
  if (references.length === 0) {
    throw new RadTriageError('DICOM_ATTRIBUTE_MISSING', 'ReferencedSOPSequence has no item');
  }
  if (references.length > MAX_REFERENCES) {
    throw new RadTriageError('DICOM_TOO_LARGE', `more than ${MAX_REFERENCES} objects at once`);
  }
  return { transactionUid, references };
}

/** The same for the same objects, in whatever order: tells a repeated request from another one. */
export function digestReferences(references: readonly SopReference[]): string {
  const lines = references.map((each) => `${each.sopClassUid} ${each.sopInstanceUid}`);
  return createHash('sha256').update(lines.sort().join('\n')).digest('hex');
}
