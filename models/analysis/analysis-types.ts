import type { RadTriageError } from '#core/errors.ts';
import type { PixelSource } from '#dicom/pixels/byte-source.ts';
import type { DecodedFrame } from '#dicom/pixels/decoded-frame.ts';
import type { ImageFacts } from '../manifest/select-image.ts';
import type { ImageResult } from '../postprocess/read-image.ts';
import type { UsableModel } from '../registry/registry.ts';

/** What the analysis needs to know of an image, wherever that comes from. */
export interface AnalysedImage {
  readonly source: PixelSource;
  readonly facts: ImageFacts;
  /** What the header says, which need not be true. */
  readonly numberOfFrames: number;
  /** Rows times columns, by the header too; Infinity where it says nothing. */
  readonly framePixels: number;
  /** Names it: results that need chance are the same for the same name. */
  readonly name: string;
  /** Names its series: slices of a stack have the same. */
  readonly stack: string;
}

/** One frame of one image; `frame` counts from 1 as in DICOM. */
export interface FrameOf<Image> {
  readonly image: Image;
  readonly frame: number;
}

/** What a model is to do: `images` are the slices of stacks in order of position where it takes stacks. */
export interface AnalysisPlan<Image> {
  readonly model: UsableModel;
  readonly images: readonly Image[];
}

export interface FrameResultOf<Image> extends FrameOf<Image>, ImageResult {}

/** Milliseconds. */
export interface StageTimings {
  decode: number;
  preprocess: number;
  inference: number;
  postprocess: number;
}

/** What a model gave over all the frames that it took. */
export interface ModelFindings<Image> {
  /** In the order of the frames. */
  readonly results: readonly FrameResultOf<Image>[];
  /** Frames that it should have seen but that could not be decoded. */
  readonly undecodable: readonly RadTriageError[];
  /** Why frames are outside the model's intended use, once for each of them. */
  readonly declined: readonly string[];
  /** The failure that ended it, after one more try. */
  readonly failure: RadTriageError | undefined;
  readonly provider: string | undefined;
  /** Summed over the frames, whose stages overlap. */
  readonly timings: StageTimings;
}

/** A frame of which a small copy is wanted. */
export interface CopyOrder<Image> extends FrameOf<Image> {
  readonly longestSide: number;
  keep(copy: DecodedFrame): void;
}
