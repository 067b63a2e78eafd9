import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { StudyDetail } from '#contracts/study.ts';
import { send } from '../api/client.ts';
import { studyPath, studyQuery } from '../api/queries.ts';
import { findChange, type StudyChange } from './study-change.ts';

/**
 * Tells the others that this reader has the study open, until the page is left. Whoever may not open studies, or finds
 * it open elsewhere, can still look: so a refusal is no error here.
 * @returns whether the server has answered; the version is to be read only after that, since opening may change it
 */
function useOpened(uid: string): boolean {
  const [opened, setOpened] = useState(false);
  useEffect(() => {
    let left = false;
    const path = `${studyPath(uid)}/open`;
    const opening = send(path, { method: 'POST' })
      .catch(() => undefined)
      .then(() => {
        if (!left) setOpened(true);
      });
    const release = () => {
      if (left) return;
      left = true;
      void opening
        .then(() => send(path, { method: 'DELETE', keepalive: true }))
        .catch(() => undefined);
    };
    const onPageHide = () => {
      left = true;
      void send(path, { method: 'DELETE', keepalive: true }).catch(() => undefined);
    };
    window.addEventListener('pagehide', onPageHide);
    return () => {
      window.removeEventListener('pagehide', onPageHide);
      release();
    };
  }, [uid]);
  return opened;
}

export interface OpenStudy {
  /** What is on the reader's screen; it changes only when the reader says so. */
  readonly shown: StudyDetail | null;
  readonly change: StudyChange | null;
  readonly error: Error | null;
  readonly fetching: boolean;
  readonly loadNew: () => void;
  readonly refetch: () => Promise<unknown>;
}

export function useStudy(uid: string, reader: string): OpenStudy {
  const opened = useOpened(uid);
  const query = useQuery({ ...studyQuery(uid), enabled: opened, staleTime: 0 });
  const [shown, setShown] = useState<StudyDetail | null>(null);
  // Data from an earlier visit may be in the cache: only what was fetched after opening counts.
  const latest = query.isFetchedAfterMount ? (query.data ?? null) : null;
  const change = shown === null || latest === null ? null : findChange(shown, latest, reader);
  if (latest !== null && latest !== shown && change === null) setShown(latest);
  return {
    shown,
    change,
    error: query.error,
    fetching: query.isFetching,
    loadNew: () => {
      if (latest !== null) setShown(latest);
    },
    refetch: () => query.refetch(),
  };
}
