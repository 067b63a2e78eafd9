import { REJECTION_TITLES, type RejectionCode } from '#core/rejection.ts';
import { deriveUid } from '#dicom/part10/derive-uid.ts';
import {
  type Attributes,
  type DicomElement,
  TRANSFER_SYNTAX,
  toElements,
  writePart10,
} from './part10-writer.ts';

const STORAGE = '1.2.840.10008.5.1.4.1.1';

/** Storage SOP classes by the modality that a minimal image claims. */
export const IMAGE_SOP_CLASSES = {
  CR: `${STORAGE}.1`,
  DX: `${STORAGE}.1.1`,
  MG: `${STORAGE}.1.2`,
  CT: `${STORAGE}.2`,
  US: `${STORAGE}.6.1`,
  MR: `${STORAGE}.4`,
  OT: `${STORAGE}.7`,
  NM: `${STORAGE}.20`,
  XA: `${STORAGE}.12.1`,
  PT: `${STORAGE}.128`,
} as const;

export const OBJECT_SOP_CLASSES = {
  SR: `${STORAGE}.88.33`,
  KO: `${STORAGE}.88.59`,
  PR: `${STORAGE}.11.1`,
  SEG: `${STORAGE}.66.4`,
} as const;

/** A small object for tests, with its elements so that a test can alter them and write it again. */
export interface MinimalObject {
  readonly studyInstanceUid: string;
  readonly seriesInstanceUid: string;
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  readonly elements: readonly DicomElement[];
  /** A whole Part 10 file. */
  readonly bytes: Buffer;
}

export interface MinimalImageOptions {
  readonly modality: keyof typeof IMAGE_SOP_CLASSES;
  readonly seed: number | string;
  /** Study and series; derived from the seed unless given. */
  readonly studyInstanceUid?: string;
  readonly seriesInstanceUid?: string;
  readonly instanceNumber?: number;
  readonly rows?: number;
  readonly columns?: number;
  /** Replaces or adds attributes; an undefined value takes one away. */
  readonly attributes?: Attributes;
  /** Further elements, private ones for example. */
  readonly extra?: readonly DicomElement[];
  readonly transferSyntax?: string;
}

/** A tiny 8-bit image of any modality: a ramp, not an anatomy. */
export function minimalImage(options: MinimalImageOptions): MinimalObject {
  const { modality, seed } = options;
  const [rows, columns] = [options.rows ?? 16, options.columns ?? 16];
  const sopClassUid = IMAGE_SOP_CLASSES[modality];
  const instanceNumber = options.instanceNumber ?? 1;
  const studyInstanceUid = options.studyInstanceUid ?? deriveUid(['minimal', seed, 'study']);
  const seriesInstanceUid =
    options.seriesInstanceUid ?? deriveUid(['minimal', studyInstanceUid, modality, 'series']);
  const sopInstanceUid = deriveUid(['minimal', seriesInstanceUid, seed, instanceNumber]);
  const pixels = Buffer.from(
    Uint8Array.from(
      { length: rows * columns },
      (_, i) => (i % columns) * 7 + Math.floor(i / columns) * 3,
    ),
  );
  const elements = toElements(
    {
      ...identity(seed),
      SOPClassUID: sopClassUid,
      SOPInstanceUID: sopInstanceUid,
      StudyInstanceUID: studyInstanceUid,
      SeriesInstanceUID: seriesInstanceUid,
      Modality: modality,
      SeriesNumber: 1,
      InstanceNumber: instanceNumber,
      Manufacturer: 'Minimal',
      SamplesPerPixel: 1,
      PhotometricInterpretation: 'MONOCHROME2',
      Rows: rows,
      Columns: columns,
      BitsAllocated: 8,
      BitsStored: 8,
      HighBit: 7,
      PixelRepresentation: 0,
      PixelData: pixels,
      ...options.attributes,
    },
    options.extra,
  );
  return pack(
    { studyInstanceUid, seriesInstanceUid, sopClassUid, sopInstanceUid, elements },
    options.transferSyntax,
  );
}

