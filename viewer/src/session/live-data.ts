import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { listen } from '../api/events.ts';
import { throttle } from '../api/throttle.ts';

const LIST_PAUSE_MS = 1000;

/**
 * Asks again for what is shown when the server says that it changed, lists at most once a second. The worklist listens
 * for itself: its rows must not move under the reader's hand.
 */
export function useLiveData(): void {
  const queries = useQueryClient();
  useEffect(() => {
    const refreshLists = throttle(() => {
      void queries.invalidateQueries({ queryKey: ['quality'] });
      void queries.invalidateQueries({ queryKey: ['failures'] });
    }, LIST_PAUSE_MS);
    const stop = listen({
      changed: (uid) => {
        refreshLists();
        void queries.invalidateQueries({ queryKey: ['study', uid] });
      },
      resync: () => {
        refreshLists();
        void queries.invalidateQueries({ queryKey: ['study'] });
        void queries.invalidateQueries({ queryKey: ['models'] });
      },
    });
    return () => {
      stop();
      refreshLists.cancel();
    };
  }, [queries]);
}
