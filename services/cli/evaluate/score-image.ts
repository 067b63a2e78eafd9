import { RadTriageError } from '#core/errors.ts';
import type { DecodedFrame } from '#dicom/pixels/decoded-frame.ts';
import type { PixelDecoder } from '#dicom/pixels/pixel-decoder.ts';
import { analyseStudy } from '#inference/analyse-images.ts';
import { sourceOf } from '#inference/read-images.ts';
import type {
  FrameOfImage,
  FrameResult,
  ModelAnalysis,
  TriageImage,
} from '#inference/triage-types.ts';
import type { AnalysisEngine } from '#models/analysis/analyse-images.ts';
import { type ImageFacts, selectImage } from '#models/manifest/select-image.ts';
import type { UsableModel } from '#models/registry/registry.ts';
import { findMarks } from '#quality/evaluation/find-marks.ts';
import type { DrawnBox, FrameScores, Mark, ScoreRecord } from '#quality/evaluation/score-record.ts';
import type { OpenedImage } from './open-image.ts';

/** What images are scored with: the product's own engine. */
export interface Scorer {
  readonly model: UsableModel;
  readonly engine: AnalysisEngine;
  /** For pictures: whole frames, as they are shown. */
  readonly decoder: Pick<PixelDecoder, 'decode'>;
}

export type ImageOutcome = Pick<ScoreRecord, 'outcome' | 'reason' | 'frames'>;

/** A file's path stands for that of its blob. */
export const blobs = { pathOf: (path: string) => path };

/**
 * Decoding, preprocessing, the network and the reading of its outputs, as the triage job does them.
 * @param images one, or those of a series in order
 */
export async function analyse(
  images: readonly TriageImage[],
  { model, engine }: Scorer,
): Promise<ModelAnalysis> {
  const plan = { model, images, declined: undefined, note: undefined };
  const [analysis] = await analyseStudy([plan], { engine, blobs });
  if (analysis === undefined) throw new RadTriageError('INTERNAL', 'a plan was not run');
  return analysis;
}

/** One frame as it is shown. @throws RadTriageError as the decoder */
export function decodeFrame(
  { image, frame }: FrameOfImage,
  { decoder }: Scorer,
): Promise<DecodedFrame> {
  return decoder.decode({ ...sourceOf(image.row, blobs), frame: frame - 1 });
}

function frameScores(result: FrameResult, opened: OpenedImage, scorer: Scorer): FrameScores {
  const scores: Record<string, number> = {};
  const marks: Record<string, Mark[]> = {};
  const boxes: Record<string, DrawnBox[]> = {};
  const { rows = 0, columns = 0 } = opened.attributes;
  let saysWhere = false;
  for (const [index, of] of result.labels.entries()) {
    const label = scorer.model.manifest.labels[index];
    if (label === undefined) continue;
    scores[label.id] = of.score;
    boxes[label.id] = of.boxes.map(({ box, score }) => [...box, score]);
    if (of.heatmap !== undefined) marks[label.id] = findMarks(of.heatmap, { rows, columns });
    else marks[label.id] = of.boxes.map(({ box, score }) => centreOf([...box, score]));
    saysWhere ||= of.heatmap !== undefined || of.boxes.length > 0;
  }
  return { frame: result.frame, scores, ...(saysWhere ? { marks, boxes } : {}) };
}

function centreOf([x, y, width, height, score]: DrawnBox): Mark {
  return [x + width / 2, y + height / 2, score];
}

/**
 * Scores one image. What is wrong with the image is part of the answer.
 * @throws RadTriageError what is wrong with the model or the machine: no other image would fare better
 */
export async function scoreOpened(opened: OpenedImage, scorer: Scorer): Promise<ImageOutcome> {
  const { facts } = opened.image;
  const { manifest } = scorer.model;
  const selection = facts === undefined ? undefined : selectImage(manifest, facts);
  if (selection?.selected === false) {
    const outcome = selection.fits ? 'declined' : 'does-not-fit';
    return { outcome, reason: tellValue(selection.reason, facts), frames: [] };
  }
  const analysis = await analyse([opened.image], scorer);
  return outcomeOf(analysis, [selection?.note], (result) => frameScores(result, opened, scorer));
}

/** Coded attributes, whose values name nobody: told with the reason. */
const CODED = ['Modality', 'BodyPartExamined', 'ViewPosition', 'PresentationIntentType'] as const;

/** `Modality does not fit` with what the image says: `Modality CT does not fit`. */
export function tellValue(reason: string, facts: ImageFacts | undefined): string {
  const attribute = CODED.find((name) => reason === `${name} does not fit`);
  if (attribute === undefined) return reason;
  const values = facts?.values[attribute]?.map((value) => value.trim().slice(0, 16)) ?? [];
  const told = values.filter((value) => /^[A-Z0-9_ ]+$/i.test(value)).join(' ');
  return `${attribute} ${told === '' ? '(not given)' : told} does not fit`;
}

/**
 * What an analysis came to.
 * @param notes what was known before, for people
 * @throws RadTriageError what is wrong with the model or the machine: no other image would fare better
 */
export function outcomeOf(
  { failure, results, undecodable, declined }: ModelAnalysis,
  notes: readonly (string | undefined)[],
  scoresOf: (result: FrameResult) => FrameScores,
): ImageOutcome {
  if (failure !== undefined) {
    if (!failure.retryable) throw failure;
    return { outcome: 'model-failed', reason: `${failure.code}: ${failure.message}`, frames: [] };
  }
  const reasons = [...new Set(declined)];
  if (results.length === 0 && declined.length > 0) {
    return { outcome: 'outside-intended-use', reason: reasons.join('; '), frames: [] };
  }
  if (results.length === 0) {
    return { outcome: 'undecodable', reason: codes(undecodable), frames: [] };
  }
  const told = [
    ...notes,
    undecodable.length === 0 ? undefined : `frames not decoded: ${codes(undecodable)}`,
    declined.length === 0 ? undefined : `frames left out: ${reasons.join(', ')}`,
  ].filter((note) => note !== undefined);
  return {
    outcome: 'analysed',
    reason: told.length === 0 ? null : told.join('; '),
    frames: results.map(scoresOf),
  };
}

function codes(problems: readonly RadTriageError[]): string {
  return [...new Set(problems.map((problem) => problem.code))].sort().join(', ');
}
