import { RadTriageError } from './errors.ts';
import type { ReadingStatus } from './study-state.ts';

export const READING_EVENTS = [
  'opened',
  'closed',
  'signed',
  'undone',
  'reported-elsewhere',
  'returned',
  /** Images that no reader has seen: whatever was said before did not look at them. */
  'images-arrived',
  /** Images that a reader may have judged by are gone. */
  'images-withdrawn',
] as const;
export type ReadingEvent = (typeof READING_EVENTS)[number];

/** What readers do with a study, in one table. A pair that is not here is illegal. */
const TRANSITIONS: Readonly<Record<ReadingStatus, Partial<Record<ReadingEvent, ReadingStatus>>>> = {
  unread: {
    opened: 'open',
    signed: 'reviewed',
    'reported-elsewhere': 'reported-elsewhere',
    'images-arrived': 'unread',
    'images-withdrawn': 'unread',
  },
  open: {
    opened: 'open',
    closed: 'unread',
    signed: 'reviewed',
    'reported-elsewhere': 'reported-elsewhere',
    'images-arrived': 'open',
    'images-withdrawn': 'open',
  },
  reviewed: { undone: 'unread', 'images-arrived': 'unread', 'images-withdrawn': 'unread' },
  'reported-elsewhere': {
    returned: 'unread',
    'images-arrived': 'unread',
    'images-withdrawn': 'unread',
  },
};

/** A study that its reader left open without closing it is free again after the time a session may be idle. */
export function isStillOpen(
  openedAt: Date | null,
  { now, idleMinutes }: { readonly now: Date; readonly idleMinutes: number },
): boolean {
  return openedAt !== null && now.getTime() - openedAt.getTime() < idleMinutes * 60_000;
}

/** @throws RadTriageError ILLEGAL_TRANSITION */
export function nextReadingStatus(status: ReadingStatus, event: ReadingEvent): ReadingStatus {
  const next = TRANSITIONS[status][event];
  if (next === undefined) {
    throw new RadTriageError('ILLEGAL_TRANSITION', `a study that is ${status} cannot be ${event}`, {
      details: { status, event },
    });
  }
  return next;
}
