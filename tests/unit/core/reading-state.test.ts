import { describe, expect, it } from 'vitest';
import { nextReadingStatus, READING_EVENTS } from '#core/reading-state.ts';
import { READING_STATUSES } from '#core/study-state.ts';

const LEGAL = [
  ['unread', 'opened', 'open'],
  ['unread', 'signed', 'reviewed'],
  ['unread', 'reported-elsewhere', 'reported-elsewhere'],
  ['open', 'opened', 'open'],
  ['open', 'closed', 'unread'],
  ['open', 'signed', 'reviewed'],
  ['open', 'reported-elsewhere', 'reported-elsewhere'],
  ['reviewed', 'undone', 'unread'],
  ['reported-elsewhere', 'returned', 'unread'],
  ['unread', 'images-arrived', 'unread'],
  ['open', 'images-arrived', 'open'],
  ['reviewed', 'images-arrived', 'unread'],
  ['reported-elsewhere', 'images-arrived', 'unread'],
  ['unread', 'images-withdrawn', 'unread'],
  ['open', 'images-withdrawn', 'open'],
  ['reviewed', 'images-withdrawn', 'unread'],
  ['reported-elsewhere', 'images-withdrawn', 'unread'],
] as const;

describe('the table of reading transitions', () => {
  it.each(LEGAL)('%s, %s: %s', (status, event, next) => {
    expect(nextReadingStatus(status, event)).toBe(next);
  });

  it('throws for every other pair', () => {
    const legal = new Set(LEGAL.map(([status, event]) => `${status} ${event}`));
    let illegal = 0;
    for (const status of READING_STATUSES) {
      for (const event of READING_EVENTS) {
        if (legal.has(`${status} ${event}`)) continue;
        illegal += 1;
        expect(() => nextReadingStatus(status, event)).toThrowError(
          expect.objectContaining({ code: 'ILLEGAL_TRANSITION' }),
        );
      }
    }
    expect(illegal).toBe(READING_STATUSES.length * READING_EVENTS.length - LEGAL.length);
  });
});
