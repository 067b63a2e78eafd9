import { isRejectionCode, REJECTION_TITLES, type RejectionCode } from '#core/rejection.ts';
import { UID_PATTERN } from './attribute-schema.ts';
import { itemsOf, latin1, readBytes } from './element-values.ts';
import { type DataSet, parseHeader } from './parse-elements.ts';

export const KEY_OBJECT_SELECTION = '1.2.840.10008.5.1.4.1.1.88.59';

/** One instance that a note names, with the study that it names it in. */
export interface RejectedInstance {
  readonly studyInstanceUid: string;
  readonly sopInstanceUid: string;
}

/** A rejection note of IHE's Image Object Change Management. */
export interface RejectionNote {
  readonly code: RejectionCode;
  readonly title: string;
  readonly instances: readonly RejectedInstance[];
}

const CODE_VALUE = 0x00080100;
const CODING_SCHEME = 0x00080102;
const SOP_CLASS_UID = 0x00080016;
const REFERENCED_SERIES = 0x00081115;
const REFERENCED_SOP_INSTANCE_UID = 0x00081155;
const REFERENCED_SOPS = 0x00081199;
const STUDY_INSTANCE_UID = 0x0020000d;
const CONCEPT_NAME = 0x0040a043;
const EVIDENCE = 0x0040a375;
const CONTENT = 0x0040a730;

function readText(dataSet: DataSet | undefined, tag: number): string {
  const bytes = dataSet === undefined ? undefined : readBytes(dataSet, tag);
  return bytes === undefined ? '' : latin1(bytes).replaceAll('\0', '').trim();
}

/** The title of the document, when it is one of those that reject (TID 2010, CID 7011). */
function readTitle(document: DataSet): RejectionCode | undefined {
  const title = itemsOf(document, CONCEPT_NAME)[0];
  const code = readText(title, CODE_VALUE);
  return readText(title, CODING_SCHEME) === 'DCM' && isRejectionCode(code) ? code : undefined;
}

/** CurrentRequestedProcedureEvidenceSequence: what the document refers to, by study and series (PS3.3 C.17.2.3). */
function readEvidence(document: DataSet): RejectedInstance[] {
  return itemsOf(document, EVIDENCE).flatMap((study) => {
    const studyInstanceUid = readText(study, STUDY_INSTANCE_UID);
    const series = itemsOf(study, REFERENCED_SERIES);
    return series
      .flatMap((each) => itemsOf(each, REFERENCED_SOPS))
      .map((item) => readText(item, REFERENCED_SOP_INSTANCE_UID))
      .filter((uid) => UID_PATTERN.test(uid) && UID_PATTERN.test(studyInstanceUid))
      .map((sopInstanceUid) => ({ studyInstanceUid, sopInstanceUid }));
  });
}

function collectNamed(container: DataSet, named: Set<string>): void {
  for (const item of itemsOf(container, CONTENT)) {
    for (const reference of itemsOf(item, REFERENCED_SOPS)) {
      named.add(readText(reference, REFERENCED_SOP_INSTANCE_UID));
    }
    collectNamed(item, named);
  }
}

/**
 * Reads a Key Object Selection as a rejection note; undefined for any other document. What its content tree names is
 * rejected; the study of each comes from its evidence, without which nothing is touched.
 * @throws RadTriageError DICOM_TRUNCATED, DICOM_STRUCTURE, DICOM_TOO_LARGE
 */
export function readRejectionNote(
  dataSet: Uint8Array,
  transferSyntaxUid: string,
): RejectionNote | undefined {
  const document = parseHeader(dataSet, transferSyntaxUid);
  const code = readTitle(document);
  if (code === undefined || readText(document, SOP_CLASS_UID) !== KEY_OBJECT_SELECTION) {
    return undefined;
  }
  const named = new Set<string>();
  collectNamed(document, named);
  const instances = new Map<string, RejectedInstance>();
  for (const instance of readEvidence(document)) {
    const { studyInstanceUid, sopInstanceUid } = instance;
    // Some senders fill in the evidence alone.
    if (named.size > 0 && !named.has(sopInstanceUid)) continue;
    instances.set(`${studyInstanceUid} ${sopInstanceUid}`, instance);
  }
  return { code, title: REJECTION_TITLES[code], instances: [...instances.values()] };
}
