import { useQueryClient } from '@tanstack/react-query';
import { createContext, type ReactNode, useCallback, useContext } from 'react';
import type { Session } from '#contracts/session.ts';
import { send } from '../api/client.ts';
import { sessionQuery } from '../api/queries.ts';
import { clearToasts } from '../design/toasts.tsx';

const SessionContext = createContext<Session | null>(null);

export function SessionProvider(props: {
  readonly session: Session;
  readonly children: ReactNode;
}) {
  return <SessionContext value={props.session}>{props.children}</SessionContext>;
}

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === null) throw new Error('useSession outside of a session');
  return session;
}

/** Ends the session here and on the server, and forgets every patient that this page has seen. */
export function useLogOut(): () => Promise<void> {
  const queries = useQueryClient();
  return useCallback(async () => {
    try {
      await send('/api/session', { method: 'DELETE' });
    } finally {
      clearToasts();
      queries.setQueryData(sessionQuery.queryKey, null);
      // The page watches the session itself: that one stays, and says that there is none.
      const [kept] = sessionQuery.queryKey;
      queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== kept });
    }
  }, [queries]);
}
