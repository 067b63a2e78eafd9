import { describe, expect, it } from 'vitest';
import { judgeStatus } from '#delivery/destinations/judge-status.ts';
import { judgeAnswer } from '#delivery/destinations/web-link.ts';

const UID = '1.2.3';
const reference = (reason: Record<string, number> = {}) => ({
  '00081155': { vr: 'UI', Value: [UID] },
  ...Object.fromEntries(Object.entries(reason).map(([tag, n]) => [tag, { vr: 'US', Value: [n] }])),
});
const sequence = (tag: string, ...items: unknown[]) => ({ [tag]: { vr: 'SQ', Value: items } });

function judge(status: number, json?: unknown, contentType = 'application/dicom+json') {
  const body = Buffer.from(json === undefined ? '<html>' : JSON.stringify(json));
  const answer = { status, body, contentType: json === undefined ? 'text/html' : contentType };
  return judgeAnswer(answer, UID);
}

describe('answers to STOW-RS', () => {
  it('count when they name the object', () => {
    expect(judge(200, sequence('00081199', reference()))).toEqual({ event: 'taken' });
    expect(judge(202, sequence('00081199', reference({ '00081196': 0xb000 })))).toEqual({
      event: 'taken',
      warning: 'B000H (elements were changed)',
    });
    expect(judge(200, [sequence('00081199', reference())])).toEqual({ event: 'taken' });
    expect(judge(200)).toEqual({ event: 'taken' });
  });

  it('do not count when they name nothing or another: it is sent again', () => {
    const other = { '00081155': { vr: 'UI', Value: ['9.9'] } };
    for (const said of [{}, sequence('00081199'), sequence('00081199', other)]) {
      expect(judge(200, said)).toMatchObject({ event: 'try-again' });
    }
  });

  it('give the reason of a failure its meaning', () => {
    const failed = (reason?: number) =>
      judge(
        409,
        sequence('00081198', reference(reason === undefined ? {} : { '00081197': reason })),
      );
    expect(failed(0xa700)).toEqual({
      event: 'try-again',
      reason: 'HTTP 409, answered A700H (out of resources)',
    });
    expect(failed(0x0110)).toMatchObject({ event: 'try-again' });
    expect(failed(0x0111)).toMatchObject({ event: 'taken' });
    expect(failed(0xc122)).toEqual({
      event: 'refused',
      reason: 'HTTP 409, answered C122H (the transfer syntax is not taken)',
    });
    expect(failed()).toMatchObject({ event: 'refused' });
    expect(judge(409)).toMatchObject({ event: 'refused' });
    expect(judge(202, sequence('00081198', reference({ '00081197': 0xa900 })))).toMatchObject({
      event: 'refused',
    });
  });

  it('are about the server where they are not about the object', () => {
    for (const status of [301, 302, 307, 308, 401, 403, 404, 429, 503]) {
      expect(() => judge(status), String(status)).toThrow(`HTTP ${status}`);
    }
    expect(() => judge(302)).toThrow('redirections are not followed');
    expect(judge(500)).toEqual({ event: 'try-again', reason: 'HTTP 500' });
    for (const status of [400, 413, 415]) {
      expect(judge(status)).toEqual({ event: 'refused', reason: `HTTP ${status}` });
    }
  });
});

describe('statuses of C-STORE', () => {
  it('have each its meaning', () => {
    const events = (from: number, to: number) =>
      new Set(Array.from({ length: to - from + 1 }, (_, index) => judgeStatus(from + index).event));
    expect(judgeStatus(0)).toEqual({ event: 'taken' });
    expect(events(0xb000, 0xbfff)).toEqual(new Set(['taken']));
    expect(events(0xa700, 0xa7ff)).toEqual(new Set(['try-again']));
    expect(events(0xa900, 0xa9ff)).toEqual(new Set(['refused']));
    expect(events(0xc000, 0xcfff)).toEqual(new Set(['refused']));
    for (const status of [0x0110, 0x0124, 0x0213]) {
      expect(judgeStatus(status).event).toBe('try-again');
    }
    for (const status of [0x0122, 0x0117, 0x0119, 0x0211, 0xfe00, 0x1234]) {
      expect(judgeStatus(status).event).toBe('refused');
    }
    expect(judgeStatus(0x0111).event).toBe('taken');
  });
});
