import type { DecodedFrame } from '#dicom/pixels/decoded-frame.ts';
import { type AnalysableModel, analyseImage } from '#models/analysis/analyse-image.ts';
import { type ExplainedImage, explainImage } from '#models/analysis/explain-image.ts';
import { sliceOf } from '#models/analysis/prepare-for-model.ts';
import type { Slice } from '#models/preprocess/preprocess.ts';
import { sourceImage } from '#models/preprocess/source-image.ts';
import { runnableModel, type UsableModel } from '#models/registry/registry.ts';
import type { Runtime } from '#models/runtime/runtime.ts';
import type { FrameOfImage, TriageImage } from './triage-types.ts';

export interface FrameToExplain {
  readonly sopInstanceUid: string;
  readonly frame: number;
  readonly labelId: string;
}

/** @throws RadTriageError when it cannot be decoded */
type DecodeFrame = (frame: FrameOfImage) => Promise<DecodedFrame>;

interface Means {
  readonly decode: DecodeFrame;
  readonly run: Runtime['run'];
}

/**
 * Prepares one frame as the triage job did, scores it, and explains the score of one label.
 * @param images those that the model takes, in order
 * @returns undefined when the frame, or the label, is the model's no more
 * @throws RadTriageError as the runtime and the decoder do
 */
export async function explainFrame(
  model: UsableModel,
  images: readonly TriageImage[],
  wanted: FrameToExplain,
  means: Means,
): Promise<ExplainedImage | undefined> {
  const { manifest } = model;
  const analysable: AnalysableModel = { manifest, runnable: runnableModel(model) };
  const label = manifest.labels.findIndex(({ id }) => id === wanted.labelId);
  const slices = label < 0 ? [] : await readNeighbourhood(analysable, images, wanted, means.decode);
  if (slices.length === 0) return undefined;
  const { outcome } = await analyseImage(analysable, slices, means.run);
  if (outcome.kind === 'declined') return undefined;
  const seed = `${wanted.sopInstanceUid}/${wanted.frame}/${wanted.labelId}`;
  return explainImage(analysable, { prepared: outcome.prepared, label, seed }, means.run);
}

/**
 * A frame as the triage job decodes it, with the neighbours that its channels are made of.
 * @param images those that the model takes, in order
 * @returns nothing when the frame is not one of theirs
 */
export async function readNeighbourhood(
  model: AnalysableModel,
  images: readonly TriageImage[],
  wanted: Pick<FrameToExplain, 'sopInstanceUid' | 'frame'>,
  decode: DecodeFrame,
): Promise<Slice[]> {
  const slices: Slice[] = [];
  for (const frame of neighbourhood(model, images, wanted)) {
    slices.push(await readSlice(frame, model, decode));
  }
  return slices;
}

/** The frame with the neighbours that its channels are made of; the ends of its series stand in for missing ones. */
function neighbourhood(
  { manifest }: AnalysableModel,
  images: readonly TriageImage[],
  wanted: Pick<FrameToExplain, 'sopInstanceUid' | 'frame'>,
): FrameOfImage[] {
  const own = images.find(({ row }) => row.sopInstanceUid === wanted.sopInstanceUid);
  if (own === undefined) return [];
  const { before, after } = manifest.input.slices ?? { before: 0, after: 0 };
  const frames = images
    .filter(({ row }) => row.seriesInstanceUid === own.row.seriesInstanceUid)
    .flatMap((image) =>
      Array.from({ length: image.row.numberOfFrames ?? 1 }, (_, i) => ({ image, frame: i + 1 })),
    );
  const at = frames.findIndex(({ image, frame }) => image === own && frame === wanted.frame);
  if (at < 0) return [];
  return Array.from({ length: before + 1 + after }, (_, i) => {
    const place = Math.min(Math.max(at - before + i, 0), frames.length - 1);
    return frames[place] ?? { image: own, frame: wanted.frame };
  });
}

async function readSlice(
  frame: FrameOfImage,
  { manifest }: AnalysableModel,
  decode: DecodeFrame,
): Promise<Slice> {
  const decoded = await decode(frame);
  const facts = frame.image.facts ?? { values: {}, ageYears: undefined };
  return sliceOf(sourceImage(decoded), facts, manifest.input);
}
