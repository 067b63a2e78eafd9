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
import { wallOnScreen } from './placement.ts';
import { PriorStrip } from './prior-strip.tsx';
import { PRIORS_TEXT } from './priors-text.ts';
import { ReferenceLine } from './reference-line.tsx';
import { READING_TEXT } from './text.ts';
import { useHeatmap } from './use-heatmap.ts';
import type { Judging } from './use-judging.ts';
import type { OverlayControl } from './use-overlay.ts';
import type { PaneControl } from './use-pane-hosts.ts';
import type { PanesControl } from './use-panes.ts';
import type { OpenPrior, PriorsControl } from './use-priors.ts';
import { type Failure, ViewportCorners } from './viewport-corners.tsx';

interface PaneProps {
  readonly pane: PaneControl;
  readonly panes: PanesControl;
  readonly priors: PriorsControl;
  /** Its stack scrolls together with that of another pane. */
  readonly linked: boolean;
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

function wordsOfPrior({ stacks, failed }: OpenPrior): string {
  if (failed) return PRIORS_TEXT.failed;
  return stacks?.length === 0 ? PRIORS_TEXT.noImages : PRIORS_TEXT.opening;
}

function failureOf({ asked, isPrior }: PaneControl): Failure {
  const detail = isPrior ? PRIORS_TEXT.imageFailedDetail : READING_TEXT.imageFailedDetail;
  return { title: asked?.title ?? null, detail };
}

/** What stands in a pane without an image. */
function NoImage({
  pane,
  prior,
}: {
  readonly pane: PaneControl;
  readonly prior: OpenPrior | null;
}) {
  if (pane.state !== null || pane.failed) return null;
  if (prior === null && pane.asked !== null) return null;
  return (
    <div className="pane-empty" role="status" data-testid="pane-empty">
      <strong>{prior === null ? T.emptyPane : wordsOfPrior(prior)}</strong>
      {prior === null ? <span>{T.emptyPaneDetail}</span> : null}
    </div>
  );
}

/** Image, marks and bearings, on one another: all places on it are counted from its upper left corner. */
function Stage(props: PaneProps) {
  const { pane, panes, priors, study, judging } = props;
  const area = useRef<HTMLDivElement>(null);
  const isMarked = !pane.isPrior && study.readingMode !== 'triage-only';
  const isActive = pane.slot === panes.active.slot;
  const affine = pane.state?.toCanvas ?? null;
  const wall = affine === null ? null : wallOnScreen(affine, pane.image?.chestWall ?? null);
  return (
    <div ref={area} className="pane-stage" data-wall={wall}>
      <div className="viewport-image" ref={pane.attach} />
      {isMarked ? <PaneMarks {...props} /> : null}
      <ReferenceLine pane={pane} active={panes.active} />
      <ImageBearings state={pane.state} />
      <LoadingBar state={pane.state} />
      <ViewportCorners
        state={pane.state}
        failed={pane.failed ? failureOf(pane) : null}
        editing={isActive && !pane.isPrior ? judging.editing : null}
        probe={<PixelProbe area={area} viewport={pane.viewport} state={pane.state} />}
      />
      {props.linked ? (
        <span className="linked-mark" data-testid="linked">
          {T.linked}
        </span>
      ) : null}
      <NoImage pane={pane} prior={pane.isPrior ? priors.open : null} />
    </div>
  );
}

/** One image of the room, with all that belongs to it. A click or the wheel makes it the one that keys act on. */
export function Pane(props: PaneProps) {
  const { pane, panes, priors, study, judging } = props;
  const isActive = pane.slot === panes.active.slot;
  const place = panes.panes.indexOf(pane) + 1;
  const activate = () => {
    if (!isActive) panes.activate(pane.slot);
  };
  return (
    <section
      className="pane"
      data-testid="pane"
      data-slot={pane.isPrior ? 'prior' : pane.slot}
      data-active={isActive}
      data-enlarged={panes.enlarged && isActive}
      data-alone={panes.panes.length === 1}
      aria-hidden={panes.enlarged && !isActive}
      aria-label={T.pane(place, panes.panes.length, pane.state?.stack.title ?? null)}
      onPointerDownCapture={activate}
      onWheelCapture={activate}
      onDoubleClickCapture={() => {
        if (judging.editing === null && pane.tool === 'window') panes.toggleEnlarged();
      }}
    >
      {pane.isPrior && priors.open !== null ? (
        <PriorStrip study={study} priors={priors} open={priors.open} isActive={isActive} />
      ) : null}
      <Stage {...props} />
    </section>
  );
}
