import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { WorklistItem } from '#contracts/study.ts';
import type { WorklistNews } from '#contracts/worklist.ts';
import { createRowStore } from '../../../viewer/src/worklist/row-store.ts';

function item(uid: string, rest: Partial<WorklistItem> = {}): WorklistItem {
  // Only what the store looks at.
  return { studyInstanceUid: uid, version: 1, reason: 'first', ...rest } as WorklistItem;
}

/** A server with a list in memory, that counts what it is asked. */
function createServer(count: number) {
  const server = {
    list: Array.from({ length: count }, (_, index) => item(`1.${index}`)),
    news: { arrived: 0, stat: [] as WorklistItem[] },
    pages: [] as number[],
    rowsAsked: [] as string[],
    down: false,
  };
  const answer = <T>(value: T): Promise<T> =>
    server.down ? Promise.reject(new Error('down')) : Promise.resolve(value);
  const generatedAt = '2026-11-26T12:00:00.000Z';
  const source = {
    page: (offset: number, limit: number) => {
      server.pages.push(offset);
      const items = server.list.slice(offset, offset + limit);
      return answer({ items, total: server.list.length, nextOffset: null, generatedAt });
    },
    rows: (uids: readonly string[]) => {
      server.rowsAsked.push(...uids);
      return answer(server.list.filter((each) => uids.includes(each.studyInstanceUid)));
    },
    news: (): Promise<WorklistNews> => answer({ ...server.news, generatedAt }),
  };
  return { server, source };
}

describe('the rows of a long list', () => {
  const stat = vi.fn();
  let unattended = false;
  let stop: () => void = () => undefined;

  const open = async (count: number) => {
    const { server, source } = createServer(count);
    const store = createRowStore(source, { onStat: stat, isUnattended: () => unattended });
    stop = store.start();
    await vi.advanceTimersByTimeAsync(0);
    return { server, store };
  };
  const uidAt = (store: Awaited<ReturnType<typeof open>>['store'], index: number) =>
    store.rowAt(index)?.studyInstanceUid;

  beforeEach(() => {
    vi.useFakeTimers();
    stat.mockClear();
    unattended = false;
  });
  afterEach(() => {
    stop();
    vi.useRealTimers();
  });

  it('are fetched where they are in sight, and nowhere else', async () => {
    const { server, store } = await open(100_000);
    store.show(50_000, 50_020);
    await vi.advanceTimersByTimeAsync(0);
    expect(store.state().total).toBe(100_000);
    expect(uidAt(store, 50_010)).toBe('1.50010');
    expect(store.indexOf('1.50010')).toBe(50_010);
    expect(store.rowAt(1_000)).toBeUndefined();
    store.show(99_990, 100_200);
    await vi.advanceTimersByTimeAsync(0);
    expect(uidAt(store, 99_999)).toBe('1.99999');
    expect(server.pages).toEqual([0, 50_000, 99_900]);
  });

  it('keep their place when studies come, with new content, until the list is scrolled', async () => {
    const { server, store } = await open(300);
    store.show(0, 20);
    server.list.unshift(item('9.9'));
    server.list = server.list.map((each) =>
      each.studyInstanceUid === '1.3' ? item('1.3', { reason: 'second' }) : each,
    );
    server.news = { arrived: 1, stat: [] };
    store.changed('9.9');
    store.changed('1.3');
    await vi.advanceTimersByTimeAsync(1_500);
    expect([uidAt(store, 0), uidAt(store, 3)]).toEqual(['1.0', '1.3']);
    expect(store.rowAt(3)?.reason).toBe('second');
    expect(store.state().arrived).toBe(1);
    expect(server.rowsAsked).toEqual(['1.3']);
    store.scrolled();
    await vi.advanceTimersByTimeAsync(0);
    expect([uidAt(store, 0), uidAt(store, 4)]).toEqual(['9.9', '1.3']);
    expect(store.indexOf('1.3')).toBe(4);
    expect(store.state()).toMatchObject({ arrived: 0, total: 301 });
  });

  it('move by themselves when nobody has touched the page, and when there was none', async () => {
    unattended = true;
    const { server, store } = await open(10);
    server.list.unshift(item('9.9'));
    store.changed('9.9');
    await vi.advanceTimersByTimeAsync(1_500);
    expect(uidAt(store, 0)).toBe('9.9');
    stop();
    unattended = false;
    const second = await open(0);
    expect(second.store.state().total).toBe(0);
    second.server.list.push(item('8.8'));
    second.store.changed('8.8');
    await vi.advanceTimersByTimeAsync(1_500);
    expect(uidAt(second.store, 0)).toBe('8.8');
  });

  it('announce a study that became STAT once', async () => {
    const { server, store } = await open(10);
    server.news = { arrived: 1, stat: [item('9.9')] };
    store.changed('9.9');
    await vi.advanceTimersByTimeAsync(1_500);
    store.changed('9.9');
    await vi.advanceTimersByTimeAsync(1_500);
    expect(stat.mock.calls.map(([items]) => items.length)).toEqual([1]);
  });

  it('never hold one study twice, though pages come at different times', async () => {
    const { server, store } = await open(300);
    store.show(0, 20);
    server.list.splice(0, 10);
    store.show(95, 120);
    await vi.advanceTimersByTimeAsync(0);
    // 1.110 stood at 110 and stands at 100 now; rows that moved to the second page have left the first.
    expect(uidAt(store, 100)).toBe('1.110');
    const places = Array.from({ length: 200 }, (_, index) => uidAt(store, index)).filter(Boolean);
    expect(new Set(places).size).toBe(places.length);
  });

  it('stay while the server is gone, and are up to date soon after it is back', async () => {
    const { server, store } = await open(300);
    server.down = true;
    store.changed(null);
    await vi.advanceTimersByTimeAsync(1_500);
    expect(store.state().error?.message).toBe('down');
    expect(uidAt(store, 5)).toBe('1.5');
    server.down = false;
    store.changed(null);
    await vi.advanceTimersByTimeAsync(6_500);
    expect(store.state().error).toBeNull();
  });

  it('are let go of far from sight, so that a long walk does not fill the memory', async () => {
    const { store } = await open(20_000);
    for (let first = 0; first < 20_000; first += 100) {
      store.show(first, first + 99);
      await vi.advanceTimersByTimeAsync(0);
    }
    const held = Array.from({ length: 20_000 }, (_, index) => store.rowAt(index)).filter(Boolean);
    expect(held.length).toBe(6_000);
    expect(uidAt(store, 19_999)).toBe('1.19999');
  });
});
