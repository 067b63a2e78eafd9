import type { Manifest } from '../manifest/schema.ts';

/** One score of many, 0 to 1; 0 of none. */
export function poolScores(scores: readonly number[], pooling: Manifest['pooling']): number {
  switch (pooling.kind) {
    case 'max':
      return scores.reduce((largest, score) => Math.max(largest, score), 0);
    case 'mean-of-top': {
      const top = scores.toSorted((a, b) => b - a).slice(0, pooling.k);
      return top.length === 0 ? 0 : top.reduce((sum, score) => sum + score, 0) / top.length;
    }
    case 'noisy-or':
      return 1 - scores.reduce((missed, score) => missed * (1 - score), 1);
  }
}
