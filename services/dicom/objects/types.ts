import type { HeatmapTransform, ReadingMode } from '#core/finding.ts';
import type { Priority } from '#core/priority.ts';
import type { DataSet } from '../attributes/parse-elements.ts';

/** A coded concept (PS3.3 section 8.8). Our own concepts have the scheme 99RADTRIAGE, SNOMED CT has SCT. */
export interface Code {
  readonly value: string;
  readonly scheme: string;
  readonly meaning: string;
}

/** What is needed of one image that a result speaks of; see read-source-image.ts. */
export interface SourceImage {
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  readonly seriesInstanceUid: string;
  readonly studyInstanceUid: string;
  readonly modality: string;
  readonly rows: number;
  readonly columns: number;
  /** 1 for a single-frame object. */
  readonly numberOfFrames: number;
  readonly frameOfReferenceUid?: string | undefined;
  /** All elements before the pixel data, as they were received. */
  readonly header: DataSet;
}

/** What became of one model on a study. */
export const ALGORITHM_OUTCOMES = ['analysed', 'not-analysed', 'declined', 'failed'] as const;
export type AlgorithmOutcome = (typeof ALGORITHM_OUTCOMES)[number];

/** What a model looks for, and what it said of the study. */
export interface LabelScore {
  readonly id: string;
  readonly label: string;
  readonly code: Code;
  /** 0 to 1. */
  readonly score: number;
  /** At or above it the label counts as flagged. */
  readonly threshold: number;
  readonly flagged: boolean;
  /** Of this score in the report: the same in each later version of it (TID 1501 asks for one). */
  readonly trackingUid: string;
}

/** One model as it ran, or did not run, on the study. */
export interface Algorithm {
  readonly id: string;
  readonly title: string;
  readonly version: string;
  /** Who made it; our own name without. */
  readonly manufacturer?: string | undefined;
  /** Of its weights, hexadecimal. */
  readonly sha256: string;
  /** Of the device that this version of it is: given anew with every retraining (IHE AIR). */
  readonly deviceUid: string;
  readonly outcome: AlgorithmOutcome;
  /** Why it was not analysed, declined or failed. Never patient data. */
  readonly reason?: string | undefined;
  /** None unless analysed. */
  readonly labels: readonly LabelScore[];
}

/** A place on one frame of one image. */
export interface FindingRegion {
  readonly sopInstanceUid: string;
  /** From 1, as DICOM counts; the decoder counts from 0. */
  readonly frame: number;
  /** In source pixels: origin at the upper left corner of the first pixel. Absent: the whole frame is meant. */
  readonly box?: BoundingBox | undefined;
}

export interface BoundingBox {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A reader's word on a finding; `add` for one that the reader drew. */
export type FindingVerdict = 'confirm' | 'amend' | 'reject' | 'add';

export interface Finding {
  /** Short and unique within the study, for people. */
  readonly trackingId: string;
  /** The same finding has the same UID in each later version of the report. */
  readonly trackingUid: string;
  /** Index into `AiResult.algorithms`; null for what a reader added. */
  readonly algorithm: number | null;
  readonly label: string;
  readonly code: Code;
  readonly bodySite?: Code | undefined;
  /** One, or one for each slice that it was found on. */
  readonly regions: readonly FindingRegion[];
  /** 0 to 1; null for what a reader added. */
  readonly score: number | null;
  readonly verdict?: FindingVerdict | undefined;
  readonly rejectReason?: string | undefined;
  /** What the model had said, where the reader amended it. */
  readonly original?: {
    readonly label: string;
    readonly code: Code;
    readonly regions: readonly FindingRegion[];
  };
}

/** Cells over one frame of one image. */
export interface Heatmap {
  readonly sopInstanceUid: string;
  /** From 1. */
  readonly frame: number;
  /** Cells. */
  readonly width: number;
  readonly height: number;
  /** Row by row, 0 to 1. */
  readonly values: Float32Array;
  /** From cell corners to source pixels. */
  readonly transform: HeatmapTransform;
  /** Cells at or above it are part of the finding. */
  readonly threshold: number;
  readonly label: string;
  readonly code: Code;
  /** Index into `AiResult.algorithms`. */
  readonly algorithm: number;
  /** What a cell says, for people: "probability", "relative attention". */
  readonly unit: string;
}

/** The signed word of a radiologist. */
export interface ResultReview {
  readonly readerName: string;
  readonly signedAt: Date;
  readonly comment?: string | undefined;
  /** The reader vouches for the whole report: it becomes VERIFIED with the reader as verifying observer. */
  readonly isVerified: boolean;
}

/** What the site's rule made of the findings. The rule sets the order, no model does. */
export interface TriagePriority {
  readonly level: Priority;
  /** For people, without patient data. */
  readonly reason: string;
  readonly ruleId: string;
  readonly ruleVersion: string;
}

/** All that goes back of one analysis of one study. */
export interface AiResult {
  readonly algorithms: readonly Algorithm[];
  /** The analysis was given up as a whole: what became of each algorithm is not known. */
  readonly isAnalysisFailed?: boolean | undefined;
  readonly findings: readonly Finding[];
  readonly heatmaps: readonly Heatmap[];
  readonly priority: TriagePriority;
  readonly review?: ResultReview | undefined;
  /** In `triage-only` no object says where a finding lies. */
  readonly readingMode: ReadingMode;
}

/** An instance that another one names. */
export interface InstanceReference {
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  readonly seriesInstanceUid: string;
  readonly studyInstanceUid: string;
}

/** Our own installation, as the objects name it. */
export interface ProducingDevice {
  readonly deviceUid: string;
  readonly stationName: string;
  readonly softwareVersion: string;
  readonly institutionName?: string | undefined;
}

/** What a new object is called. Builders invent nothing: the same input gives the same bytes. */
export interface DocumentIdentity {
  readonly sopInstanceUid: string;
  readonly seriesInstanceUid: string;
  readonly seriesNumber: number;
  readonly instanceNumber: number;
  readonly contentAt: Date;
  /** The site's minutes east of Greenwich at that time; used where the images state no TimezoneOffsetFromUTC. */
  readonly utcOffsetMinutes: number;
  /** Documents that this one takes the place of. */
  readonly predecessors?: readonly InstanceReference[] | undefined;
  readonly device: ProducingDevice;
}

/** A complete Part 10 file, Explicit VR Little Endian. */
export interface BuiltObject {
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  readonly bytes: Buffer;
}
