import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense } from 'react';
import { Redirect, Route, Switch } from 'wouter';
import type { Session } from '#contracts/session.ts';
import { messageOf } from './api/client.ts';
import { sessionQuery } from './api/queries.ts';
import { ErrorBoundary } from './design/error-boundary.tsx';
import { TEXT } from './design/text.ts';
import { Button, State } from './design/ui.tsx';
import { loadReadingPage } from './reading/load-page.ts';
import { LoginPage } from './session/login-page.tsx';
import { SessionProvider } from './session/session-context.tsx';
import { Shell } from './session/shell.tsx';
import { WorklistPage } from './worklist/worklist-page.tsx';

const ReadingPage = lazy(loadReadingPage);
const AccessionPage = lazy(() => import('./worklist/accession-page.tsx'));
const QualityPage = lazy(() => import('./quality/quality-page.tsx'));
const AdministrationPage = lazy(() => import('./administration/administration-page.tsx'));

function Pages({ session }: { readonly session: Session }) {
  const { roles } = session.user;
  const isAdmin = roles.includes('admin');
  return (
    <Suspense fallback={<State title={TEXT.loading} />}>
      <Switch>
        <Route path="/" component={WorklistPage} />
        <Route path="/login">
          <Redirect to="/" replace />
        </Route>
        {/* A number may hold a slash. */}
        <Route path="/accession/*">
          {({ '*': part = '' }) => <AccessionPage key={part} part={part} />}
        </Route>
        <Route path="/studies/:uid">{({ uid }) => <ReadingPage key={uid} uid={uid} />}</Route>
        {isAdmin || roles.includes('qa') ? <Route path="/quality" component={QualityPage} /> : null}
        {isAdmin ? (
          <Route path="/administration/:view?">
            {({ view }) => <AdministrationPage view={view ?? ''} />}
          </Route>
        ) : null}
        <Route>
          <State title={TEXT.notFound} action={<a href="/">{TEXT.toWorklist}</a>} />
        </Route>
      </Switch>
    </Suspense>
  );
}

export function App() {
  const session = useQuery(sessionQuery);
  if (session.isPending) return <State title={TEXT.loading} />;
  if (session.isError) {
    return (
      <State
        title={messageOf(session.error)}
        action={<Button onClick={() => void session.refetch()}>{TEXT.retry}</Button>}
      />
    );
  }
  if (session.data === null) return <LoginPage />;
  return (
    <SessionProvider session={session.data}>
      <Shell>
        <ErrorBoundary>
          <Pages session={session.data} />
        </ErrorBoundary>
      </Shell>
    </SessionProvider>
  );
}
