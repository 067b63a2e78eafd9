import { afterEach, describe, expect, it } from 'vitest';
import { RadTriageError } from '#core/errors.ts';
import type { InstanceReceiver, KeptInstance } from '#intake/types.ts';
import { minimalImage } from '#test-data/minimal-objects.ts';
import { answerJson, statusOf } from '#worklist/dicomweb/store/store-answer.ts';
import { StoreResults } from '#worklist/dicomweb/store/store-results.ts';
import { StoreSession } from '#worklist/dicomweb/store/store-session.ts';

const place = { studyInstanceUid: '1.2', seriesInstanceUid: '1.2.3' };
const image = (instanceNumber: number) =>
  minimalImage({ modality: 'CT', seed: 'session', instanceNumber });

/** A receiver whose instances are kept as the test says. */
function receiverOf(finish: (nth: number) => Promise<KeptInstance>): InstanceReceiver {
  let nth = 0;
  return {
    open: () => {
      nth += 1;
      const mine = nth;
      return { write: () => undefined, finish: () => finish(mine), abort: async () => undefined };
    },
  };
}

describe('storing the parts of a request', () => {
  const results: StoreResults[] = [];
  afterEach(async () => {
    for (const each of results.splice(0)) await each.dispose();
  });

  function start(finish: (nth: number) => Promise<KeptInstance>) {
    const made = new StoreResults(async (keys) => new Map(keys.map((key) => [key, place])));
    results.push(made);
    const session = new StoreSession({
      receiver: receiverOf(finish),
      results: made,
      indexDeadlineMs: 20,
      origin: { callingAe: 'S', calledAe: 'STOW', peerAddress: '::1', via: 'stow' },
      onFailure: () => undefined,
    });
    const send = async (count: number): Promise<void> => {
      for (let number = 1; number <= count; number += 1) {
        session.openPart(new Map());
        await session.data(image(number).bytes);
        await session.endPart();
      }
    };
    return { session, made, send };
  }

  async function answerOf(made: StoreResults): Promise<string> {
    let text = '';
    for await (const piece of answerJson(made, 'http://us/dicomweb')) text += piece;
    JSON.parse(text);
    return text;
  }

  it('counts what is kept as stored when its row is late, or fails: without an address', async () => {
    const { session, made, send } = start(async (nth) => ({
      indexed:
        nth === 1
          ? new Promise(() => undefined)
          : Promise.reject(new RadTriageError('DATABASE_UNAVAILABLE', 'away')),
    }));
    await send(2);
    await session.settle();
    expect(statusOf(made)).toBe(200);
    expect([made.stored.length, made.failed.length]).toEqual([2, 0]);
    const text = await answerOf(made);
    expect(text.match(/"00081190":\{"vr":"UR"\}/g)).toHaveLength(3);
  });

  it('does not wait for the row of one part before it takes the next', async () => {
    let finished = 0;
    const { session, made, send } = start(async () => {
      finished += 1;
      const outcome = { outcome: 'stored', instanceKey: String(finished) } as const;
      // None is indexed before all have come.
      return { indexed: new Promise((resolve) => setTimeout(resolve, 5, outcome)) };
    });
    const began = performance.now();
    await send(100);
    expect(finished).toBeGreaterThan(90);
    await session.settle();
    expect(performance.now() - began).toBeLessThan(100 * 5);
    expect(statusOf(made)).toBe(200);
    expect(made.study).toBe(place.studyInstanceUid);
  });

  it('takes no more parts than it may have under way', async () => {
    let open = 0;
    let most = 0;
    const { session, made, send } = start(async (nth) => {
      open += 1;
      most = Math.max(most, open);
      await new Promise(setImmediate);
      open -= 1;
      return { indexed: Promise.resolve({ outcome: 'duplicate', instanceKey: String(nth) }) };
    });
    await send(200);
    await session.settle();
    expect(made.stored.length).toBe(200);
    expect(most).toBeLessThanOrEqual(8);
    expect(most).toBeGreaterThan(1);
  });

  it('answers for more parts than it holds in memory', async () => {
    const { session, made } = start(async () => {
      throw new RadTriageError('STORAGE_FULL', 'full');
    });
    for (let number = 0; number < 10_000; number += 1) {
      session.openPart(new Map([['content-type', 'text/plain']]));
      await session.data(Buffer.from('text'));
      await session.endPart();
    }
    await session.settle();
    expect(statusOf(made)).toBe(409);
    expect((await answerOf(made)).match(/00081197/g)).toHaveLength(10_000);
  });
});
