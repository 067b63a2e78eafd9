import type { Heatmap } from '#contracts/study.ts';
import { formatScore } from '../design/format.ts';
import { legendGradient } from './colour-maps.ts';
import { contourLevels } from './contour-lines.ts';
import { OVERLAY_TEXT as T } from './overlay-text.ts';
import { READING_TEXT } from './text.ts';
import { drawnFrom, type OverlayControl } from './use-overlay.ts';

const percent = (score: number) => `${Math.min(1, Math.max(0, score)) * 100}%`;

/** What the colours over an image mean: it stands by the image for as long as they do. */
export function HeatLegend(props: {
  readonly overlay: OverlayControl;
  readonly heatmap: Heatmap;
  readonly operatingPoint: number | null;
}) {
  const { overlay, heatmap, operatingPoint } = props;
  const threshold = drawnFrom(overlay, heatmap);
  const [first, second] = contourLevels(threshold);
  const isContour = overlay.drawing === 'contour';
  return (
    <div className="legend" data-testid="legend" data-colours={overlay.colours}>
      <span className="clip">{READING_TEXT.heatmapOf(heatmap.label, heatmap.modelId)}</span>
      <div className="legend-bar">
        <div className="legend-colours" style={{ background: legendGradient(overlay.colours) }}>
          <i className="legend-hidden" style={{ width: percent(threshold) }} />
        </div>
        <i className="legend-line" style={{ left: percent(first) }} />
        {isContour ? <i className="legend-line" style={{ left: percent(second) }} /> : null}
        {operatingPoint === null ? null : (
          <i className="legend-point" style={{ left: percent(operatingPoint) }} />
        )}
      </div>
      <div className="legend-scale">
        <span>{formatScore(0)}</span>
        <span className="legend-unit">{T.units[heatmap.unit]}</span>
        <span>{formatScore(1)}</span>
      </div>
      <span className="legend-words">
        {isContour
          ? T.linesAt(formatScore(first), formatScore(second))
          : T.drawnFrom(formatScore(first))}
      </span>
      {operatingPoint === null ? null : (
        <span className="legend-words" data-testid="legend-point">
          <i className="legend-point-sign" aria-hidden="true" />{' '}
          {T.flagsFrom(formatScore(operatingPoint))}
        </span>
      )}
    </div>
  );
}
