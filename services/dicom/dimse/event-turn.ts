import { setImmediate as immediate } from 'node:timers/promises';

/** What the readers of all sockets may take of one turn of the event loop altogether, milliseconds. */
const SHARE_MS = 10;

let since: number | undefined;

/** True once the readers have had their share of this turn: whoever is still at work is to wait for `nextTurn`. */
export function isTurnOver(): boolean {
  const now = performance.now();
  if (since === undefined) {
    since = now;
    setImmediate(() => {
      since = undefined;
    });
  }
  return now - since > SHARE_MS;
}

/** Settles when timers, accepted connections and other sockets have had their turn. */
export function nextTurn(): Promise<void> {
  return immediate();
}
