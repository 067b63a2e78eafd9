import { LAYOUTS, type Layout } from './hanging.ts';
import type { Action } from './key-map.ts';
import { PANES_TEXT as T } from './panes-text.ts';
import type { Act } from './use-actions.ts';
import type { LinkedScroll } from './use-linked-scroll.ts';
import type { PanesControl } from './use-panes.ts';

const PATHS: Readonly<Record<Layout, string>> = {
  '1x1': 'M3 4h14v12H3z',
  '1x2': 'M3 4h14v12H3zM10 4v12',
  '2x2': 'M3 4h14v12H3zM10 4v12M3 10h14',
};
const LINK = 'M6 4v12M14 4v12M3 13l3 3 3-3M11 13l3 3 3-3';
const ENLARGE = 'M3 8V4h5M17 12v4h-5M3 4l5 5M17 16l-5-5';

export const LAYOUT_KEYS: Readonly<Record<Layout, string>> = { '1x1': '6', '1x2': '7', '2x2': '8' };

function LayoutButton(props: {
  readonly path: string;
  readonly words: string;
  readonly pressed: boolean;
  readonly testId: string;
  /** There is nothing to press it for, which its words explain: it can still be reached to read them. */
  readonly disabled?: boolean;
  readonly onPress: () => void;
}) {
  return (
    <button
      type="button"
      className="tool"
      title={props.words}
      aria-label={props.words}
      aria-pressed={props.pressed}
      aria-disabled={props.disabled === true}
      data-testid={props.testId}
      onClick={(event) => {
        // After a mouse click the keys belong to the image again, the space bar too.
        if (event.detail > 0) event.currentTarget.blur();
        props.onPress();
      }}
    >
      <svg className="icon" viewBox="0 0 20 20" aria-hidden="true">
        <path d={props.path} />
      </svg>
    </button>
  );
}

/** How many images hang beside one another. */
export function LayoutChooser(props: {
  readonly panes: PanesControl;
  readonly linked: LinkedScroll;
  readonly act: Act;
}) {
  const { panes, linked, act } = props;
  const canLink = linked.slots.length > 0;
  const choose = (layout: Layout): Action => ({ type: 'layout', layout });
  return (
    <fieldset className="tool-group layouts" aria-label={T.layout}>
      {LAYOUTS.map((layout) => (
        <LayoutButton
          key={layout}
          path={PATHS[layout]}
          words={`${T.layouts[layout]} (${LAYOUT_KEYS[layout]})`}
          pressed={panes.layout === layout}
          testId={`layout-${layout}`}
          onPress={() => act(choose(layout))}
        />
      ))}
      {panes.panes.length > 1 ? (
        <>
          <LayoutButton
            path={ENLARGE}
            words={`${T.enlarge} (9)`}
            pressed={panes.enlarged}
            testId="enlarge"
            onPress={() => act({ type: 'enlarge' })}
          />
          <LayoutButton
            path={LINK}
            words={canLink ? `${T.link} (/)` : T.noLink}
            pressed={linked.on && canLink}
            disabled={!canLink}
            testId="link"
            onPress={() => act({ type: 'link' })}
          />
        </>
      ) : null}
    </fieldset>
  );
}
