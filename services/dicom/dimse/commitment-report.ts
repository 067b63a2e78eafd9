import { RadTriageError } from '#core/errors.ts';
import { itemsOf, readBinaryNumbers } from '../attributes/element-values.ts';
import { type DataSet, parseHeader } from '../attributes/parse-elements.ts';
import { readReference, readReferences, requireUid } from '../attributes/read-references.ts';

/** What a peer says of one object that it was asked to keep. */
export interface CommitmentAnswer {
  readonly sopInstanceUid: string;
  /** Failure Reason (0008,1197); undefined when the peer keeps the object. */
  readonly failureReason: number | undefined;
}

export interface CommitmentReport {
  readonly transactionUid: string;
  readonly answers: readonly CommitmentAnswer[];
}

const TRANSACTION_UID = 0x00081195;
const FAILURE_REASON = 0x00081197;
const FAILED_SOP_SEQUENCE = 0x00081198;
const REFERENCED_SOP_SEQUENCE = 0x00081199;
const PROCESSING_FAILURE = 0x0110;
const MAX_ANSWERS = 50_000;

/**
 * Reads the event information of a storage commitment result (PS3.4 table J.3-2).
 * @throws RadTriageError DICOM_ATTRIBUTE_MISSING, DICOM_UID_INVALID, DICOM_TRUNCATED, DICOM_STRUCTURE, and
 * DICOM_TOO_LARGE beyond 50,000 objects
 */
export function readCommitmentReport(dataSet: Buffer, transferSyntaxUid: string): CommitmentReport {
  const parsed = parseHeader(dataSet, transferSyntaxUid);
  const transactionUid = requireUid(parsed, TRANSACTION_UID, 'TransactionUID');
  const kept = readReferences(parsed, REFERENCED_SOP_SEQUENCE).map(({ sopInstanceUid }) => ({
    sopInstanceUid,
    failureReason: undefined,
  }));
  const failed = itemsOf(parsed, FAILED_SOP_SEQUENCE).map((item) => ({
    sopInstanceUid: readReference(item).sopInstanceUid,
    failureReason: readReason(item),
  }));
  const answers = [...kept, ...failed];
  if (answers.length > MAX_ANSWERS) {
    throw new RadTriageError('DICOM_TOO_LARGE', `more than ${MAX_ANSWERS} objects at once`);
  }
  return { transactionUid, answers };
}

/** A peer that gives no reason keeps the object no more than one that does. */
function readReason(item: DataSet): number {
  const element = item.elements.get(FAILURE_REASON);
  const [value] = element === undefined ? [] : (readBinaryNumbers(item, element, 'US') ?? []);
  return typeof value === 'number' ? value : PROCESSING_FAILURE;
}
