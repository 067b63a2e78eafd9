import type { FrameOfImage, TriageImage } from '#inference/triage-types.ts';
import type { FrameScores, ScoreRecord } from '#quality/evaluation/score-record.ts';
import type { TruthRow } from '#quality/evaluation/truth.ts';
import type { EvaluationUnit } from '#quality/evaluation/units.ts';
import type { ScoringCase } from './candidates.ts';
import { openImage, plainContext } from './open-image.ts';
import { readSeries } from './score-series.ts';

/** Where the files of records are found again. */
export interface CaseFiles {
  /** By name. */
  readonly cases: ReadonlyMap<string, ScoringCase>;
  readonly truthOf: (file: string) => TruthRow | undefined;
  /** Folder for the files of wrapped images. */
  readonly scratch: string;
}

/** The frame that a score comes from, ready to be analysed again. */
export interface LeadingFrame extends FrameOfImage, AsyncDisposable {
  /** What the model took, in its order: the image itself, or all those of its series. */
  readonly images: readonly TriageImage[];
}

function highestFrame({ frames }: ScoreRecord, labelId: string): FrameScores | undefined {
  return frames.toSorted((a, b) => (b.scores[labelId] ?? 0) - (a.scores[labelId] ?? 0))[0];
}

/** The image or series that a unit's score comes from. */
export function leadingRecord(unit: EvaluationUnit, labelId: string): ScoreRecord | undefined {
  const highest = (record: ScoreRecord) => highestFrame(record, labelId)?.scores[labelId] ?? 0;
  return unit.records
    .filter((record) => record.outcome === 'analysed')
    .toSorted((a, b) => highest(b) - highest(a))[0];
}

/**
 * Opens the frame of a record that scored highest for a label.
 * @returns undefined when its file is not among the cases
 * @throws RadTriageError when a file cannot be read any more
 */
export async function openLeadingFrame(
  record: ScoreRecord,
  labelId: string,
  { cases, truthOf, scratch }: CaseFiles,
): Promise<LeadingFrame | undefined> {
  const one = cases.get(record.file);
  const leading = highestFrame(record, labelId);
  if (one === undefined || leading === undefined) return undefined;
  const { frame, slice = 0 } = leading;
  if (!('slices' in one)) {
    const opened = await openImage(one, plainContext(truthOf(record.file)), scratch);
    const { image } = opened;
    const close = () => opened[Symbol.asyncDispose]();
    return { image, frame, images: [image], [Symbol.asyncDispose]: close };
  }
  const read = new Map((await readSeries(one)).map((image) => [image.row.sopInstanceUid, image]));
  const images = (record.slices ?? [])
    .map(({ sopInstanceUid }) => read.get(sopInstanceUid))
    .filter((image) => image !== undefined);
  const image = images[slice];
  return image && { image, frame, images, [Symbol.asyncDispose]: async () => {} };
}

/** The leading image with those neighbours that decide about its score. */
export function neighboursOf(
  { image, images }: LeadingFrame,
  { before, after }: { readonly before: number; readonly after: number },
): readonly TriageImage[] {
  const at = images.indexOf(image);
  return images.slice(Math.max(0, at - before), at + after + 1);
}
