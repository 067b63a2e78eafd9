import { useLayoutEffect, useMemo, useRef } from 'react';
import type { Heatmap } from '#contracts/study.ts';
import type { ViewportState } from './cornerstone.ts';
import { heatmapToCanvas } from './geometry.ts';
import { HeatLegend } from './heat-legend.tsx';
import { type Draw, makeContours, makeHeat } from './heatmap-drawing.ts';
import { drawnFrom, type OverlayControl } from './use-overlay.ts';

function useDraw(overlay: OverlayControl, heatmap: Heatmap | null): Draw | null {
  const { drawing, colours, opacity } = overlay;
  const threshold = drawnFrom(overlay, heatmap);
  return useMemo(() => {
    if (heatmap === null || drawing === 'off') return null;
    const style = { threshold, colours };
    return drawing === 'contour' ? makeContours(heatmap, style) : makeHeat(heatmap, style, opacity);
  }, [heatmap, drawing, threshold, colours, opacity]);
}

/** Heat or contours over the image, drawn anew with each rendering of it: they follow zoom, pan, flip and rotation. */
export function HeatmapCanvas(props: {
  readonly overlay: OverlayControl;
  readonly heatmap: Heatmap | null;
  readonly state: ViewportState | null;
  /** The score from which the model flags a study for this heatmap's label, in the unit of the map; null where it has another. */
  readonly operatingPoint: number | null;
}) {
  const { overlay, heatmap, state } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const draw = useDraw(overlay, heatmap);
  const visible = draw !== null && state?.toCanvas != null;
  useLayoutEffect(() => {
    const element = canvas.current;
    const context = element?.getContext('2d') ?? null;
    if (element === null || context === null) return;
    const ratio = window.devicePixelRatio || 1;
    const width = Math.round(element.clientWidth * ratio);
    const height = Math.round(element.clientHeight * ratio);
    if (element.width !== width) element.width = width;
    if (element.height !== height) element.height = height;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, width, height);
    if (draw === null || heatmap === null || state?.toCanvas == null) return;
    const toCanvas = heatmapToCanvas(state.toCanvas, heatmap.transform);
    draw(context, { toCanvas, ratio });
  }, [draw, heatmap, state]);
  return (
    <>
      <canvas
        ref={canvas}
        className="heatmap-canvas"
        data-testid="heatmap-canvas"
        data-visible={visible}
        data-drawing={overlay.drawing}
        data-heatmap={heatmap?.id}
      />
      {visible && heatmap !== null ? (
        <HeatLegend overlay={overlay} heatmap={heatmap} operatingPoint={props.operatingPoint} />
      ) : null}
    </>
  );
}
