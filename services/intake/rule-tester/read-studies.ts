import { type ImageFacts, viewName } from '#core/completeness/evidence.ts';
import { type ErrorCode, toRadTriageError } from '#core/errors.ts';
import type { DicomAttributes } from '#dicom/attributes/attribute-schema.ts';
import { readPart10 } from '#dicom/part10/read-part10.ts';
import { readSourceAttributes } from '#dicom/pixels/source-header.ts';
import { findRoot, walkFiles } from '../import/walk-files.ts';
import { kindOf } from '../instance-record.ts';

/** One object of a study that is put to the test. */
export interface TestedObject {
  readonly path: string;
  readonly sopInstanceUid: string;
  readonly kind: 'image' | 'object';
  readonly facts: ImageFacts;
  readonly instanceNumber: number | undefined;
  /** When its file was last changed: for files that a receiver wrote, when they came. Milliseconds since 1970. */
  readonly changedAt: number;
}

export interface TestedStudy {
  readonly studyInstanceUid: string;
  /** In order of their paths; a second file of the same instance is left out. */
  readonly objects: readonly TestedObject[];
  /** Of the first image, or of the first object where there is none: these become the study's. */
  readonly attributes: DicomAttributes;
}

export interface UnreadableFile {
  readonly path: string;
  readonly code: ErrorCode;
  readonly message: string;
}

export interface ReadStudies {
  readonly studies: readonly TestedStudy[];
  /** Files that are no DICOM at all. */
  readonly others: number;
  readonly unreadable: readonly UnreadableFile[];
}

export interface ReadStudiesOptions {
  /** A folder, read with all its subfolders, or one file. */
  readonly directory: string;
  /** Whom the files are taken to come from; without it, whoever their file meta names. */
  readonly callingAe?: string | undefined;
  /** How many files there are, once that is known; then how many have been read. */
  readonly onFiles?: (files: number) => void;
  readonly onRead?: (files: number) => void;
  /** Told of every image with its attributes, for what else is to be known of it. */
  readonly onImage?: (studyInstanceUid: string, attributes: DicomAttributes) => void;
}

function factsOf(attributes: DicomAttributes, callingAe: string): ImageFacts {
  const { imageLaterality, laterality, frameLaterality } = attributes;
  return {
    seriesInstanceUid: attributes.seriesInstanceUid,
    modality: attributes.modality,
    bodyPart: attributes.bodyPartExamined,
    seriesDescription: attributes.seriesDescription,
    protocolName: attributes.protocolName,
    callingAe,
    view: viewName(attributes.viewCode, attributes.viewPosition),
    laterality: imageLaterality ?? laterality ?? frameLaterality,
    acquisitionNumber: attributes.acquisitionNumber,
    imagesInAcquisition: attributes.imagesInAcquisition,
    numberOfSeriesRelatedInstances: attributes.numberOfSeriesRelatedInstances,
    numberOfStudyRelatedInstances: attributes.numberOfStudyRelatedInstances,
  };
}

interface OpenStudy {
  readonly studyInstanceUid: string;
  readonly objects: TestedObject[];
  readonly known: Set<string>;
  attributes: DicomAttributes;
  hasImage: boolean;
}

class StudyReader {
  readonly studies = new Map<string, OpenStudy>();
  private readonly options: ReadStudiesOptions;

  constructor(options: ReadStudiesOptions) {
    this.options = options;
  }

  /** Reads no more of a file than its header. */
  async take(path: string, changedAt: number): Promise<void> {
    const { meta, dataSetOffset } = await readPart10(path);
    const { transferSyntaxUid } = meta;
    const attributes = readSourceAttributes({ path, dataSetOffset, transferSyntaxUid });
    const { studyInstanceUid, sopInstanceUid } = attributes;
    const kind = kindOf(attributes);
    const study = this.open(studyInstanceUid, attributes);
    if (study.known.has(sopInstanceUid)) return;
    study.known.add(sopInstanceUid);
    if (kind === 'image') {
      if (!study.hasImage) study.attributes = attributes;
      study.hasImage = true;
      this.options.onImage?.(studyInstanceUid, attributes);
    }
    const callingAe = this.options.callingAe ?? meta.sendingAe ?? '';
    const facts = factsOf(attributes, callingAe);
    const { instanceNumber } = attributes;
    study.objects.push({ path, sopInstanceUid, kind, facts, instanceNumber, changedAt });
  }

  private open(studyInstanceUid: string, attributes: DicomAttributes): OpenStudy {
    const known = this.studies.get(studyInstanceUid);
    if (known !== undefined) return known;
    const study = {
      studyInstanceUid,
      objects: [],
      known: new Set<string>(),
      attributes,
      hasImage: false,
    };
    this.studies.set(studyInstanceUid, study);
    return study;
  }
}

/**
 * Reads the headers of all DICOM files of a folder and sorts them by study.
 * @throws RadTriageError NOT_FOUND when the folder itself cannot be read
 */
export async function readStudies(options: ReadStudiesOptions): Promise<ReadStudies> {
  const reader = new StudyReader(options);
  const unreadable: UnreadableFile[] = [];
  let others = 0;
  let files = 0;
  const refuse = (path: string, thrown: unknown): void => {
    const { code, message } = toRadTriageError(thrown);
    if (code === 'DICOM_NOT_PART10') others += 1;
    else unreadable.push({ path, code, message });
  };
  const found: { path: string; changedAt: number }[] = [];
  const root = await findRoot(options.directory);
  for await (const { path, changedAt } of walkFiles(root, { onUnreadable: refuse })) {
    found.push({ path, changedAt: Number(changedAt / 1_000n) / 1_000 });
  }
  options.onFiles?.(found.length);
  found.sort((a, b) => (a.path < b.path ? -1 : 1));
  for (const { path, changedAt } of found) {
    await reader.take(path, changedAt).catch((error: unknown) => refuse(path, error));
    files += 1;
    options.onRead?.(files);
  }
  return { studies: [...reader.studies.values()], others, unreadable };
}
