import type { ComparisonScatter } from '#contracts/model-comparison.ts';
import { formatDecimal } from '../design/format.ts';
import { MODEL_TEXT as T } from './model-text.ts';

const SIDE = 260;
const MARGIN = 40;
const SIZE = SIDE + 2 * MARGIN;

/** Each study by the scores that both gave it; lines where each begins to flag. */
export function ScoreScatter({ scatter }: { readonly scatter: ComparisonScatter }) {
  const { label, points, thresholdA, thresholdB, total } = scatter;
  const x = (score: number) => MARGIN + score * SIDE;
  const y = (score: number) => MARGIN + (1 - score) * SIDE;
  return (
    <figure className="scatter" data-testid="score-scatter">
      <svg viewBox={`0 0 ${SIZE} ${SIZE}`} role="img" aria-label={T.scores(label)}>
        <rect className="scatter-frame" x={MARGIN} y={MARGIN} width={SIDE} height={SIDE} />
        {thresholdA === null ? null : (
          <line
            className="scatter-rule"
            x1={x(thresholdA)}
            x2={x(thresholdA)}
            y1={y(0)}
            y2={y(1)}
          />
        )}
        {thresholdB === null ? null : (
          <line
            className="scatter-rule"
            x1={x(0)}
            x2={x(1)}
            y1={y(thresholdB)}
            y2={y(thresholdB)}
          />
        )}
        {points.map(([a, b], index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: points have no identity, and never move
          <circle key={index} className="scatter-point" cx={x(a)} cy={y(b)} r="2.5" />
        ))}
        {[0, 0.5, 1].map((score) => (
          <g key={score}>
            <text x={x(score)} y={y(0) + 14} textAnchor="middle">
              {formatDecimal(score, 1)}
            </text>
            <text x={x(0) - 6} y={y(score) + 4} textAnchor="end">
              {formatDecimal(score, 1)}
            </text>
          </g>
        ))}
        <text x={SIZE / 2} y={SIZE - 4} textAnchor="middle">
          {T.scoreOf('A')}
        </text>
        <text x="12" y={SIZE / 2} textAnchor="middle" transform={`rotate(-90 12 ${SIZE / 2})`}>
          {T.scoreOf('B')}
        </text>
      </svg>
      <figcaption className="quiet small">
        {T.scores(label)}. {T.scoreLines}{' '}
        {points.length < total ? T.sampled(points.length, total) : null}
      </figcaption>
    </figure>
  );
}
