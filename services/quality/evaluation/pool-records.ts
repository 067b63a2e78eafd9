import type { FrameScores, ScoreRecord } from './score-record.ts';

/** How the scores of several images or frames become one. */
export type PoolScores = (scores: readonly number[]) => number;

/** The score of each label over images or series that belong together. */
export type PoolRecords = (records: readonly ScoreRecord[]) => Readonly<Record<string, number>>;

function poolFrames(frames: readonly FrameScores[], pool: PoolScores): Record<string, number> {
  const labels = new Set(frames.flatMap((frame) => Object.keys(frame.scores)));
  return Object.fromEntries(
    [...labels].map((label) => {
      const scores = frames.map((frame) => frame.scores[label]).filter((one) => one !== undefined);
      return [label, pool(scores)];
    }),
  );
}

/**
 * As the triage job pools a study: over all its images, and of a model of series over each series, of which for each
 * label the highest counts.
 */
export function poolRecordsBy(level: 'image' | 'series', pool: PoolScores): PoolRecords {
  if (level === 'image')
    return (records) =>
      poolFrames(
        records.flatMap(({ frames }) => frames),
        pool,
      );
  return (records) => {
    const highest: Record<string, number> = {};
    for (const { frames } of records) {
      for (const [label, score] of Object.entries(poolFrames(frames, pool))) {
        highest[label] = Math.max(highest[label] ?? 0, score);
      }
    }
    return highest;
  };
}
