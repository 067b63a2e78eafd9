import { useEffect } from 'react';
import { useLocation } from 'wouter';
import type { StudyDetail } from '#contracts/study.ts';
import { messageOf } from '../api/client.ts';
import { InBar } from '../design/bar-slot.tsx';
import { useKeys } from '../design/keyboard.ts';
import { Button, Key, Notice, State } from '../design/ui.tsx';
import { useSession } from '../session/session-context.tsx';
import { loadNow } from './cornerstone-prefetch.ts';
import { openingPlace } from './hanging.ts';
import { OthersNotice } from './others-notice.tsx';
import { PatientBanner } from './patient-banner.tsx';
import { ReadingRoom } from './reading-room.tsx';
import { describeChange } from './study-change.ts';
import { READING_TEXT as T } from './text.ts';
import { useHeldStudy } from './use-held-study.ts';
import { useStacks } from './use-stacks.ts';
import { type OpenStudy, useStudy } from './use-study.ts';
import './overlay.css';
import './panes.css';
import './reading.css';
import './tablet.css';
import './toolbar.css';

/** The stacks of what is shown, held as long as it is; the image that it opens at is asked for at once. */
function useShownStacks(study: StudyDetail | null): ReturnType<typeof useStacks> {
  const { stacks, error } = useStacks(study);
  useEffect(() => {
    if (stacks === null || study === null) return;
    const { stack, image } = openingPlace(study, stacks);
    const first = stacks[stack]?.images[image];
    // While the room is being built: its viewport takes the image that is on its way.
    if (first !== undefined) void loadNow(first.imageId);
  }, [stacks, study]);
  useHeldStudy(study?.studyInstanceUid ?? '', stacks);
  return { stacks, error };
}

function ChangeNotice({ study }: { readonly study: OpenStudy }) {
  useKeys((event) => {
    if (event.key === 'g' && study.change !== null) study.loadNew();
  });
  if (study.change === null) return null;
  return (
    <Notice
      tone="warn"
      testId="study-changed"
      action={
        <Button size="small" onClick={study.loadNew} data-testid="load-new">
          {T.loadNew} <Key>g</Key>
        </Button>
      }
    >
      {describeChange(study.change)} {T.draftKept}
    </Notice>
  );
}

export default function ReadingPage({ uid }: { readonly uid: string }) {
  const [, navigate] = useLocation();
  const { user } = useSession();
  const study = useStudy(uid, user.name);
  const { stacks, error } = useShownStacks(study.shown);
  const failure = study.error ?? error;
  const toWorklist = (
    <Button onClick={() => navigate('/')}>
      {T.worklist} <Key>q</Key>
    </Button>
  );
  useKeys((event) => {
    // The room has its own keys; this one works while there is none.
    if (event.key === 'q' && stacks === null) navigate('/');
  });
  if (study.shown === null) {
    return failure === null ? (
      <State title={T.opening} isPage />
    ) : (
      <State title={messageOf(failure)} action={toWorklist} isPage />
    );
  }
  return (
    <>
      <PatientBanner study={study.shown} onLeave={() => navigate('/')} />
      <InBar>
        <ChangeNotice study={study} />
        <OthersNotice study={study.shown} onTaken={() => void study.refetch()} />
      </InBar>
      {stacks === null && failure !== null ? (
        <State title={messageOf(failure)} action={toWorklist} />
      ) : null}
      {stacks === null && failure === null ? <State title={T.opening} /> : null}
      {stacks === null ? null : (
        <ReadingRoom
          key={study.shown.imageRevision ?? study.shown.imageCount}
          study={study.shown}
          open={study}
          stacks={stacks}
        />
      )}
    </>
  );
}
