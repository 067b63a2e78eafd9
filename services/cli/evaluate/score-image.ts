import { RadTriageError } from '#core/errors.ts';
import type { DecodedFrame } from '#dicom/pixels/decoded-frame.ts';
import type { PixelDecoder } from '#dicom/pixels/pixel-decoder.ts';
import { analyseStudy } from '#inference/analyse-images.ts';
import { sourceOf } from '#inference/read-images.ts';
import type { FrameResult, ModelAnalysis } from '#inference/triage-types.ts';
import type { AnalysisEngine } from '#models/analysis/analyse-images.ts';
import { selectImage } from '#models/manifest/select-image.ts';
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

const blobs = { pathOf: (path: string) => path };

/** Decoding, preprocessing, the network and the reading of its outputs, as the triage job does them. */
export async function analyseOpened(
  { image }: OpenedImage,
  { model, engine }: Scorer,
): Promise<ModelAnalysis> {
  const plan = { model, images: [image], declined: undefined, note: undefined };
  const [analysis] = await analyseStudy([plan], { engine, blobs });
  if (analysis === undefined) throw new RadTriageError('INTERNAL', 'a plan was not run');
  return analysis;
}

/** One frame as it is shown. @throws RadTriageError as the decoder */
export function decodeOpened(
  { image }: OpenedImage,
  frame: number,
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
    return { outcome, reason: selection.reason, frames: [] };
  }
  const analysis = await analyseOpened(opened, scorer);
  const { failure, results, undecodable, declined } = analysis;
  if (failure !== undefined) {
    if (!failure.retryable) throw failure;
    return { outcome: 'model-failed', reason: `${failure.code}: ${failure.message}`, frames: [] };
  }
  if (results.length === 0 && declined.length > 0) {
    return {
      outcome: 'outside-intended-use',
      reason: [...new Set(declined)].join('; '),
      frames: [],
    };
  }
  if (results.length === 0) {
    return { outcome: 'undecodable', reason: codes(undecodable), frames: [] };
  }
  const notes = [
    selection?.note,
    undecodable.length === 0 ? undefined : `frames not decoded: ${codes(undecodable)}`,
    declined.length === 0 ? undefined : `frames left out: ${[...new Set(declined)].join(', ')}`,
  ]
    .filter((note) => note !== undefined)
    .join('; ');
  return {
    outcome: 'analysed',
    reason: notes === '' ? null : notes,
    frames: results.map((result) => frameScores(result, opened, scorer)),
  };
}

function codes(problems: readonly RadTriageError[]): string {
  return [...new Set(problems.map((problem) => problem.code))].sort().join(', ');
}
