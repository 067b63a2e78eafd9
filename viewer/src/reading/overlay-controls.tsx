import type { Heatmap } from '#contracts/study.ts';
import { formatScore } from '../design/format.ts';
import { Button, Key } from '../design/ui.tsx';
import { COLOUR_MAPS, legendGradient } from './colour-maps.ts';
import { OVERLAY_TEXT as T } from './overlay-text.ts';
import { READING_TEXT } from './text.ts';
import { DRAWINGS, drawnFrom, type OverlayControl } from './use-overlay.ts';

function Slider(props: {
  readonly label: string;
  readonly value: number;
  readonly testId: string;
  readonly disabled?: boolean;
  readonly onChange: (value: number) => void;
}) {
  return (
    <label className="slider">
      <span>{props.label}</span>
      <input
        type="range"
        min={0}
        max={1}
        step={0.01}
        value={props.value}
        disabled={props.disabled}
        data-testid={props.testId}
        onChange={({ target }) => props.onChange(target.valueAsNumber)}
        // The arrow keys scroll images again once the mouse lets go.
        onPointerUp={({ currentTarget }) => currentTarget.blur()}
      />
      <output>{formatScore(props.value)}</output>
    </label>
  );
}

function DrawingChoice({ overlay }: { readonly overlay: OverlayControl }) {
  return (
    <div className="overlay-row">
      <fieldset className="segments" aria-label={T.drawing}>
        {DRAWINGS.map((drawing) => (
          <Button
            key={drawing}
            size="small"
            aria-pressed={overlay.drawing === drawing}
            onClick={() => overlay.draw(drawing)}
            data-testid={`draw-${drawing}`}
          >
            {T.drawings[drawing]}
          </Button>
        ))}
      </fieldset>
      <span>
        <Key>o</Key> <Key>0</Key>
      </span>
    </div>
  );
}

function ColourChoice({ overlay }: { readonly overlay: OverlayControl }) {
  return (
    <span className="colour-choice">
      <fieldset className="segments" aria-label={T.colours}>
        {COLOUR_MAPS.map((map) => (
          <Button
            key={map}
            size="small"
            className="swatch"
            title={map}
            aria-label={map}
            aria-pressed={overlay.colours === map}
            onClick={() => overlay.setColours(map)}
            data-testid={`colours-${map}`}
          >
            <i style={{ background: legendGradient(map) }} />
          </Button>
        ))}
      </fieldset>
      <Key>;</Key>
    </span>
  );
}

/** How heatmaps and boxes are drawn over the image. */
export function OverlayControls(props: {
  readonly overlay: OverlayControl;
  readonly heatmap: Heatmap | null;
}) {
  const { overlay, heatmap } = props;
  return (
    <div className="overlay-controls">
      <DrawingChoice overlay={overlay} />
      <div className="overlay-row">
        <ColourChoice overlay={overlay} />
        <Button size="small" aria-pressed={overlay.boxes} onClick={overlay.toggleBoxes}>
          {T.boxes} <Key>b</Key>
        </Button>
      </div>
      <Slider
        label={T.opacity}
        value={overlay.opacity}
        testId="opacity"
        disabled={overlay.drawing === 'contour'}
        onChange={overlay.setOpacity}
      />
      <Slider
        label={T.threshold}
        value={drawnFrom(overlay, heatmap)}
        testId="threshold"
        onChange={overlay.setThreshold}
      />
      {heatmap === null ? (
        <p className="second small">{READING_TEXT.noHeatmap}</p>
      ) : (
        <p className="second small" data-testid="heatmap-origin">
          {READING_TEXT.heatmapOf(heatmap.label, heatmap.modelId)}:{' '}
          {READING_TEXT.origins[heatmap.origin]}
        </p>
      )}
    </div>
  );
}
