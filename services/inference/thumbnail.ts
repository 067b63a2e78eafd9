import { RadTriageError } from '#core/errors.ts';
import type { DecodedFrame } from '#dicom/pixels/decoded-frame.ts';
import type { CopyOrder } from '#models/analysis/analysis-types.ts';
import type { Preparer } from '#models/analysis/preparer.ts';
import type { TriageBlobs } from './dependencies.ts';
import { sourceOf } from './read-images.ts';
import type { TriageImage } from './triage-types.ts';

/** Twice what is shown: it is scaled down once more, smoothly. */
const LONGEST_SIDE = 512;

/** The small copy of a frame that the thumbnail is made of, kept when the analysis decodes the frame anyway. */
export interface ThumbnailFrame {
  /** Undefined when there is no image. */
  readonly order: CopyOrder<TriageImage> | undefined;
  /**
   * The copy, made now if it was not before; undefined when there is none.
   * @throws RadTriageError when the frame cannot be decoded
   */
  take(preparer: Pick<Preparer, 'prepare'>): Promise<DecodedFrame | undefined>;
}

/** The middle image of the first series, and the middle one of its frames: the ends of a stack show little. */
export function thumbnailFrame(
  images: readonly TriageImage[],
  blobs: Pick<TriageBlobs, 'pathOf'>,
): ThumbnailFrame {
  const first = images[0]?.row.seriesInstanceUid;
  const series = images.filter((image) => image.row.seriesInstanceUid === first);
  const image = series[Math.floor(series.length / 2)];
  if (image === undefined) return { order: undefined, take: async () => undefined };
  const frames = image.row.numberOfFrames ?? 1;
  const frame = Math.min(Math.floor(frames / 2) + 1, frames);
  let kept: DecodedFrame | undefined;
  return {
    order: {
      image,
      frame,
      longestSide: LONGEST_SIDE,
      keep: (copy) => {
        kept = copy;
      },
    },
    take: async (preparer) => {
      if (kept !== undefined) return kept;
      const source = sourceOf(image.row, blobs);
      const facts = image.facts ?? { values: {}, ageYears: undefined };
      const prepared = await preparer.prepare({
        frames: [{ source, frame: frame - 1, facts }],
        own: { from: 0, to: 1 },
        preparations: [],
        reduced: { index: 0, longestSide: LONGEST_SIDE },
      });
      prepared.release();
      const [outcome] = prepared.frames;
      if (outcome?.kind === 'failed') throw new RadTriageError(outcome.code, outcome.message);
      return prepared.reduced;
    },
  };
}
