import { type LeftTool, MEASURING_TOOLS, VIEW_TOOLS } from './cornerstone-tools.ts';
import { Icon, type IconName } from './icons.tsx';
import type { Action } from './key-map.ts';
import type { Act } from './use-actions.ts';
import type { Cine } from './use-cine.ts';
import type { ViewportControl } from './use-viewport.ts';
import { presetsFor } from './window-presets.ts';

const TOOL_WORDS: Readonly<Record<LeftTool, string>> = {
  window: 'Window with the left button',
  zoom: 'Zoom with the left button (right button always)',
  pan: 'Pan with the left button (middle button always)',
  scroll: 'Scroll with the left button (wheel always)',
  length: 'Length (d)',
  angle: 'Angle (a)',
  bidirectional: 'Two diameters (t)',
  ellipse: 'Ellipse: area, mean and spread of values (p)',
  rectangle: 'Rectangle: area, mean and spread of values (x)',
  magnify: 'Magnifier (w)',
};

const VIEW_ACTIONS: readonly { icon: IconName; words: string; key: string; action: Action }[] = [
  { icon: 'invert', words: 'Invert', key: 'i', action: { type: 'invert' } },
  {
    icon: 'rotate-left',
    words: 'Rotate left',
    key: 'l',
    action: { type: 'rotate', degrees: -90 },
  },
  {
    icon: 'rotate-right',
    words: 'Rotate right',
    key: 'r',
    action: { type: 'rotate', degrees: 90 },
  },
  {
    icon: 'flip-horizontal',
    words: 'Flip left-right',
    key: 'h',
    action: { type: 'flip-horizontal' },
  },
  { icon: 'flip-vertical', words: 'Flip up-down', key: 'v', action: { type: 'flip-vertical' } },
  { icon: 'fit', words: 'Fit', key: '=', action: { type: 'fit' } },
  { icon: 'reset', words: 'Reset the view', key: 'space', action: { type: 'reset' } },
];

function ToolButton(props: {
  readonly icon: IconName;
  readonly words: string;
  readonly pressed?: boolean;
  readonly disabled: boolean;
  readonly onPress: () => void;
}) {
  return (
    <button
      type="button"
      className="tool"
      title={props.words}
      aria-label={props.words}
      aria-pressed={props.pressed}
      disabled={props.disabled}
      onClick={(event) => {
        // After a mouse click the keys belong to the image again, the space bar too.
        if (event.detail > 0) event.currentTarget.blur();
        props.onPress();
      }}
    >
      <Icon name={props.icon} />
    </button>
  );
}

function Presets(props: {
  readonly view: ViewportControl;
  readonly act: Act;
  readonly modality: string | null;
}) {
  const { state, viewport } = props.view;
  const own = state === null ? null : (viewport.current?.ownWindow() ?? state.window);
  if (own === null) return null;
  const presets = presetsFor(state?.stack.modality ?? props.modality, own);
  return (
    <span className="presets">
      {presets.map((preset, place) => (
        <button
          type="button"
          key={preset.name}
          className="preset"
          title={`${preset.name}, key ${place + 1}`}
          onClick={(event) => {
            if (event.detail > 0) event.currentTarget.blur();
            props.act({ type: 'preset', number: place + 1 });
          }}
        >
          {preset.name}
        </button>
      ))}
    </span>
  );
}

export function Toolbar(props: {
  readonly view: ViewportControl;
  readonly cine: Cine;
  readonly act: Act;
  readonly modality: string | null;
}) {
  const { view, cine } = props;
  const disabled = view.state === null;
  return (
    <div className="toolbar" role="toolbar" aria-label="Image tools">
      <span className="tool-group">
        {VIEW_TOOLS.map((tool) => (
          <ToolButton
            key={tool}
            icon={tool}
            words={TOOL_WORDS[tool]}
            pressed={view.tool === tool}
            disabled={disabled}
            onPress={() => view.selectTool(tool)}
          />
        ))}
      </span>
      <span className="tool-group">
        {MEASURING_TOOLS.map((tool) => (
          <ToolButton
            key={tool}
            icon={tool}
            words={TOOL_WORDS[tool]}
            pressed={view.tool === tool}
            disabled={disabled}
            onPress={() => props.act({ type: 'measure', tool })}
          />
        ))}
        <ToolButton
          icon="forget"
          words="Remove all measurements (Del)"
          disabled={disabled}
          onPress={() => props.act({ type: 'forget-measurements' })}
        />
      </span>
      <span className="tool-group">
        {VIEW_ACTIONS.map(({ icon, words, key, action }) => (
          <ToolButton
            key={icon}
            icon={icon}
            words={`${words} (${key})`}
            disabled={disabled}
            onPress={() => props.act(action)}
          />
        ))}
        {(view.state?.stack.images.length ?? 0) > 1 ? (
          <ToolButton
            icon={cine.playing ? 'pause' : 'play'}
            words="Cine (c)"
            pressed={cine.playing}
            disabled={disabled}
            onPress={cine.toggle}
          />
        ) : null}
      </span>
      <Presets view={view} act={props.act} modality={props.modality} />
    </div>
  );
}
