import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { DeliverySite, storeTo } from '#tests/support/delivery-site.ts';
import { HostilePacs } from '#tests/support/hostile-pacs.ts';
import { findFreePort } from '#tests/support/ports.ts';
import { waitFor } from '#tests/support/wait-for.ts';

const MINUTE_MS = 60_000;
const isSent = ({ state }: { state: string }) => state === 'sent';

/** A clock that a test moves. */
function movable() {
  let ahead = 0;
  return {
    clock: () => new Date(Date.now() + ahead),
    forward: (ms: number) => {
      ahead += ms;
    },
  };
}

describe('deliveries', () => {
  let site: DeliverySite;
  const peers: HostilePacs[] = [];
  beforeAll(async () => {
    site = await DeliverySite.start();
  });
  afterEach(async () => {
    await site.reset();
    await Promise.all(peers.splice(0).map((peer) => peer.close()));
  });
  afterAll(() => site.stop());

  async function openPacs(port = 0): Promise<HostilePacs> {
    const pacs = await HostilePacs.start({}, port);
    peers.push(pacs);
    return pacs;
  }

  it('all reach a PACS that was away for 30 minutes, in order, and none counts an attempt', async () => {
    const port = await findFreePort();
    const config = site.configure([storeTo(port, { retrySeconds: 5 })]);
    const { clock, forward } = movable();
    const planned = [];
    for (let study = 0; study < 3; study += 1) {
      planned.push(...(await site.plan(config.destinations, ['sr', 'sc'])).objects);
    }
    const deliveries = site.serve(config, { clock });
    const pauses: number[] = [];
    const endsAt = clock().getTime() + 30 * MINUTE_MS;
    for (let failures = 1; clock().getTime() < endsAt; failures += 1) {
      const { nextAttemptAt } = await waitFor(
        async () => {
          const row = await site.destination();
          return row.failures === failures ? row : undefined;
        },
        { what: `failure ${failures}` },
      );
      const pause = (nextAttemptAt?.getTime() ?? 0) - clock().getTime();
      pauses.push(pause);
      forward(pause + 1);
      deliveries.wake();
    }
    // 5, 10, 20 ... seconds, up to ten minutes: each between half of it and the whole.
    expect(pauses.length).toBeGreaterThanOrEqual(9);
    for (const [index, pause] of pauses.entries()) {
      const whole = Math.min(5_000 * 2 ** index, 10 * MINUTE_MS);
      expect(pause).toBeLessThanOrEqual(whole);
      expect(pause).toBeGreaterThan(whole / 2 - 1_000);
    }
    expect((await site.rows()).every(({ attempts }) => attempts === 0)).toBe(true);
    const pacs = await openPacs(port);
    forward(10 * MINUTE_MS);
    deliveries.wake();
    await site.waitForRows('everything to be sent', isSent);
    expect(pacs.taken).toEqual(planned.map(({ sopInstanceUid }) => sopInstanceUid));
    const { reachableSince, lastError } = await waitFor(
      async () => {
        const row = await site.destination();
        return row.failures === 0 ? row : undefined;
      },
      { what: 'the answer to be known' },
    );
    expect(lastError).toContain('ECONNREFUSED');
    expect(reachableSince).not.toBeNull();
  });

  it('become dead letters when the time to give up has passed, with what was wrong', async () => {
    const config = site.configure([storeTo(await findFreePort(), { giveUpHours: 1 })]);
    const { clock, forward } = movable();
    await site.plan(config.destinations, ['sr']);
    const deliveries = site.serve(config, { clock });
    await waitFor(async () => (await site.destination()).failures > 0, { what: 'a failure' });
    forward(59 * MINUTE_MS);
    deliveries.wake();
    await waitFor(async () => (await site.destination()).failures > 1, { what: 'another failure' });
    expect((await site.rows())[0]?.state).toBe('waiting');
    forward(2 * MINUTE_MS);
    deliveries.wake();
    const [row] = await site.waitForRows('a dead letter', ({ state }) => state === 'dead');
    expect(row?.lastError).toMatch(/^given up: ASSOCIATION_FAILED: .*ECONNREFUSED/);
  });

  async function supersede(resultObjectKey: string): Promise<void> {
    await site.db.database
      .updateTable('resultObject')
      .set({ supersededAt: new Date() })
      .where('resultObjectKey', '=', resultObjectKey)
      .execute();
  }

  it('that were overtaken before they were ever sent are left out', async () => {
    const port = await findFreePort();
    const config = site.configure([storeTo(port)]);
    const first = await site.plan(config.destinations, ['sr']);
    const deliveries = site.serve(config);
    await waitFor(async () => (await site.destination()).failures > 0, { what: 'a failure' });
    await supersede(first.objects[0]?.resultObjectKey ?? '');
    const { study } = first;
    const second = await site.plan(config.destinations, ['sr'], { study, number: 2 });
    const pacs = await openPacs(port);
    deliveries.wake();
    const rows = await site.waitForRows('all to be settled', ({ state }) => state !== 'waiting');
    expect(rows.map(({ state }) => state)).toEqual(['superseded', 'sent']);
    expect(pacs.taken).toEqual([second.objects[0]?.sopInstanceUid]);
  });

  it('that may have arrived are sent before what overtook them', async () => {
    const pacs = await openPacs();
    // It takes the object, and the line is lost before its answer comes: nobody knows.
    pacs.behaviour = { answer: ({ number }) => (number === 1 ? 'abort' : 0) };
    const config = site.configure([storeTo(pacs.port, { retrySeconds: 0.5 })]);
    const first = await site.plan(config.destinations, ['sr']);
    site.serve(config);
    await waitFor(() => pacs.requests.length === 1, { what: 'the first attempt' });
    await supersede(first.objects[0]?.resultObjectKey ?? '');
    const { study } = first;
    const second = await site.plan(config.destinations, ['sr'], { study, number: 2 });
    await site.waitForRows('both to be sent', isSent);
    expect(pacs.taken).toEqual(
      [first, second].map(({ objects }) => objects[0]?.sopInstanceUid ?? ''),
    );
  });

  it('that show a place never leave in the reading mode triage-only', async () => {
    const pacs = await openPacs();
    const config = site.configure([storeTo(pacs.port)], { readingMode: 'triage-only' });
    const { objects } = await site.plan(config.destinations, ['sr', 'sc']);
    site.serve(config);
    const rows = await site.waitForRows('all to be settled', ({ state }) => state !== 'waiting');
    expect(rows.map(({ kind, state }) => [kind, state])).toEqual([
      ['sr', 'sent'],
      ['sc', 'dead'],
    ]);
    expect(rows[1]?.lastError).toContain('triage-only');
    expect(pacs.taken).toEqual([objects[0]?.sopInstanceUid]);
  });

  it('are shared by two workers, each object sent once and in order', async () => {
    const pacs = await openPacs();
    const config = site.configure([storeTo(pacs.port)]);
    site.serve(config);
    site.serve(config);
    const expected = new Map<string, string[]>();
    for (let round = 0; round < 30; round += 1) {
      const { study, objects } = await site.plan(config.destinations, ['sr', 'ko', 'gsps']);
      expected.set(
        study.studyKey,
        objects.map(({ sopInstanceUid }) => sopInstanceUid),
      );
    }
    await site.waitForRows('everything to be sent', isSent, { deadlineMs: 60_000 });
    expect(pacs.taken).toHaveLength(90);
    expect(new Set(pacs.taken).size).toBe(90);
    for (const uids of expected.values()) {
      expect(pacs.taken.filter((uid) => uids.includes(uid))).toEqual(uids);
    }
  });

  it('go on after the database was away in the middle of them, and blame nobody', async () => {
    const pacs = await openPacs();
    pacs.behaviour = {
      answer: async ({ number }) => {
        if (number === 3) await site.db.killAndRestart();
        return 0;
      },
    };
    const config = site.configure([storeTo(pacs.port, { timeouts: { responseSeconds: 40 } })]);
    const { objects } = await site.plan(config.destinations, ['sr', 'sc', 'ko', 'gsps']);
    site.serve(config);
    await waitFor(() => pacs.requests.length >= 3, { what: 'the third object' });
    const rows = await waitFor(
      async () => {
        const found = await site.rows().catch(() => []);
        return found.length > 0 && found.every(isSent) ? found : undefined;
      },
      { what: 'everything to be sent', deadlineMs: 60_000 },
    );
    const uids = objects.map(({ sopInstanceUid }) => sopInstanceUid);
    expect(rows.map(({ sopInstanceUid }) => sopInstanceUid)).toEqual(uids);
    // The third may have come twice: its answer came while nobody could write it down.
    expect([...new Set(pacs.taken)]).toEqual(uids);
    expect((await site.destination()).lastError).toBeNull();
  });

  it('end within a moment when the process is stopped in the middle of one', async () => {
    const pacs = await openPacs();
    pacs.behaviour = { answer: () => 'silence' };
    const config = site.configure([storeTo(pacs.port)]);
    await site.plan(config.destinations, ['sr']);
    const deliveries = site.serve(config);
    await waitFor(() => pacs.requests.length === 1, { what: 'the object to be under way' });
    const startedAt = performance.now();
    await deliveries.close();
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    const [row] = await site.rows();
    expect(row).toMatchObject({ state: 'waiting', lastError: null });
    expect(await site.destination()).toMatchObject({ failures: 0, leaseOwner: null });
  });
});
