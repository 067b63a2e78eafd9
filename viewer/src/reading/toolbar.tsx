import { Key } from '../design/ui.tsx';
import { MEASURING_TOOLS, VIEW_TOOLS } from './cornerstone-tools.ts';
import type { IconName } from './icons.tsx';
import type { Action } from './key-map.ts';
import { ToolButton } from './tool-button.tsx';
import { ToolFold } from './tool-fold.tsx';
import { TOOLBAR_TEXT as T, type ToolName } from './toolbar-text.ts';
import type { Act } from './use-actions.ts';
import type { Cine } from './use-cine.ts';
import type { ViewportControl } from './use-panes.ts';
import { presetsFor } from './window-presets.ts';

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

function Presets({ view, act, modality }: ToolbarProps) {
  const { state, viewport } = view;
  const own = state === null ? null : (viewport.current?.ownWindow() ?? state.window);
  if (own === null) return null;
  const presets = presetsFor(state?.stack.modality ?? modality, own);
  return (
    <ToolFold name={T.presets} icon={null} foldsAt="narrow" pressed={false} closes>
      {presets.map((preset, place) => (
        <button
          type="button"
          key={preset.name}
          className="preset"
          title={T.presetKey(preset.name, place + 1)}
          onClick={(event) => {
            if (event.detail > 0) event.currentTarget.blur();
            act({ type: 'preset', number: place + 1 });
          }}
        >
          {preset.name} <Key>{place + 1}</Key>
        </button>
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
      foldsAt="medium"
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
  return (
    <div className="toolbar" role="toolbar" aria-label={T.toolbar}>
      <span className="tool-group">
        {VIEW_TOOLS.map((tool) => (
          <ToolButton
            key={tool}
            tool={tool}
            icon={tool}
            pressed={view.tool === tool}
            disabled={disabled}
            onPress={() => view.selectTool(tool)}
          />
        ))}
      </span>
      <Measuring view={view} act={act} />
      <span className="tool-group">
        <Acts acts={VIEW} view={view} act={act} />
        {(view.state?.stack.images.length ?? 0) > 1 ? (
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
        foldsAt="medium"
        pressed={false}
        closes={false}
      >
        <Acts acts={ORIENTATION} view={view} act={act} />
      </ToolFold>
      <Presets {...props} />
    </div>
  );
}
