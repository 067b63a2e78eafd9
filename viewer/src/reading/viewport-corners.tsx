import { type ReactNode, useSyncExternalStore } from 'react';
import type { ViewportState } from './cornerstone.ts';
import { graphicsState } from './graphics-state.ts';
import { READING_TEXT as T } from './text.ts';
import type { Editing } from './use-judging.ts';

/** An image that could not be drawn. */
export interface Failure {
  /** Of its series. */
  readonly title: string | null;
  readonly detail: string;
}

function FailureWords({ title, detail }: Failure) {
  const isLost = useSyncExternalStore(graphicsState.subscribe, graphicsState.isLost);
  return (
    <div className="viewport-failure" role="alert" data-testid="image-failure">
      <strong>{isLost ? T.graphicsLost : T.imageFailed}</strong>
      {title === null ? null : <span>{title}</span>}
      <span>{isLost ? T.graphicsLostDetail : detail}</span>
    </div>
  );
}

/** What stands in the corners of the image: series and place, window, and what is under way. */
export function ViewportCorners(props: {
  readonly state: ViewportState | null;
  readonly failed: Failure | null;
  readonly editing: Editing | null;
  /** The value under the pointer. */
  readonly probe: ReactNode;
}) {
  const { state, editing } = props;
  const window = state?.window;
  return (
    <>
      {state === null ? null : (
        <>
          <div className="corner" data-corner="top-left">
            <span>{state.stack.title}</span>
            <span data-testid="image-place">
              {state.index + 1} / {state.stack.images.length}
            </span>
          </div>
          <div className="corner" data-corner="bottom-left">
            {props.probe}
            {window == null ? null : (
              <span data-testid="window">
                W {Math.round(window.width)} L {Math.round(window.center)}
              </span>
            )}
          </div>
          <div className="corner" data-corner="bottom-right">
            {state.onGpu ? null : <span>{T.software}</span>}
          </div>
        </>
      )}
      {props.failed === null ? null : <FailureWords {...props.failed} />}
      {editing === null ? null : (
        <div className="viewport-hint" role="status">
          {editing.kind === 'add' ? T.addHint : T.amendHint}
        </div>
      )}
    </>
  );
}
