import { useEffect, useState } from 'react';
import { quietMs } from '../api/presence.ts';

export const IDLE_OUT_MS = 15 * 60_000;
export const IDLE_WARN_MS = 14 * 60_000;
const CHECK_MS = 1000;

export type Idle = 'active' | 'warned' | 'out';

/** @param quiet milliseconds since the last sign of the user */
export function idleAfter(quiet: number): Idle {
  if (quiet >= IDLE_OUT_MS) return 'out';
  return quiet >= IDLE_WARN_MS ? 'warned' : 'active';
}

/** Watches for a user who went away: a reading room's screen must not stay open to anyone who passes. */
export function useIdle(): Idle {
  const [idle, setIdle] = useState<Idle>('active');
  useEffect(() => {
    const timer = setInterval(() => setIdle(idleAfter(quietMs())), CHECK_MS);
    return () => clearInterval(timer);
  }, []);
  return idle;
}
