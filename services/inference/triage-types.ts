import type { Selectable } from 'kysely';
import type { RadTriageError } from '#core/errors.ts';
import type { DecodedFrame } from '#dicom/pixels/decoded-frame.ts';
import type { ImageFacts } from '#models/manifest/select-image.ts';
import type { ImageResult } from '#models/postprocess/read-image.ts';
import type { RegisteredModel, UsableModel } from '#models/registry/registry.ts';
import type { InstanceTable } from '#platform/database/schema.ts';

/** An image instance of the study, as its row has it. */
export type ImageRow = Pick<
  Selectable<InstanceTable>,
  | 'sopInstanceUid'
  | 'seriesInstanceUid'
  | 'seriesNumber'
  | 'instanceNumber'
  | 'transferSyntaxUid'
  | 'blobPath'
  | 'dataSetOffset'
  | 'numberOfFrames'
  | 'modality'
>;

/** An image with what selection needs of its header; `facts` is missing when the header cannot be read. */
export interface TriageImage {
  readonly row: ImageRow;
  readonly facts: ImageFacts | undefined;
  readonly problem: RadTriageError | undefined;
}

/** One frame of one image; `frame` counts from 1 as in DICOM. */
export interface FrameOfImage {
  readonly image: TriageImage;
  readonly frame: number;
}

export interface DecodeTask extends FrameOfImage {
  readonly decoded: DecodedFrame | undefined;
  readonly problem: RadTriageError | undefined;
  readonly ms: number;
}

/** What a model is to do with a study. */
export interface ModelPlan {
  readonly model: RegisteredModel;
  readonly images: readonly TriageImage[];
  /** Why it declines images that it is made for, for people. */
  readonly declined: string | undefined;
  /** What a reader should know of the images taken, such as an unknown age. */
  readonly note: string | undefined;
}

export interface RunnablePlan extends ModelPlan {
  readonly model: UsableModel;
}

export interface FrameResult extends FrameOfImage, ImageResult {}

export interface StageTimings {
  decode: number;
  preprocess: number;
  inference: number;
  postprocess: number;
}

/** What a model gave over all the frames that it took. */
export interface ModelAnalysis {
  readonly plan: RunnablePlan;
  readonly results: readonly FrameResult[];
  /** Frames that it should have seen but that could not be decoded. */
  readonly undecodable: readonly RadTriageError[];
  /** Why frames are outside the model's intended use, once for each of them. */
  readonly declined: readonly string[];
  /** The failure that ended it, after one more try. */
  readonly failure: RadTriageError | undefined;
  readonly provider: string | undefined;
  /** Milliseconds by stage, summed over the frames. */
  readonly timings: StageTimings;
}
