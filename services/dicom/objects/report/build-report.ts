import type { NewElement } from '../../attributes/encode-data-set.ts';
import { toElements } from '../../attributes/keywords.ts';
import { assembleObject, RESULT_SOP_CLASSES } from '../assemble-object.ts';
import { commonElements, referencedRequests } from '../common-modules.ts';
import type { ElementCopier } from '../copy-elements.ts';
import { localTime } from '../local-time.ts';
import { evidence } from '../references.ts';
import { indexImages } from '../source-images.ts';
import type { AiResult, BuiltObject, DocumentIdentity, SourceImage } from '../types.ts';
import * as concept from './concepts.ts';
import { type ContentItem, encodeContentItem } from './content-item.ts';
import { deviceObserver, imageLibrary, proceduresReported } from './context.ts';
import { qualitativeEvaluations } from './evaluations.ts';
import { measurementGroups } from './measurement-groups.ts';

export interface ReportInput {
  readonly result: AiResult;
  /** Every image that a model looked at; patient and study are taken over from the first. */
  readonly images: readonly SourceImage[];
  readonly identity: DocumentIdentity;
}

/**
 * The result as a Comprehensive 3D SR by template TID 1500 (PS3.16), as IHE AI Results (AIR) asks. In triage-only mode
 * it holds no coordinates and names no image as the place of a finding: the image library lists what was looked at.
 * @throws RadTriageError REQUEST_INVALID where a finding names an image or frame that is not among `images`
 */
export function buildReport(input: ReportInput): BuiltObject {
  const { first } = indexImages(input.images);
  const object = {
    sopClassUid: RESULT_SOP_CLASSES.comprehensive3dSr,
    sopInstanceUid: input.identity.sopInstanceUid,
    source: first.header,
  };
  return assembleObject(object, (copier) => reportElements(input, copier));
}

function reportElements(input: ReportInput, copier: ElementCopier): NewElement[] {
  const { result, images, identity } = input;
  const { first } = indexImages(images);
  return [
    ...commonElements(
      {
        sopClassUid: RESULT_SOP_CLASSES.comprehensive3dSr,
        modality: 'SR',
        seriesDescription: 'AI results (RadTriage)',
        source: first,
        identity,
        algorithms: result.algorithms.filter(({ outcome }) => outcome === 'analysed'),
      },
      copier,
    ),
    ...referencedRequests(first, copier),
    ...documentElements(input, first),
    ...encodeContentItem(reportTree(input, copier)),
  ];
}

/** SR document series and SR document general modules (PS3.3 C.17.1, C.17.2). */
function documentElements({ result, images, identity }: ReportInput, first: SourceImage) {
  const isCurrent = (image: SourceImage) => image.studyInstanceUid === first.studyInstanceUid;
  const others = images.filter((image) => !isCurrent(image));
  const predecessors = identity.predecessors ?? [];
  return toElements({
    ReferencedPerformedProcedureStepSequence: [],
    PerformedProcedureCodeSequence: [],
    CompletionFlag: 'COMPLETE',
    VerificationFlag: result.review?.isVerified === true ? 'VERIFIED' : 'UNVERIFIED',
    VerifyingObserverSequence: verifyingObserver({ result, identity, first }),
    PredecessorDocumentsSequence: predecessors.length === 0 ? undefined : evidence(predecessors),
    CurrentRequestedProcedureEvidenceSequence: evidence(images.filter(isCurrent)),
    PertinentOtherEvidenceSequence: others.length === 0 ? undefined : evidence(others),
  });
}

/** Nobody but a radiologist who signed for the whole report. */
function verifyingObserver({
  result,
  identity,
  first,
}: {
  result: AiResult;
  identity: DocumentIdentity;
  first: SourceImage;
}): NewElement[][] | undefined {
  const { review } = result;
  if (review?.isVerified !== true) return undefined;
  const signed = localTime(review.signedAt, first.header, identity.utcOffsetMinutes);
  return [
    toElements({
      VerifyingOrganization: identity.device.institutionName ?? 'Not stated',
      VerificationDateTime: signed.dateTime,
      VerifyingObserverName: review.readerName,
      VerifyingObserverIdentificationCodeSequence: [],
    }),
  ];
}

function reportTree({ result, images, identity }: ReportInput, copier: ElementCopier): ContentItem {
  const { byUid } = indexImages(images);
  const groups = measurementGroups({ result, images: byUid });
  const measurements: ContentItem = {
    type: 'CONTAINER',
    relationship: 'CONTAINS',
    concept: concept.IMAGING_MEASUREMENTS,
    children: groups,
  };
  return {
    type: 'CONTAINER',
    concept: concept.IMAGING_MEASUREMENT_REPORT,
    template: '1500',
    children: [
      {
        type: 'CODE',
        relationship: 'HAS CONCEPT MOD',
        concept: concept.LANGUAGE,
        code: concept.ENGLISH,
      },
      ...deviceObserver(identity.device),
      ...proceduresReported(images, copier),
      imageLibrary(images),
      ...(groups.length === 0 ? [] : [measurements]),
      qualitativeEvaluations(result),
    ],
  };
}
