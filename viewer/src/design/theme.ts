import { useSyncExternalStore } from 'react';

export type Theme = 'dark' | 'light';
const STORE = 'radtriage.theme';
const watchers = new Set<() => void>();
let theme: Theme = localStorage.getItem(STORE) === 'light' ? 'light' : 'dark';
document.documentElement.dataset['theme'] = theme;

export function toggleTheme(): void {
  theme = theme === 'dark' ? 'light' : 'dark';
  localStorage.setItem(STORE, theme);
  document.documentElement.dataset['theme'] = theme;
  for (const watcher of watchers) watcher();
}

export function useTheme(): Theme {
  return useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    () => theme,
  );
}
