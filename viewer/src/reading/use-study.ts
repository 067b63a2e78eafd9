import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { StudyDetail } from '#contracts/study.ts';
import { studyQuery } from '../api/queries.ts';
import { openStudy } from './open-study.ts';
import { findChange, type StudyChange } from './study-change.ts';

type Opened = 'asked' | 'answered' | 'read';

/** Keeps the study open as long as its page stands. */
function useOpened(uid: string): Opened {
  const [opened, setOpened] = useState<Opened>('asked');
  useEffect(() => {
    let left = false;
    const opening = openStudy(uid);
    void opening.answered.then((isRead) => {
      if (!left) setOpened(isRead ? 'read' : 'answered');
    });
    return () => {
      left = true;
      opening.close();
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
  const query = useQuery({ ...studyQuery(uid), enabled: opened !== 'asked', staleTime: 0 });
  const [shown, setShown] = useState<StudyDetail | null>(null);
  // Data from an earlier visit may be in the cache: only what was fetched after opening counts.
  const isFresh = opened === 'read' || query.isFetchedAfterMount;
  const latest = isFresh ? (query.data ?? null) : null;
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
