import type { Selectable } from 'kysely';
import type { RadTriageError } from '#core/errors.ts';
import type { FrameOf, FrameResultOf, ModelFindings } from '#models/analysis/analysis-types.ts';
import type { ImageFacts } from '#models/manifest/select-image.ts';
import type { RegisteredModel, UsableModel } from '#models/registry/registry.ts';
import type { InstanceTable } from '#platform/database/study-tables.ts';

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
  | 'rows'
  | 'columns'
  | 'numberOfFrames'
  | 'modality'
>;

/** An image with what selection needs of its header; `facts` is missing when the header cannot be read. */
export interface TriageImage {
  readonly row: ImageRow;
  readonly facts: ImageFacts | undefined;
  readonly problem: RadTriageError | undefined;
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

/** One frame of one image; `frame` counts from 1 as in DICOM. */
export type FrameOfImage = FrameOf<TriageImage>;
export type FrameResult = FrameResultOf<TriageImage>;

/** What a model gave over all the frames that it took. */
export interface ModelAnalysis extends ModelFindings<TriageImage> {
  readonly plan: RunnablePlan;
}
