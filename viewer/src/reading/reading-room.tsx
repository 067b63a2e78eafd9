import { useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useRef, useState } from 'react';
import type { StudyDetail } from '#contracts/study.ts';
import { heatmapQuery } from '../api/queries.ts';
import { KeyHelp } from '../design/key-help.tsx';
import { State } from '../design/ui.tsx';
import { useSession } from '../session/session-context.tsx';
import { AiPanel } from './ai-panel.tsx';
import { FindingList } from './finding-list.tsx';
import { FindingMarks } from './finding-marks.tsx';
import { FindingStrip } from './finding-strip.tsx';
import { HeatmapCanvas } from './heatmap-canvas.tsx';
import { ImageBearings, PixelProbe } from './image-bearings.tsx';
import { type ImageStack, openingPlace } from './image-stacks.ts';
import { BlindNotice, ImpressionPart, OwnImpression } from './impression-part.tsx';
import { LoadingBar } from './loading-bar.tsx';
import type { Mark } from './marks.ts';
import { NotificationPart } from './notification-part.tsx';
import { operatingPointOf } from './operating-point.ts';
import { PacsPart } from './pacs-part.tsx';
import { SeriesRail } from './series-rail.tsx';
import { SignOff } from './sign-off.tsx';
import { READING_KEYS, READING_TEXT as T } from './text.ts';
import { Toolbar } from './toolbar.tsx';
import { useActions } from './use-actions.ts';
import { useCine } from './use-cine.ts';
import { useJudging } from './use-judging.ts';
import { useOverlay } from './use-overlay.ts';
import { usePrefetchNext } from './use-prefetch-next.ts';
import type { OpenStudy } from './use-study.ts';
import { useViewport, type ViewportControl } from './use-viewport.ts';
import { ViewportCorners } from './viewport-corners.tsx';

function currentImage({ state }: ViewportControl) {
  return state?.stack.images[state.index] ?? null;
}

/**
 * The heatmap of the image on the screen: of several models or labels that of the chosen finding, else the one with the
 * highest peak.
 */
function useHeatmap(
  study: StudyDetail,
  image: ReturnType<typeof currentImage>,
  chosen: Mark | null,
) {
  const isChosen = (each: StudyDetail['heatmaps'][number]) =>
    Number(each.modelId === chosen?.modelId && each.label === chosen.label);
  const summary = study.heatmaps
    .filter((each) => each.sopInstanceUid === image?.sopInstanceUid && each.frame === image.frame)
    .toSorted((a, b) => isChosen(b) - isChosen(a) || b.peak - a.peak)[0];
  const query = useQuery({
    ...heatmapQuery(study.studyInstanceUid, summary?.id ?? ''),
    enabled: summary !== undefined,
  });
  return summary === undefined ? null : (query.data ?? null);
}

interface ReadingRoomProps {
  readonly study: StudyDetail;
  readonly open: OpenStudy;
  readonly stacks: readonly ImageStack[];
}

/** Images, AI marks and verdicts of one study. Its keys are dead until its image is drawn. */
export function ReadingRoom({ study, open, stacks }: ReadingRoomProps) {
  const { user } = useSession();
  const opening = useMemo(() => openingPlace(stacks, study.findings), [stacks, study.findings]);
  const view = useViewport(stacks, opening);
  const image = currentImage(view);
  const ready = view.state !== null && !view.failed;
  const area = useRef<HTMLDivElement>(null);
  const openedAt = useRef<string | null>(null);
  useEffect(() => {
    if (ready) openedAt.current ??= new Date().toISOString();
  }, [ready]);
  usePrefetchNext(ready ? study.studyInstanceUid : null);
  const withheld = study.readingMode === 'triage-only';
  const judging = useJudging({ study, stacks, reader: user.name, show: view.show, image });
  const heatmap = useHeatmap(study, image, judging.selected);
  const overlay = useOverlay();
  const cine = useCine(view);
  const [help, setHelp] = useState(false);
  const [signing, setSigning] = useState(false);
  const act = useActions({
    ready,
    withheld,
    study,
    stacks,
    view,
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
      <SeriesRail
        series={study.series}
        stacks={stacks}
        shown={view.state?.stack ?? null}
        onShow={view.show}
      />
      <div className="room-image">
        <Toolbar view={view} cine={cine} act={act} modality={study.modality} />
        <div
          ref={area}
          className="viewport"
          data-testid="viewport"
          data-editing={editing?.kind ?? 'no'}
        >
          <div className="viewport-image" ref={view.element} />
          {withheld ? null : (
            <HeatmapCanvas
              overlay={overlay}
              heatmap={heatmap}
              state={view.state}
              operatingPoint={operatingPointOf(study, heatmap)}
            />
          )}
          {withheld ? null : (
            <FindingMarks view={view} image={image} judging={judging} shown={overlay.boxes} />
          )}
          {withheld || study.aiWithheld ? null : (
            <FindingStrip
              stack={view.state?.stack ?? stacks[opening.stack] ?? null}
              index={view.state?.index ?? opening.image}
              marks={judging.marks}
              heatmaps={study.heatmaps}
              colours={overlay.colours}
              onJump={(image) =>
                view.show({
                  stack: view.state === null ? opening.stack : stacks.indexOf(view.state.stack),
                  image,
                })
              }
            />
          )}
          <ImageBearings state={view.state} />
          <LoadingBar state={view.state} />
          <ViewportCorners
            state={view.state}
            failed={view.failed}
            editing={editing}
            probe={<PixelProbe area={area} viewport={view.viewport} state={view.state} />}
          />
        </div>
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
        <FindingList study={study} judging={judging} act={act} ready={ready} withheld={withheld} />
        {study.aiWithheld ? (
          <ImpressionPart
            study={study}
            open={open}
            control={judging.control}
            ready={ready}
            openedAt={openedAt}
            saying={signing}
            setSaying={setSigning}
          />
        ) : (
          <SignOff
            study={study}
            open={open}
            judging={judging}
            ready={ready}
            openedAt={openedAt}
            signing={signing}
            setSigning={setSigning}
          />
        )}
      </aside>
      {help ? <KeyHelp title="Keys" groups={READING_KEYS} onClose={() => setHelp(false)} /> : null}
    </section>
  );
}
