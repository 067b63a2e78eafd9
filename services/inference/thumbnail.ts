import type { DecodedFrame } from '#dicom/pixels/decoded-frame.ts';
import type { DecodeFrame } from './analyse-images.ts';
import type { DecodeTask, TriageImage } from './triage-types.ts';

/** Holds on to the frame that the thumbnail is made of when the analysis decodes it anyway. */
export interface FrameKeeper {
  watch(decoding: Promise<DecodeTask>): Promise<DecodeTask>;
  /** The frame, decoded now if it was not before; undefined when there is none. */
  frame(decode: DecodeFrame): Promise<DecodedFrame | undefined>;
}

/** The middle image of the first series, and the middle one of its frames: the ends of a stack show little. */
export function keepThumbnailFrame(images: readonly TriageImage[]): FrameKeeper {
  const first = images[0]?.row.seriesInstanceUid;
  const series = images.filter((image) => image.row.seriesInstanceUid === first);
  const image = series[Math.floor(series.length / 2)];
  const frame = Math.floor((image?.row.numberOfFrames ?? 1) / 2) + 1;
  const wanted = Math.min(frame, image?.row.numberOfFrames ?? 1);
  let kept: DecodedFrame | undefined;
  return {
    watch: async (decoding) => {
      const task = await decoding;
      if (task.image === image && task.frame === wanted) kept = task.decoded;
      return task;
    },
    frame: async (decode) => {
      if (kept !== undefined || image === undefined) return kept;
      return (await decode({ image, frame: wanted })).decoded;
    },
  };
}