export interface ObjectReference {
  readonly studyInstanceUid: string;
  readonly seriesInstanceUid: string;
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
}

/** A structured report, key object note, presentation state or segmentation that refers to one image. */
export function minimalObject(options: {
  kind: keyof typeof OBJECT_SOP_CLASSES;
  seed: number | string;
  of: ObjectReference;
}): MinimalObject {
  const { kind, seed, of } = options;
  const sopClassUid = OBJECT_SOP_CLASSES[kind];
  const seriesInstanceUid = deriveUid(['minimal', of.studyInstanceUid, kind, seed, 'series']);
  const sopInstanceUid = deriveUid(['minimal', seriesInstanceUid, 'object']);
  const elements = toElements({
    ...identity(seed),
    ...contentOf(kind, of),
    SOPClassUID: sopClassUid,
    SOPInstanceUID: sopInstanceUid,
    StudyInstanceUID: of.studyInstanceUid,
    SeriesInstanceUID: seriesInstanceUid,
    Modality: kind,
    SeriesNumber: 90,
    InstanceNumber: 1,
    Manufacturer: 'Minimal',
  });
  return pack({
    studyInstanceUid: of.studyInstanceUid,
    seriesInstanceUid,
    sopClassUid,
    sopInstanceUid,
    elements,
  });
}

/** A rejection note (IHE IOCM): a key object note with a title that rejects, naming instances of one study. */
export function rejectionNote(options: {
  title: RejectionCode;
  seed: number | string;
  of: readonly ObjectReference[];
  /** Replaces or adds attributes; an undefined value takes one away. */
  attributes?: Attributes;
}): MinimalObject {
  const { title, seed, of } = options;
  const studyInstanceUid = of[0]?.studyInstanceUid ?? deriveUid(['minimal', seed, 'study']);
  const seriesInstanceUid = deriveUid(['minimal', studyInstanceUid, 'rejection', seed]);
  const sopClassUid = OBJECT_SOP_CLASSES.KO;
  const sopInstanceUid = deriveUid(['minimal', seriesInstanceUid, title]);
  const series = [...new Set(of.map((each) => each.seriesInstanceUid))];
  const place = { studyInstanceUid, seriesInstanceUid, sopClassUid, sopInstanceUid };
  const elements = toElements({
    ...identity(seed),
    ReferencedPerformedProcedureStepSequence: [],
    CurrentRequestedProcedureEvidenceSequence: [
      {
        StudyInstanceUID: studyInstanceUid,
        ReferencedSeriesSequence: series.map((uid) => ({
          SeriesInstanceUID: uid,
          ReferencedSOPSequence: of
            .filter((each) => each.seriesInstanceUid === uid)
            .map(referenceTo),
        })),
      },
    ],
    ValueType: 'CONTAINER',
    ConceptNameCodeSequence: [
      {
        CodeValue: title,
        CodingSchemeDesignator: 'DCM',
        CodeMeaning: REJECTION_TITLES[title],
      },
    ],
    ContinuityOfContent: 'SEPARATE',
    ContentTemplateSequence: [{ MappingResource: 'DCMR', TemplateIdentifier: '2010' }],
    ContentSequence: of.map((each) => ({
      RelationshipType: 'CONTAINS',
      ValueType: 'IMAGE',
      ReferencedSOPSequence: [referenceTo(each)],
    })),
    SOPClassUID: sopClassUid,
    SOPInstanceUID: sopInstanceUid,
    StudyInstanceUID: studyInstanceUid,
    SeriesInstanceUID: seriesInstanceUid,
    Modality: 'KO',
    SeriesNumber: 91,
    InstanceNumber: 1,
    Manufacturer: 'Minimal',
    ...options.attributes,
  });
  return pack({ ...place, elements });
}

function referenceTo(of: ObjectReference): Attributes {
  return { ReferencedSOPClassUID: of.sopClassUid, ReferencedSOPInstanceUID: of.sopInstanceUid };
}

