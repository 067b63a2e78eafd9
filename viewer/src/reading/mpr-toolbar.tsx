import { Key } from '../design/ui.tsx';
import type { IconName } from './icons.tsx';
import { MPR_TEXT as T } from './mpr-text.ts';
import type { PlaneAction } from './plane-keys.ts';
import { PLANE_TOOLS, PROJECTIONS, THICKNESSES } from './planes.ts';
import { ToolButton } from './tool-button.tsx';
import { ToolFold } from './tool-fold.tsx';
import { TOOLBAR_TEXT, type ToolName } from './toolbar-text.ts';
import { useFolds } from './use-folds.ts';
import { MPR_KEY } from './use-mpr.ts';
import type { PlanesControl } from './use-planes.ts';

const VIEW: readonly (readonly [tool: ToolName & IconName, action: PlaneAction])[] = [
  ['forget', { type: 'forget-lengths' }],
  ['invert', { type: 'invert' }],
  ['fit', { type: 'fit' }],
  ['reset', { type: 'reset' }],
];

/** A word to press. After a mouse click the keys belong to the planes again, the space bar too. */
function WordButton(props: {
  readonly words: string;
  readonly title: string;
  readonly hotKey?: string;
  readonly pressed?: boolean;
  readonly testId?: string;
  readonly onPress: () => void;
}) {
  return (
    <button
      type="button"
      className="preset"
      title={props.title}
      aria-pressed={props.pressed}
      data-testid={props.testId}
      onClick={(event) => {
        if (event.detail > 0) event.currentTarget.blur();
        props.onPress();
      }}
    >
      {props.words} {props.hotKey === undefined ? null : <Key>{props.hotKey}</Key>}
    </button>
  );
}

/** How much of the volume each plane shows. */
function SlabTools({ slab, act }: Pick<PlanesControl, 'slab' | 'act'>) {
  const { thickness, projection } = slab;
  const name =
    thickness === 0 ? T.thin : T.slabbed(T.thickness(thickness), T.projections[projection]);
  return (
    <ToolFold name={name} icon={null} folds="second" pressed={thickness > 0} closes={false}>
      {THICKNESSES.map((each) => (
        <WordButton
          key={each}
          words={each === 0 ? T.thin : T.thickness(each)}
          title={T.withKey(each === 0 ? T.thinOf : T.slabOf(each), 't')}
          pressed={each === thickness}
          testId={`slab-${each}`}
          onPress={() => act({ type: 'thickness', thickness: each })}
        />
      ))}
      {thickness === 0
        ? null
        : PROJECTIONS.map((each) => (
            <WordButton
              key={each}
              words={T.projections[each]}
              title={T.withKey(T.projectionTitle, 'p')}
              pressed={each === projection}
              testId={`slab-${each}`}
              onPress={() => act({ type: 'projection', projection: each })}
            />
          ))}
    </ToolFold>
  );
}

/** The tools of the three planes, in the place of the slices' own. */
export function MprToolbar(props: {
  readonly planes: PlanesControl;
  readonly onLeave: () => void;
}) {
  const { planes } = props;
  const { act, presets, slab, tool } = planes;
  const line = useFolds([...presets.map(({ name }) => name), slab.thickness > 0].join());
  return (
    <div className="toolbar-line">
      <div ref={line} className="toolbar" role="toolbar" aria-label={TOOLBAR_TEXT.toolbar}>
        <ToolFold name={TOOLBAR_TEXT.mouse} icon={tool} folds="last" pressed closes>
          {PLANE_TOOLS.map((each) => (
            <ToolButton
              key={each}
              tool={each}
              icon={each}
              pressed={each === tool}
              disabled={false}
              onPress={() => act({ type: 'tool', tool: each })}
            />
          ))}
        </ToolFold>
        <span className="tool-group">
          {VIEW.map(([each, action]) => (
            <ToolButton
              key={each}
              tool={each}
              icon={each}
              disabled={false}
              onPress={() => act(action)}
            />
          ))}
        </span>
        <SlabTools slab={slab} act={act} />
        <ToolFold name={TOOLBAR_TEXT.presets} icon={null} folds="first" pressed={false} closes>
          {presets.map(({ name }, place) => (
            <WordButton
              key={name}
              words={name}
              hotKey={String(place + 1)}
              title={TOOLBAR_TEXT.presetKey(name, place + 1)}
              onPress={() => act({ type: 'preset', number: place + 1 })}
            />
          ))}
        </ToolFold>
      </div>
      <button type="button" className="mpr-leave" data-testid="mpr-leave" onClick={props.onLeave}>
        {T.close} <Key>{MPR_KEY}</Key>
      </button>
    </div>
  );
}
