import { useSyncExternalStore } from 'react';

/** The server's clock less ours, so that a wrong clock here shows no wrong waiting time. */
let skew = 0;
let now = Date.now();
let timer: ReturnType<typeof setInterval> | null = null;
const watchers = new Set<() => void>();

/** @param generatedAt the time of a server's answer, ISO 8601 */
export function setServerTime(generatedAt: string): void {
  const time = Date.parse(generatedAt);
  if (Number.isFinite(time)) skew = time - Date.now();
}

function watch(watcher: () => void): () => void {
  watchers.add(watcher);
  timer ??= setInterval(() => {
    now = Date.now() + skew;
    for (const each of watchers) each();
  }, 1000);
  return () => {
    watchers.delete(watcher);
    if (watchers.size > 0 || timer === null) return;
    clearInterval(timer);
    timer = null;
  };
}

/** The server's time in milliseconds, ticking each second. Use it in the smallest component that shows it. */
export function useNow(): number {
  return useSyncExternalStore(watch, () => now);
}
