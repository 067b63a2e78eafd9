import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ScpEvent } from '#dicom/dimse/scp-types.ts';
import { createEventLog, type EventLog } from '#listener/log-events.ts';
import type { Logger } from '#platform/logger/logger.ts';

type Line = [level: string, message: string, fields: Record<string, unknown>];

const lines: Line[] = [];
let log: EventLog;

function write(level: string): (fields: Record<string, unknown>, message: string) => void {
  return (fields, message) => lines.push([level, message, fields]);
}

beforeEach(() => {
  vi.useFakeTimers();
  lines.length = 0;
  const logger = { warn: write('warn'), info: write('info'), debug: write('debug') };
  // Only these three are used.
  log = createEventLog(logger as unknown as Logger, { most: 3, spanMs: 1000, mostKeys: 5 });
});
afterEach(() => {
  log.close();
  vi.useRealTimers();
});

function evicted(peerAddress: string): ScpEvent {
  return { type: 'connection-evicted', peerAddress };
}

function ended(peerAddress: string, how: 'aborted' | 'released'): ScpEvent {
  const peer = { associationId: 1, peerAddress, callingAe: 'A', calledAe: 'B' };
  return { type: 'association-ended', end: { how, detail: '' }, bytesReceived: 0, ...peer };
}

function warnings(message: string): Line[] {
  return lines.filter(([level, text]) => level === 'warn' && text === message);
}

describe('what happens at the door', () => {
  test('is a warning so many times for a peer and kind, then counted and told', () => {
    for (let n = 0; n < 10; n += 1) log.log(evicted('10.0.0.1'));
    expect(warnings('connection-evicted')).toHaveLength(3);
    log.log(evicted('10.0.0.2'));
    log.log(ended('10.0.0.1', 'aborted'));
    expect(warnings('connection-evicted')).toHaveLength(4);
    expect(warnings('association-ended')).toHaveLength(1);
    vi.advanceTimersByTime(1000);
    expect(warnings('warnings left out')).toEqual([
      [
        'warn',
        'warnings left out',
        { kind: 'connection-evicted', peerAddress: '10.0.0.1', leftOut: 7 },
      ],
    ]);
    log.log(evicted('10.0.0.1'));
    expect(warnings('connection-evicted')).toHaveLength(5);
    vi.advanceTimersByTime(5000);
    expect(warnings('warnings left out')).toHaveLength(1);
  });

  test('what is no warning is not limited', () => {
    for (let n = 0; n < 10; n += 1) log.log(ended('10.0.0.1', 'released'));
    expect(lines.filter(([level]) => level === 'debug')).toHaveLength(10);
  });

  test('peers beyond number share one count', () => {
    for (let n = 0; n < 1000; n += 1) log.log(evicted(`10.0.${n >> 8}.${n & 255}`));
    expect(warnings('connection-evicted')).toHaveLength(5 + 3);
    log.close();
    expect(warnings('warnings left out').at(-1)?.[2]).toEqual({
      kind: 'any',
      peerAddress: 'others',
      leftOut: 1000 - 8,
    });
  });
});
