import { useEffect, useRef, useState } from 'react';
import type { StudyDetail } from '#contracts/study.ts';
import { KeyHelp } from '../design/key-help.tsx';
import { TEXT } from '../design/text.ts';
import { State } from '../design/ui.tsx';
import { useSession } from '../session/session-context.tsx';
import { AiPanel } from './ai-panel.tsx';
import { FindingList } from './finding-list.tsx';
import type { ImageStack } from './image-stacks.ts';
import { BlindNotice, ImpressionPart, OwnImpression } from './impression-part.tsx';
import { JudgingRest } from './judging-rest.tsx';
import { LayoutChooser } from './layout-chooser.tsx';
import { MprButton } from './mpr-button.tsx';
import { MprView } from './mpr-view.tsx';
import { NotificationPart } from './notification-part.tsx';
import { PacsPart } from './pacs-part.tsx';
import { Pane } from './pane.tsx';
import { PriorsPart } from './priors-part.tsx';
import { SeriesRail } from './series-rail.tsx';
import { SignOff } from './sign-off.tsx';
import { READING_KEYS, READING_TEXT as T } from './text.ts';
import { Toolbar } from './toolbar.tsx';
import { useActions } from './use-actions.ts';
import { useCine } from './use-cine.ts';
import { useHeatmap } from './use-heatmap.ts';
import { useJudging } from './use-judging.ts';
import { useLinkedScroll } from './use-linked-scroll.ts';
import { useMpr } from './use-mpr.ts';
import { useOverlay } from './use-overlay.ts';
import type { PriorImages } from './use-pane-hosts.ts';
import { type PanesControl, usePanes } from './use-panes.ts';
import { usePrefetchNext } from './use-prefetch-next.ts';
import { type PriorsControl, usePriors } from './use-priors.ts';
import type { OpenStudy } from './use-study.ts';

/**
 * Every image that hangs is on the screen, or known to be impossible to draw; and the one that is acted on is drawn. Until
 * then verdicts would be given on what is not seen.
 */
function isReady({ panes, judged }: PanesControl): boolean {
  const own = panes.filter((pane) => !pane.isPrior);
  const settled = own.every((pane) => pane.asked === null || pane.state !== null || pane.failed);
  const seen = own.some((pane) => pane.state !== null && !pane.failed);
  return settled && seen && !judged.failed;
}

function imagesOf({ open }: PriorsControl): PriorImages | null {
  if (open === null) return null;
  const { studyInstanceUid, modality } = open.prior;
  return { uid: studyInstanceUid, modality, stacks: open.stacks };
}

interface ReadingRoomProps {
  readonly study: StudyDetail;
  readonly open: OpenStudy;
  readonly stacks: readonly ImageStack[];
}

/** Images, AI marks and verdicts of one study. Its keys are dead until its image is drawn. */
export function ReadingRoom({ study, open, stacks }: ReadingRoomProps) {
  const { user } = useSession();
  const priors = usePriors(study);
  const panes = usePanes(study, stacks, imagesOf(priors));
  const linked = useLinkedScroll(panes);
  const view = panes.active;
  const ready = isReady(panes);
  const openedAt = useRef<string | null>(null);
  useEffect(() => {
    if (ready) openedAt.current ??= new Date().toISOString();
  }, [ready]);
  usePrefetchNext(ready ? study.studyInstanceUid : null);
  const withheld = study.readingMode === 'triage-only';
  const mpr = useMpr(view.state, ready);
  /** What is asked for is an image: it is shown on its slice, not beneath the planes. */
  const showSlice = (show: () => void) => {
    mpr.leave();
    show();
  };
  const judging = useJudging({
    ...{ study, stacks, reader: user.name },
    show: (place) => showSlice(() => panes.showAnywhere(place)),
  });
  const heatmap = useHeatmap(study, panes.judged.image, judging.selected);
  const overlay = useOverlay();
  const cine = useCine(view);
  const [help, setHelp] = useState(false);
  const [signing, setSigning] = useState(false);
  // Above the slices stand the planes: what is judged must be in sight.
  const judgeable = { ready: ready && mpr.start === null, covered: mpr.start !== null };
  const act = useActions({
    ready: judgeable.ready,
    withheld,
    study,
    panes,
    priors,
    linked,
    overlay,
    judging,
    cine,
    setHelp,
    setSigning,
  });
  if (stacks.length === 0) return <State title={T.noImages} testId="no-images" />;
  const editing = judging.editing;
  return (
    <section
      className="room"
      data-testid="reading-page"
      data-ready={ready}
      data-uid={study.studyInstanceUid}
      aria-label={T.imagesOf}
    >
      <div className="rail-column">
        <SeriesRail
          series={study.series}
          stacks={stacks}
          shown={panes.judged.state?.stack ?? null}
          onShow={(place) =>
            showSlice(() => {
              panes.judged.show(place);
              panes.activate(panes.judged.slot);
            })
          }
        />
        <PriorsPart study={study} priors={priors} />
      </div>
      <div className="room-image">
        <div className="toolbar-line" inert={judgeable.covered}>
          <Toolbar view={view} cine={cine} act={act} modality={study.modality} />
          <MprButton mpr={mpr} />
          <LayoutChooser panes={panes} linked={linked} act={act} />
        </div>
        <div
          className="viewport"
          inert={judgeable.covered}
          data-testid="viewport"
          data-layout={panes.layout}
          data-prior={priors.open !== null}
          data-editing={editing?.kind ?? 'no'}
        >
          {panes.panes.map((pane) => (
            <Pane
              key={pane.isPrior ? (priors.open?.prior.studyInstanceUid ?? '') : pane.slot}
              pane={pane}
              panes={panes}
              priors={priors}
              linked={linked.on && linked.slots.includes(pane.slot)}
              study={study}
              judging={judging}
              overlay={overlay}
            />
          ))}
        </div>
        {mpr.start === null ? null : <MprView start={mpr.start} onLeave={mpr.leave} />}
      </div>
      <aside className="side" aria-label={T.aiResult}>
        {study.aiWithheld ? (
          <BlindNotice />
        ) : (
          <>
            <AiPanel study={study} overlay={overlay} heatmap={heatmap} withheld={withheld} />
            <OwnImpression impression={study.impression} />
            <NotificationPart study={study} />
            <PacsPart study={study} />
          </>
        )}
        <FindingList
          study={study}
          judging={judging}
          act={act}
          judgeable={judgeable}
          withheld={withheld}
        />
        <JudgingRest mpr={mpr} />
        {study.aiWithheld ? (
          <ImpressionPart
            study={study}
            open={open}
            control={judging.control}
            judgeable={judgeable}
            openedAt={openedAt}
            saying={signing}
            setSaying={setSigning}
          />
        ) : (
          <SignOff
            study={study}
            open={open}
            judging={judging}
            judgeable={judgeable}
            openedAt={openedAt}
            signing={signing}
            setSigning={setSigning}
          />
        )}
      </aside>
      {help ? (
        <KeyHelp title={TEXT.keys} groups={READING_KEYS} onClose={() => setHelp(false)} />
      ) : null}
    </section>
  );
}
