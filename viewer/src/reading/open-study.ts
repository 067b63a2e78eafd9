/** Tells the server that a study is open; where the page was called by a study's address, before the page's code is there. */
import type { QueryClient } from '@tanstack/react-query';
import { send } from '../api/client.ts';
import { studyPath, studyQuery } from '../api/queries.ts';
import { metadataQuery } from './metadata-query.ts';

/** A study that is open: the others are told so until it is closed, or the page goes. */
export interface Opening {
  /**
   * Whoever may not open studies, or finds it open elsewhere, can still look: a refusal is no error here. The version is
   * to be read only after this, since opening may change it. True where it has been read already (openEarly).
   */
  readonly answered: Promise<boolean>;
  readonly close: () => void;
}

const openPath = (uid: string) => `${studyPath(uid)}/open`;

/** @returns whether the server took it */
function ask(uid: string): Promise<boolean> {
  return send(openPath(uid), { method: 'POST' }).then(
    () => true,
    () => false,
  );
}

function leave(uid: string): void {
  void send(openPath(uid), { method: 'DELETE', keepalive: true }).catch(() => undefined);
}

interface Early {
  readonly uid: string;
  /** Whether it was opened, and read after that. */
  readonly isRead: Promise<boolean>;
  readonly forget: () => void;
}

let early: Early | null = null;

/**
 * Opens a study and reads what its page will ask for, while the page's own code is fetched and the session looked up.
 * Without a session all of this is refused, and the page asks again after the log-in.
 */
export function openEarly(queries: QueryClient, uid: string): void {
  const read = async () => {
    if (!(await ask(uid))) return false;
    const study = await queries.fetchQuery({ ...studyQuery(uid), retry: false });
    await queries.prefetchQuery({ ...metadataQuery(study), retry: false });
    return true;
  };
  const isRead = read().catch(() => false);
  const onPageHide = () => leave(uid);
  window.addEventListener('pagehide', onPageHide);
  const forget = () => window.removeEventListener('pagehide', onPageHide);
  early = { uid, isRead, forget };
}

/** What was opened early is for the page that comes first; of another study than that page's it is closed. */
function takeEarly(uid: string): Promise<boolean> | null {
  const taken = early;
  early = null;
  taken?.forget();
  if (taken === null || taken.uid === uid) return taken?.isRead ?? null;
  leave(taken.uid);
  return null;
}

export function openStudy(uid: string): Opening {
  const before = takeEarly(uid);
  const askNow = () => ask(uid).then(() => false);
  const answered = before === null ? askNow() : before.then((isRead) => isRead || askNow());
  let isLeft = false;
  const onPageHide = () => {
    isLeft = true;
    leave(uid);
  };
  window.addEventListener('pagehide', onPageHide);
  return {
    answered,
    close: () => {
      window.removeEventListener('pagehide', onPageHide);
      if (isLeft) return;
      isLeft = true;
      void answered.then(() => leave(uid));
    },
  };
}