function identity(seed: number | string): Attributes {
  return {
    SpecificCharacterSet: 'ISO_IR 192',
    StudyDate: '20260112',
    StudyTime: '080000',
    ContentDate: '20260112',
    ContentTime: '080000',
    AccessionNumber: '',
    ReferringPhysicianName: '',
    PatientName: 'Minimal^Test',
    PatientID: `MIN-${seed}`,
    PatientBirthDate: '19600101',
    PatientSex: 'O',
    StudyID: '1',
    BodyPartExamined: 'CHEST',
  };
}

function contentOf(kind: keyof typeof OBJECT_SOP_CLASSES, of: ObjectReference): Attributes {
  const reference: Attributes = {
    ReferencedSOPClassUID: of.sopClassUid,
    ReferencedSOPInstanceUID: of.sopInstanceUid,
  };
  const series: Attributes = {
    SeriesInstanceUID: of.seriesInstanceUid,
    ReferencedSOPSequence: [reference],
  };
  const evidence: Attributes = {
    StudyInstanceUID: of.studyInstanceUid,
    ReferencedSeriesSequence: [series],
  };
  if (kind === 'PR') return presentation(of.seriesInstanceUid, reference);
  if (kind === 'SEG') return segmentation();
  const title =
    kind === 'KO'
      ? { CodeValue: '113000', CodingSchemeDesignator: 'DCM', CodeMeaning: 'Of Interest' }
      : {
          CodeValue: '126000',
          CodingSchemeDesignator: 'DCM',
          CodeMeaning: 'Imaging Measurement Report',
        };
  return {
    ...(kind === 'SR' ? { CompletionFlag: 'COMPLETE', VerificationFlag: 'UNVERIFIED' } : {}),
    PerformedProcedureCodeSequence: kind === 'SR' ? [] : undefined,
    ReferencedPerformedProcedureStepSequence: [],
    CurrentRequestedProcedureEvidenceSequence: [evidence],
    ValueType: 'CONTAINER',
    ConceptNameCodeSequence: [title],
    ContinuityOfContent: 'SEPARATE',
    ContentSequence: [
      { RelationshipType: 'CONTAINS', ValueType: 'IMAGE', ReferencedSOPSequence: [reference] },
    ],
  };
}

function presentation(seriesInstanceUid: string, reference: Attributes): Attributes {
  return {
    ReferencedSeriesSequence: [
      { SeriesInstanceUID: seriesInstanceUid, ReferencedImageSequence: [reference] },
    ],
    ContentLabel: 'MINIMAL',
    ContentDescription: '',
    PresentationCreationDate: '20260112',
    PresentationCreationTime: '080000',
    ContentCreatorName: '',
    DisplayedAreaSelectionSequence: [
      {
        DisplayedAreaTopLeftHandCorner: [1, 1],
        DisplayedAreaBottomRightHandCorner: [16, 16],
        PresentationSizeMode: 'SCALE TO FIT',
        PresentationPixelAspectRatio: [1, 1],
      },
    ],
    PresentationLUTShape: 'IDENTITY',
  };
}

/** Enough of a segmentation to be told as one; its functional groups are left out. */
function segmentation(): Attributes {
  return {
    ImageType: ['DERIVED', 'PRIMARY'],
    ContentLabel: 'MINIMAL',
    ContentDescription: '',
    ContentCreatorName: '',
    SamplesPerPixel: 1,
    PhotometricInterpretation: 'MONOCHROME2',
    NumberOfFrames: 1,
    Rows: 16,
    Columns: 16,
    BitsAllocated: 8,
    BitsStored: 8,
    HighBit: 7,
    PixelRepresentation: 0,
    LossyImageCompression: '00',
    PixelData: Buffer.alloc(256),
  };
}

function pack(
  object: Omit<MinimalObject, 'bytes'>,
  transferSyntax: string = TRANSFER_SYNTAX.explicitLittleEndian,
): MinimalObject {
  return { ...object, bytes: writePart10(object.elements, { transferSyntax }) };
}
