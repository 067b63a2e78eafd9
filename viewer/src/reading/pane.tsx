import { useRef } from 'react';
import type { StudyDetail } from '#contracts/study.ts';
import { FindingMarks } from './finding-marks.tsx';
import { FindingStrip } from './finding-strip.tsx';
import { HeatmapCanvas } from './heatmap-canvas.tsx';
import { ImageBearings, PixelProbe } from './image-bearings.tsx';
import { judgingOn } from './judging-on.ts';
import { LoadingBar } from './loading-bar.tsx';
import { operatingPointOf } from './operating-point.ts';
import { PANES_TEXT as T } from './panes-text.ts';
import { useHeatmap } from './use-heatmap.ts';
import type { Judging } from './use-judging.ts';
import type { OverlayControl } from './use-overlay.ts';
import type { PaneControl, PanesControl } from './use-panes.ts';
import { ViewportCorners } from './viewport-corners.tsx';

interface PaneProps {
  readonly pane: PaneControl;
  readonly panes: PanesControl;
  readonly study: StudyDetail;
  readonly judging: Judging;
  readonly overlay: OverlayControl;
}

/** The AI's and the reader's marks on the image that is drawn in this pane, and on no other. */
function PaneMarks({ pane, study, judging, overlay }: PaneProps) {
  const heatmap = useHeatmap(study, pane.image, judging.selected);
  return (
    <>
      <HeatmapCanvas
        overlay={overlay}
        heatmap={heatmap}
        state={pane.state}
        operatingPoint={operatingPointOf(study, heatmap)}
      />
      <FindingMarks
        view={pane}
        image={pane.image}
        judging={judgingOn(judging, pane.image)}
        shown={overlay.boxes}
      />
      {study.aiWithheld ? null : (
        <FindingStrip
          stack={pane.state?.stack ?? null}
          index={pane.state?.index ?? 0}
          marks={judging.marks}
          heatmaps={study.heatmaps}
          colours={overlay.colours}
          onJump={(image) => {
            if (pane.state === null) return;
            pane.show({ stack: pane.stacks.indexOf(pane.state.stack), image });
          }}
        />
      )}
    </>
  );
}

/** One image of the room, with all that belongs to it. A click or the wheel makes it the one that keys act on. */
export function Pane(props: PaneProps) {
  const { pane, panes, study, judging } = props;
  const area = useRef<HTMLElement>(null);
  const isActive = pane.slot === panes.active.slot;
  const isCovered = panes.enlarged && !isActive;
  const activate = () => {
    if (!isActive) panes.activate(pane.slot);
  };
  return (
    <section
      ref={area}
      className="pane"
      data-testid="pane"
      data-slot={pane.slot}
      data-active={isActive}
      data-enlarged={panes.enlarged && isActive}
      data-alone={panes.panes.length === 1}
      aria-hidden={isCovered}
      aria-label={T.pane(pane.slot + 1, panes.panes.length, pane.state?.stack.title ?? null)}
      onPointerDownCapture={activate}
      onWheelCapture={activate}
      onDoubleClickCapture={() => {
        if (judging.editing === null && pane.tool === 'window') panes.toggleEnlarged();
      }}
    >
      <div className="viewport-image" ref={pane.attach} />
      {study.readingMode === 'triage-only' ? null : <PaneMarks {...props} />}
      <ImageBearings state={pane.state} />
      <LoadingBar state={pane.state} />
      <ViewportCorners
        state={pane.state}
        failed={pane.failed}
        editing={isActive ? judging.editing : null}
        probe={<PixelProbe area={area} viewport={pane.viewport} state={pane.state} />}
      />
      {pane.asked ? null : (
        <div className="pane-empty" data-testid="pane-empty">
          <strong>{T.emptyPane}</strong>
          <span>{T.emptyPaneDetail}</span>
        </div>
      )}
    </section>
  );
}
