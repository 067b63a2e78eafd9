import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { DeliverySite, storeTo } from '#tests/support/delivery-site.ts';
import { type HostileBehaviour, HostilePacs } from '#tests/support/hostile-pacs.ts';
import { findFreePort } from '#tests/support/ports.ts';
import { waitFor } from '#tests/support/wait-for.ts';

const SEG = '1.2.840.10008.5.1.4.1.1.66.4';

describe('destinations that misbehave', () => {
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

  async function hostile(behaviour: HostileBehaviour = {}): Promise<HostilePacs> {
    const pacs = await HostilePacs.start(behaviour);
    peers.push(pacs);
    return pacs;
  }

  const isSent = ({ state }: { state: string }) => state === 'sent';

  it('get several objects over one association, in order, bytes as they are', async () => {
    const pacs = await hostile();
    const config = site.configure([storeTo(pacs.port)]);
    const { objects } = await site.plan(config.destinations, ['sr', 'sc', 'seg', 'ko', 'gsps']);
    site.serve(config);
    await site.waitForRows('everything to be sent', isSent);
    expect(pacs.associations).toBe(1);
    expect(pacs.taken).toEqual(objects.map(({ sopInstanceUid }) => sopInstanceUid));
    for (const [index, { dataSet }] of pacs.requests.entries()) {
      const file = objects[index]?.bytes ?? Buffer.alloc(0);
      expect(file.subarray(file.length - dataSet.length).equals(dataSet)).toBe(true);
    }
    const state = await waitFor(
      async () => {
        const row = await site.destination();
        return row.leaseOwner === null ? row : undefined;
      },
      { what: 'the end of the run' },
    );
    expect(state).toMatchObject({ failures: 0, lastError: null });
    expect(state.reachableSince).toBeInstanceOf(Date);
  });

  it('are judged by their status, and nothing that they say of patients is kept', async () => {
    const statuses = [0xb007, 0x0111, 0xa900, 0xc000, 0x0122, 0x0000];
    const pacs = await hostile({ answer: ({ number }) => statuses[number - 1] ?? 0 });
    const config = site.configure([storeTo(pacs.port)]);
    for (const _ of statuses) await site.plan(config.destinations, ['sr']);
    site.serve(config);
    const rows = await site.waitForRows('all to be settled', ({ state }) => state !== 'waiting');
    expect(rows.map(({ state, warning, lastError }) => [state, warning ?? lastError])).toEqual([
      ['sent', 'B007H (the data set does not fit its SOP class)'],
      ['sent', '0111H (the object is there already)'],
      ['dead', 'answered A900H (the data set does not fit its SOP class)'],
      ['dead', 'answered C000H (the object is not understood)'],
      ['dead', 'answered 0122H (the SOP class is not taken)'],
      ['sent', null],
    ]);
    expect(rows.every(({ attempts }) => attempts === 1)).toBe(true);
    expect(JSON.stringify(rows)).not.toContain('PATIENT');
  });

  it('are tried again when they are out of resources, and the study waits in order', async () => {
    const pacs = await hostile({ answer: ({ number }) => (number <= 2 ? 0xa700 : 0) });
    const config = site.configure([storeTo(pacs.port)]);
    const { objects } = await site.plan(config.destinations, ['sr', 'sc']);
    site.serve(config);
    const rows = await site.waitForRows('both to be sent', isSent);
    const [first = '', second = ''] = objects.map(({ sopInstanceUid }) => sopInstanceUid);
    expect(pacs.requests.map(({ sopInstanceUid }) => sopInstanceUid)).toEqual([
      ...[first, first, first],
      second,
    ]);
    expect(rows.map(({ attempts }) => attempts)).toEqual([3, 1]);
  });

  it('lose one object for good after the attempts that they are given', async () => {
    const pacs = await hostile({ answer: () => 0xa700 });
    const config = site.configure([storeTo(pacs.port, { maxAttempts: 3 })]);
    await site.plan(config.destinations, ['sr']);
    site.serve(config);
    const [row] = await site.waitForRows('a dead letter', ({ state }) => state === 'dead');
    expect(row?.lastError).toBe('given up after 3 attempts: answered A700H (out of resources)');
    expect(pacs.requests).toHaveLength(3);
  });

  it('may refuse one class: that object is dead with its reason, the others are sent', async () => {
    const pacs = await hostile({ accepts: (uid) => uid !== SEG });
    const config = site.configure([storeTo(pacs.port)]);
    await site.plan(config.destinations, ['sr', 'seg', 'sc']);
    site.serve(config);
    const rows = await site.waitForRows('all to be settled', ({ state }) => state !== 'waiting');
    expect(rows.map(({ state }) => state)).toEqual(['sent', 'dead', 'sent']);
    expect(rows[1]?.lastError).toBe(`takes no ${SEG} in syntax 1.2.840.10008.1.2.1`);
  });

  it('that abort in the middle of an object get it again, once the others are through', async () => {
    const pacs = await hostile({
      midDataSet: (number) => (pacs.associations === 1 && number === 1 ? 'abort' : 'go on'),
    });
    const config = site.configure([storeTo(pacs.port)]);
    const poisoned = await site.plan(config.destinations, ['sc', 'sr'], { size: 600 });
    const other = await site.plan(config.destinations, ['sr']);
    site.serve(config);
    await site.waitForRows('all to be sent', isSent);
    const uids = [...other.objects, ...poisoned.objects].map((each) => each.sopInstanceUid);
    expect([...pacs.taken].sort()).toEqual([...uids].sort());
    expect((await site.rows()).map(({ attempts }) => attempts)).toEqual([2, 1, 1]);
  });

  it('that stall are left after their time, and get the same object again', async () => {
    const pacs = await hostile({
      answer: ({ number }) => (number === 1 ? 'silence' : 0),
    });
    const timeouts = { connectSeconds: 5, responseSeconds: 0.3 };
    const config = site.configure([storeTo(pacs.port, { timeouts })]);
    const { objects } = await site.plan(config.destinations, ['sr']);
    site.serve(config);
    const [row] = await site.waitForRows('it to be sent', isSent);
    expect(row?.attempts).toBe(2);
    const uid = objects[0]?.sopInstanceUid;
    expect(pacs.requests.map(({ sopInstanceUid }) => sopInstanceUid)).toEqual([uid, uid]);
  });

  it('hold up nobody else, whether down, deaf, stalling or slow', async () => {
    const deaf = await hostile({ deaf: true });
    const stalling = await hostile({ answer: () => 'silence' });
    const inside = await hostile({ midDataSet: () => 'stall' });
    const slow = await hostile({
      answer: () => new Promise((done) => setTimeout(done, 1_500, 0)),
    });
    const good = await hostile();
    const config = site.configure([
      storeTo(deaf.port, { name: 'deaf' }),
      storeTo(stalling.port, { name: 'stalling' }),
      storeTo(inside.port, { name: 'inside' }),
      storeTo(slow.port, { name: 'slow' }),
      storeTo(await findFreePort(), { name: 'down' }),
      storeTo(good.port, { name: 'good' }),
    ]);
    site.serve(config);
    await waitFor(async () => (await site.destination('good')).name, { what: 'the loops' });
    // Everything is stuck before the good one has something to do.
    await site.plan(config.destinations.slice(0, 5), ['sr']);
    await waitFor(() => stalling.requests.length > 0 && slow.requests.length > 0, {
      what: 'the bad ones to be busy',
    });
    for (let round = 0; round < 3; round += 1) {
      const startedAt = performance.now();
      await site.plan(config.destinations, ['sr']);
      await site.waitForRows('the good one to be served', isSent, { destination: 'good' });
      expect(performance.now() - startedAt).toBeLessThan(1_000);
    }
    const down = await site.destination('down');
    expect(down.reachableSince).toBeNull();
    expect(down.lastError).toMatch(/^ASSOCIATION_FAILED: .*ECONNREFUSED/);
    expect((await site.rows('down')).every(({ attempts }) => attempts === 0)).toBe(true);
  });
});
