import { type ReactNode, useEffect } from 'react';
import { Link, useRoute } from 'wouter';
import { useConnection } from '../api/events.ts';
import { BarSlot, InBar } from '../design/bar-slot.tsx';
import { TEXT } from '../design/text.ts';
import { toggleTheme, useTheme } from '../design/theme.ts';
import { Toasts } from '../design/toasts.tsx';
import { Button, Chip, Dialog, Notice } from '../design/ui.tsx';
import { LanguageSelect } from '../languages/language-select.tsx';
import { useIdle } from './idle.ts';
import { useLiveData } from './live-data.ts';
import { useLogOut, useSession } from './session-context.tsx';
import { SESSION_TEXT } from './text.ts';

/** Set in sessionStorage so that the log-in page can say why one is there. */
export const IDLE_FLAG = 'radtriage.idle';

function NavigationLink(props: { readonly href: string; readonly children: ReactNode }) {
  const [active] = useRoute(props.href === '/' ? '/' : `${props.href}/*?`);
  return (
    <Link href={props.href} className="bar-link" aria-current={active ? 'page' : undefined}>
      {props.children}
    </Link>
  );
}

function Bar() {
  const { user, site } = useSession();
  const logOut = useLogOut();
  const theme = useTheme();
  const isAdmin = user.roles.includes('admin');
  return (
    <header className="bar">
      <span className="bar-brand">{TEXT.product}</span>
      <nav aria-label={SESSION_TEXT.mainNavigation}>
        <NavigationLink href="/">{TEXT.worklist}</NavigationLink>
        {isAdmin || user.roles.includes('qa') ? (
          <NavigationLink href="/quality">{TEXT.quality}</NavigationLink>
        ) : null}
        {isAdmin ? (
          <NavigationLink href="/administration">{TEXT.administration}</NavigationLink>
        ) : null}
      </nav>
      <BarSlot />
      <Chip tone="warn" data-testid="preview-mark">
        {TEXT.previewMark}
      </Chip>
      <span className="second small clip">{site.name}</span>
      <LanguageSelect />
      <Button kind="quiet" size="small" onClick={toggleTheme} aria-label={TEXT.themeLabel}>
        {theme === 'dark' ? TEXT.themeToLight : TEXT.themeToDark}
      </Button>
      <span className="small" data-testid="user-name">
        {user.name}
      </span>
      <Button kind="quiet" size="small" onClick={() => void logOut()} data-testid="log-out">
        {TEXT.logOut}
      </Button>
    </header>
  );
}

function IdleGuard() {
  const idle = useIdle();
  const logOut = useLogOut();
  useEffect(() => {
    if (idle !== 'out') return;
    sessionStorage.setItem(IDLE_FLAG, '1');
    void logOut();
  }, [idle, logOut]);
  if (idle !== 'warned') return null;
  return (
    <Dialog
      title={SESSION_TEXT.idleTitle}
      description={SESSION_TEXT.idleDetail}
      onClose={() => undefined}
    >
      <div className="dialog-actions">
        <Button kind="primary">{SESSION_TEXT.stay}</Button>
      </div>
    </Dialog>
  );
}

/** The frame of every page: bar, live data, what must be said wherever one is. */
export function Shell({ children }: { readonly children: ReactNode }) {
  useLiveData();
  const connection = useConnection();
  const [reading] = useRoute('/studies/:uid');
  const offline =
    connection === 'lost' ? (
      <Notice tone="bad" testId="offline">
        {TEXT.offline}
      </Notice>
    ) : null;
  return (
    <div className="shell" data-page={reading ? 'reading' : 'list'}>
      <Bar />
      {reading ? <InBar>{offline}</InBar> : offline}
      <main className="shell-main">{children}</main>
      {reading ? (
        <InBar>
          <Toasts />
        </InBar>
      ) : (
        <Toasts />
      )}
      <IdleGuard />
    </div>
  );
}
