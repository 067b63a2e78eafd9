import { type QueryClient, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { studyDetailSchema } from '#contracts/study.ts';
import { request } from '../api/client.ts';
import { listen } from '../api/events.ts';
import { userIsPresent } from '../api/presence.ts';
import { studyPath } from '../api/queries.ts';
import { useSession } from '../session/session-context.tsx';
import { loadAhead } from './cornerstone-prefetch.ts';
import { registerMetadata } from './cornerstone-start.ts';
import { openingPlace } from './hanging.ts';
import { indexMetadata } from './image-facts.ts';
import { buildStacks } from './image-stacks.ts';
import { metadataQuery } from './metadata-query.ts';
import { findNext } from './next-study.ts';
import { planPrefetch } from './prefetch-plan.ts';
import { holdStudy } from './use-held-study.ts';

/** The images of the open study have this long for themselves. */
const START_MS = 500;
/** A more urgent study may come, or a colleague may open this one. */
const LOOK_AGAIN_MS = 30_000;
/** Beyond the way from one study to the next nothing is kept: the reader may have gone. */
const KEEP_MS = 60_000;

interface Ahead {
  readonly uid: string;
  readonly stop: AbortController;
  letGo: () => void;
}

/** Outlives the page that fetched it: the next page is the one it is for. */
let ahead: Ahead | null = null;
let dropping: ReturnType<typeof setTimeout> | undefined;

function drop(): void {
  ahead?.stop.abort();
  ahead?.letGo();
  ahead = null;
}

/** By the very routes that its page will ask: what they withhold of a study, they withhold here. */
async function fetchAhead(queries: QueryClient, next: Ahead): Promise<void> {
  const { uid, stop } = next;
  const { signal } = stop;
  const study = await request(studyDetailSchema, studyPath(uid), { ahead: true, signal });
  const metadata = await queries.fetchQuery(metadataQuery(study, true));
  if (signal.aborted) return;
  const index = indexMetadata(metadata);
  const stacks = buildStacks(study, index, window.location.origin);
  next.letGo = holdStudy(queries, uid, stacks);
  registerMetadata(stacks, index);
  await loadAhead(planPrefetch(stacks, openingPlace(study, stacks)), signal);
}

/**
 * While a study is read, the one that comes next is fetched: nobody is told that it is open, and it is dropped when
 * another comes first. What fails here is asked again, and told, when the study is opened.
 * @param current the study on the screen, or null until it is drawn
 */
export function usePrefetchNext(current: string | null): void {
  const queries = useQueryClient();
  const { user } = useSession();
  const reader = user.roles.includes('radiologist') ? user.name : null;
  useEffect(() => {
    if (current === null || reader === null) return;
    clearTimeout(dropping);
    const leave = new AbortController();
    const look = async () => {
      if (!userIsPresent()) return;
      const { signal } = leave;
      const uid = await findNext(current, reader, { ahead: true, signal });
      if (signal.aborted || uid === ahead?.uid) return;
      drop();
      if (uid === null) return;
      ahead = { uid, stop: new AbortController(), letGo: () => undefined };
      await fetchAhead(queries, ahead);
    };
    const lookQuietly = () => void look().catch(() => undefined);
    const start = setTimeout(lookQuietly, START_MS);
    const again = setInterval(lookQuietly, LOOK_AGAIN_MS);
    const stopListening = listen({
      changed: (uid) => (uid === ahead?.uid ? lookQuietly() : undefined),
      resync: lookQuietly,
    });
    return () => {
      leave.abort();
      clearTimeout(start);
      clearInterval(again);
      stopListening();
      dropping = setTimeout(drop, KEEP_MS);
    };
  }, [current, reader, queries]);
}
