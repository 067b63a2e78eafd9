import { Key } from '../design/ui.tsx';
import { MEASURING_TOOLS, VIEW_TOOLS } from './cornerstone-tools.ts';
import type { IconName } from './icons.tsx';
import type { Action } from './key-map.ts';
import { ToolButton } from './tool-button.tsx';
import { ToolFold } from './tool-fold.tsx';
import { TOOLBAR_TEXT as T, type ToolName } from './toolbar-text.ts';
import type { Act } from './use-actions.ts';
import type { Cine } from './use-cine.ts';
import { useFolds } from './use-folds.ts';
import type { ViewportControl } from './use-pane-hosts.ts';
import { presetsFor, type WindowPreset } from './window-presets.ts';

type ViewAct = readonly [tool: ToolName & IconName, action: Action];

const ORIENTATION: readonly ViewAct[] = [
  ['rotate-left', { type: 'rotate', degrees: -90 }],
  ['rotate-right', { type: 'rotate', degrees: 90 }],
  ['flip-horizontal', { type: 'flip-horizontal' }],
  ['flip-vertical', { type: 'flip-vertical' }],
];
const VIEW: readonly ViewAct[] = [
  ['invert', { type: 'invert' }],
  ['fit', { type: 'fit' }],
  ['reset', { type: 'reset' }],
];

interface ToolbarProps {
  readonly view: ViewportControl;
  readonly cine: Cine;
  readonly act: Act;
  readonly modality: string | null;
}

function Acts(props: { readonly acts: readonly ViewAct[] } & Pick<ToolbarProps, 'view' | 'act'>) {
  return props.acts.map(([tool, action]) => (
    <ToolButton
      key={tool}
      tool={tool}
      icon={tool}
      disabled={props.view.state === null}
      onPress={() => props.act(action)}
    />
  ));
}

function presetsOf({ view, modality }: ToolbarProps): readonly WindowPreset[] {
  const { state, viewport } = view;
  const own = state === null ? null : (viewport.current?.ownWindow() ?? state.window);
  return own === null ? [] : presetsFor(state?.stack.modality ?? modality, own);
}

function Presets(props: { readonly presets: readonly WindowPreset[]; readonly act: Act }) {
  if (props.presets.length === 0) return null;
  return (
    <ToolFold name={T.presets} icon={null} folds="second" pressed={false} closes>
      {props.presets.map((preset, place) => (
        <button
          type="button"
          key={preset.name}
          className="preset"
          title={T.presetKey(preset.name, place + 1)}
          onClick={(event) => {
            if (event.detail > 0) event.currentTarget.blur();
            props.act({ type: 'preset', number: place + 1 });
          }}
        >
          {preset.name} <Key>{place + 1}</Key>
        </button>
      ))}
    </ToolFold>
  );
}

/** What a drag with the left button does. */
function MouseTools({ view }: Pick<ToolbarProps, 'view'>) {
  const used = VIEW_TOOLS.find((tool) => tool === view.tool);
  return (
    <ToolFold
      name={T.mouse}
      icon={used ?? 'window'}
      folds="last"
      pressed={used !== undefined}
      closes
    >
      {VIEW_TOOLS.map((tool) => (
        <ToolButton
          key={tool}
          tool={tool}
          icon={tool}
          pressed={view.tool === tool}
          disabled={view.state === null}
          onPress={() => view.selectTool(tool)}
        />
      ))}
    </ToolFold>
  );
}

/** The tools that measure, behind the sign of the one that is in use. */
function Measuring({ view, act }: Pick<ToolbarProps, 'view' | 'act'>) {
  const disabled = view.state === null;
  const used = MEASURING_TOOLS.find((tool) => tool === view.tool);
  return (
    <ToolFold
      name={T.measure}
      icon={used ?? 'length'}
      folds="first"
      pressed={used !== undefined}
      closes
    >
      {MEASURING_TOOLS.map((tool) => (
        <ToolButton
          key={tool}
          tool={tool}
          icon={tool}
          pressed={view.tool === tool}
          disabled={disabled}
          onPress={() => act({ type: 'measure', tool })}
        />
      ))}
      <ToolButton
        tool="forget"
        icon="forget"
        disabled={disabled}
        onPress={() => act({ type: 'forget-measurements' })}
      />
    </ToolFold>
  );
}

/** One line of tools: what there is no room for is folded, and every tool keeps its key. */
export function Toolbar(props: ToolbarProps) {
  const { view, cine, act } = props;
  const disabled = view.state === null;
  const presets = presetsOf(props);
  const isStack = (view.state?.stack.images.length ?? 0) > 1;
  const line = useFolds([...presets.map(({ name }) => name), isStack].join());
  return (
    <div ref={line} className="toolbar" role="toolbar" aria-label={T.toolbar}>
      <MouseTools view={view} />
      <Measuring view={view} act={act} />
      <span className="tool-group">
        <Acts acts={VIEW} view={view} act={act} />
        {isStack ? (
          <ToolButton
            tool="cine"
            icon={cine.playing ? 'pause' : 'play'}
            pressed={cine.playing}
            disabled={disabled}
            onPress={cine.toggle}
          />
        ) : null}
      </span>
      <ToolFold
        name={T.orientation}
        icon="rotate-right"
        folds="first"
        pressed={false}
        closes={false}
      >
        <Acts acts={ORIENTATION} view={view} act={act} />
      </ToolFold>
      <Presets presets={presets} act={act} />
    </div>
  );
}
