import { useLayoutEffect, useMemo, useRef } from 'react';
import type { Heatmap } from '#contracts/study.ts';
import type { ViewportState } from './cornerstone.ts';
import { heatmapToCanvas } from './geometry.ts';
import { paintHeatmap, rasterFactor } from './heatmap-colour.ts';
import type { OverlayControl } from './use-overlay.ts';

/** The coloured heat as a bitmap of its own; null when the browser gives no canvas. */
function rasterOf(heatmap: Heatmap, threshold: number): HTMLCanvasElement | null {
  const raster = paintHeatmap(heatmap, threshold);
  const canvas = document.createElement('canvas');
  canvas.width = raster.width;
  canvas.height = raster.height;
  const context = canvas.getContext('2d');
  if (context === null) return null;
  context.putImageData(new ImageData(raster.pixels, raster.width, raster.height), 0, 0);
  return canvas;
}

/** Heat over the image, drawn anew with each rendering of it, so that it follows zoom, pan, flip and rotation. */
export function HeatmapCanvas(props: {
  readonly overlay: OverlayControl;
  readonly heatmap: Heatmap | null;
  readonly state: ViewportState | null;
}) {
  const { heatmap, state } = props;
  const { threshold, opacity } = props.overlay;
  const canvas = useRef<HTMLCanvasElement>(null);
  const raster = useMemo(
    () => (heatmap === null ? null : rasterOf(heatmap, threshold)),
    [heatmap, threshold],
  );
  const visible = props.overlay.heatmap && raster !== null && state?.toCanvas != null;
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
    if (!visible || raster === null || heatmap === null || state?.toCanvas == null) return;
    const { a, b, c, d, e, f } = heatmapToCanvas(state.toCanvas, heatmap.transform);
    const cell = ratio / rasterFactor(heatmap);
    context.setTransform(a * cell, b * cell, c * cell, d * cell, e * ratio, f * ratio);
    context.globalAlpha = opacity;
    context.imageSmoothingEnabled = true;
    context.imageSmoothingQuality = 'high';
    context.drawImage(raster, 0, 0);
  }, [visible, raster, heatmap, state, opacity]);
  return (
    <canvas
      ref={canvas}
      className="heatmap-canvas"
      data-testid="heatmap-canvas"
      data-visible={visible}
      data-heatmap={heatmap?.id}
    />
  );
}
