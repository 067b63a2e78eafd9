import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { z } from 'zod';
import { ApiFailure } from './api/client.ts';
import { sessionQuery } from './api/queries.ts';
import { App } from './app.tsx';
import { loadReadingPage } from './reading/load-page.ts';
import { openEarly } from './reading/open-study.ts';

// Our content security policy forbids eval, which zod would otherwise try for speed.
z.config({ jitless: true });

const RETRIES = 2;

function onError(error: Error): void {
  // The session ended on the server: the page goes back to the log-in, drafts stay in the tab.
  if (error instanceof ApiFailure && error.status === 401) {
    queryClient.setQueryData(sessionQuery.queryKey, null);
  }
}

const queryClient: QueryClient = new QueryClient({
  queryCache: new QueryCache({ onError }),
  mutationCache: new MutationCache({ onError }),
  defaultOptions: {
    // Whether the machine has a network says nothing about our server; without it a failure has to show, not to wait.
    mutations: { networkMode: 'always' },
    queries: {
      networkMode: 'always',
      staleTime: 5000,
      retry: (count, error) => error instanceof ApiFailure && error.retryable && count < RETRIES,
    },
  },
});

/** Whoever comes straight to a study waits for session, code and study at once, not for one after the other. */
function startReading(): void {
  const [, uid] = /^\/studies\/([\d.]+)$/.exec(window.location.pathname) ?? [];
  if (uid === undefined) return;
  void loadReadingPage().catch(() => undefined);
  openEarly(queryClient, uid);
}

export function showPage(): void {
  startReading();
  const root = document.getElementById('root');
  if (root === null) throw new Error('the page has no element with the id root');
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={queryClient}>
        <App />
      </QueryClientProvider>
    </StrictMode>,
  );
}
