import { RadTriageError } from '#core/errors.ts';
import { REJECTION_TITLES } from '#core/rejection.ts';
import type { NewElement } from '../attributes/encode-data-set.ts';
import { toElements } from '../attributes/keywords.ts';
import { assembleObject, RESULT_SOP_CLASSES } from './assemble-object.ts';
import { dcm } from './codes.ts';
import { commonElements, referencedRequests } from './common-modules.ts';
import { evidence } from './references.ts';
import { type ContentItem, encodeContentItem } from './report/content-item.ts';
import { code, deviceObserver, text } from './report/context.ts';
import { imageOf, indexImages, refuseInTriageOnly, standingFindings } from './source-images.ts';
import type {
  AiResult,
  Algorithm,
  BuiltObject,
  Code,
  DocumentIdentity,
  InstanceReference,
  SourceImage,
} from './types.ts';

const OF_INTEREST = dcm('113000', 'Of Interest');
const REJECTED_FOR_QUALITY = dcm('113001', REJECTION_TITLES['113001']);
const DOCUMENT_TITLE_MODIFIER = dcm('113011', 'Document Title Modifier');
const KEY_OBJECT_DESCRIPTION = dcm('113012', 'Key Object Description');
/** CID 7011 has no better word for a result that a newer one took the place of. */
const OTHER_FAILURE = dcm('111220', 'Other failure');

export interface KeyObjectsInput {
  readonly result: AiResult;
  readonly images: readonly SourceImage[];
  readonly identity: DocumentIdentity;
}

/**
 * The images with a finding that stands, as a Key Object Selection (TID 2010), titled "Of Interest".
 * @returns undefined where no finding stands: a note without images must not be
 * @throws RadTriageError LOCATION_WITHHELD in triage-only mode; REQUEST_INVALID
 */
export function buildKeyObjects(input: KeyObjectsInput): BuiltObject | undefined {
  const { result, images, identity } = input;
  refuseInTriageOnly(result);
  const { byUid } = indexImages(images);
  const findings = standingFindings(result.findings);
  const places = findings.flatMap(({ regions }) =>
    regions.map((region) => ({ image: imageOf(byUid, region), frame: region.frame })),
  );
  const unique = new Map(
    places.map((each) => [`${each.image.sopInstanceUid} ${each.frame}`, each]),
  );
  const [first] = places;
  if (first === undefined) return undefined;
  const labels = [...new Set(findings.map(({ label }) => label))].join(', ');
  const used = new Set(findings.map(({ algorithm }) => algorithm));
  return assembleNote({
    source: first.image,
    identity,
    title: OF_INTEREST,
    seriesDescription: 'AI key images (RadTriage)',
    description: `Flagged by AI for: ${labels}. Not for diagnosis.`,
    instances: [...unique.values()].map(({ image }) => image),
    items: [...unique.values()].map(({ image, frame }) => ({
      type: 'IMAGE',
      relationship: 'CONTAINS',
      image,
      frame,
    })),
    algorithms: result.algorithms.filter((_, index) => used.has(index)),
  });
}

export interface RejectionInput {
  /** What an earlier result sent, of the same study. */
  readonly outdated: readonly InstanceReference[];
  /** Any image of the study: patient and study are taken over from it. */
  readonly source: SourceImage;
  readonly identity: DocumentIdentity;
  /** Why, for people, without patient data: "superseded by result 2 of this study". */
  readonly reason: string;
}

/**
 * A rejection note of IHE Image Object Change Management, for what an earlier result sent and a newer one replaced. Its
 * title is "Rejected for Quality Reasons" (113001): of the four that IOCM has, two speak of a wrong patient or a wrong
 * worklist entry, and "Data Retention Policy Expired" (113039) would tell archives to delete as by a schedule, and to take
 * the same object in again when someone sends it.
 * @throws RadTriageError REQUEST_INVALID without anything to reject, or for objects of another study
 */
export function buildRejectionNote(input: RejectionInput): BuiltObject {
  const { outdated, source, identity, reason } = input;
  const isOfStudy = outdated.every((each) => each.studyInstanceUid === source.studyInstanceUid);
  if (outdated.length === 0 || !isOfStudy) {
    throw new RadTriageError('REQUEST_INVALID', 'a rejection note names objects of its own study');
  }
  return assembleNote({
    source,
    identity,
    title: REJECTED_FOR_QUALITY,
    modifier: OTHER_FAILURE,
    seriesDescription: 'Outdated AI results (RadTriage)',
    description: reason,
    instances: outdated,
    items: outdated.map((object) => ({
      type: object.sopClassUid === RESULT_SOP_CLASSES.secondaryCapture ? 'IMAGE' : 'COMPOSITE',
      relationship: 'CONTAINS',
      object,
    })),
    algorithms: [],
  });
}

interface Note {
  readonly source: SourceImage;
  readonly identity: DocumentIdentity;
  readonly title: Code;
  readonly modifier?: Code;
  readonly seriesDescription: string;
  readonly description: string;
  readonly instances: readonly InstanceReference[];
  readonly items: readonly ContentItem[];
  readonly algorithms: readonly Algorithm[];
}

/** PS3.3 A.35.4 and TID 2010. */
function assembleNote(note: Note): BuiltObject {
  const { source, identity } = note;
  const sopClassUid = RESULT_SOP_CLASSES.keyObjectSelection;
  const object = {
    sopClassUid,
    sopInstanceUid: identity.sopInstanceUid,
    source: source.header,
  };
  return assembleObject(object, (copier): NewElement[] => [
    ...commonElements({ ...note, sopClassUid, modality: 'KO' }, copier),
    ...referencedRequests(source, copier),
    ...toElements({
      ReferencedPerformedProcedureStepSequence: [],
      CurrentRequestedProcedureEvidenceSequence: evidence(note.instances),
    }),
    ...encodeContentItem(noteTree(note)),
  ]);
}

function noteTree({ title, modifier, identity, description, items }: Note): ContentItem {
  return {
    type: 'CONTAINER',
    concept: title,
    template: '2010',
    children: [
      ...(modifier === undefined
        ? []
        : [code('HAS CONCEPT MOD', DOCUMENT_TITLE_MODIFIER, modifier)]),
      ...deviceObserver(identity.device),
      text('CONTAINS', KEY_OBJECT_DESCRIPTION, description),
      ...items,
    ],
  };
}
