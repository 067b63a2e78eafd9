import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { deliveriesSchema, destinationTestSchema } from '#contracts/deliveries.ts';
import { createDeliveryMetrics } from '#delivery/destinations/delivery-metrics.ts';
import { deliveryRoutes } from '#delivery/destinations/delivery-routes.ts';
import { MetricsRegistry } from '#platform/metrics/registry.ts';
import { DeliverySite, storeTo } from '#tests/support/delivery-site.ts';
import { HostilePacs } from '#tests/support/hostile-pacs.ts';
import { findFreePort } from '#tests/support/ports.ts';
import { startCommand } from '#tests/support/start-command.ts';
import { startTestListener } from '#tests/support/test-listener.ts';
import { waitFor } from '#tests/support/wait-for.ts';
import { callerFor, startTestWeb } from '#tests/support/web-server.ts';

const isDead = ({ state }: { state: string }) => state === 'dead';
const isSent = ({ state }: { state: string }) => state === 'sent';

describe('administration of deliveries', () => {
  let site: DeliverySite;
  let pacs: HostilePacs;
  const closing: (() => Promise<unknown>)[] = [];
  beforeAll(async () => {
    site = await DeliverySite.start();
  });
  afterEach(async () => {
    await site.reset();
    await site.db.database.deleteFrom('apiToken').execute();
    for (const close of closing.splice(0).reverse()) await close();
  });
  afterAll(() => site.stop());

  async function open(settings: Record<string, unknown> = {}) {
    pacs = await HostilePacs.start({ answer: () => 0xa900 });
    closing.push(() => pacs.close());
    const destinations = [
      storeTo(pacs.port),
      storeTo(await findFreePort(), { name: 'down', when: [{ verifiedOnly: true }] }),
    ];
    const config = site.configure(destinations, settings);
    const place = {
      database: site.db.database,
      databaseUrl: site.db.url,
      directory: site.files.path,
    };
    const options = { extraRoutes: [deliveryRoutes] };
    const web = await startTestWeb(place, { destinations, ...settings }, options);
    closing.push(() => web.close());
    const caller = await callerFor(web, site.db.database, { role: 'admin', name: 'anna' });
    const status = async () =>
      deliveriesSchema.parse(await (await caller('/api/admin/deliveries')).json());
    const post = (path: string) => caller(`/api/admin/${path}`, { method: 'POST' });
    return { config, destinations, web, status, post };
  }

  const audited = () =>
    site.db.database
      .selectFrom('auditLog')
      .select(['actor', 'action', 'details'])
      .orderBy('sequence', 'desc')
      .limit(1)
      .executeTakeFirstOrThrow();

  it('shows each destination, and dead letters with their reason', async () => {
    const { config, status } = await open();
    const { study, objects } = await site.plan(config.destinations, ['sr', 'sc']);
    site.serve(config);
    await site.waitForRows('dead letters', isDead);
    const { destinations, dead } = await waitFor(
      async () => {
        const found = await status();
        return found.destinations[0]?.reachableSince === null ? undefined : found;
      },
      { what: 'the contact to be known' },
    );
    expect(
      destinations.map(({ name, configured, dead: count }) => [name, configured, count]),
    ).toEqual([
      ['pacs', true, 2],
      ['down', true, 0],
    ]);
    expect(destinations[0]?.address).toBe(`PACS@127.0.0.1:${pacs.port}`);
    expect(dead.map(({ sopInstanceUid, reason }) => [sopInstanceUid, reason])).toEqual(
      objects
        .map(({ sopInstanceUid }) => [
          sopInstanceUid,
          'answered A900H (the data set does not fit its SOP class)',
        ])
        .reverse(),
    );
    expect(dead[0]?.studyInstanceUid).toBe(study.studyInstanceUid);
  });

  it('sends one again or all of a destination, or leaves one at that, and writes it down', async () => {
    const { config, status, post } = await open();
    await site.plan(config.destinations, ['sr', 'sc', 'ko']);
    site.serve(config);
    await site.waitForRows('dead letters', isDead);
    const [first, second] = (await status()).dead;
    expect(await (await post(`deliveries/${first?.id}/dismiss`)).json()).toMatchObject({
      state: 'dismissed',
    });
    expect(await audited()).toMatchObject({ actor: 'token:anna', action: 'delivery.dismissed' });
    expect((await post(`deliveries/${first?.id}/dismiss`)).status).toBe(409);
    pacs.behaviour = {};
    expect(await (await post(`deliveries/${second?.id}/resend`)).json()).toMatchObject({
      state: 'waiting',
    });
    expect(await audited()).toMatchObject({
      action: 'delivery.resent',
      details: { destination: 'pacs', sopInstanceUid: second?.sopInstanceUid },
    });
    await waitFor(async () => (await site.rows()).some(isSent), { what: 'one to be sent' });
    expect(await (await post('destinations/pacs/resend')).json()).toEqual({ deliveries: 1 });
    await waitFor(async () => (await site.rows()).filter(isSent).length === 2, {
      what: 'the other',
    });
    expect((await site.rows()).map(({ state }) => state).sort()).toEqual([
      'dismissed',
      'sent',
      'sent',
    ]);
    expect((await post('destinations/nobody/resend')).status).toBe(400);
    expect((await post('deliveries/999999/resend')).status).toBe(404);
  });

  it('is for administrators alone', async () => {
    const { web } = await open();
    const reader = await callerFor(web, site.db.database, { role: 'radiologist', name: 'rita' });
    for (const [method, path] of [
      ['GET', 'deliveries'],
      ['POST', 'deliveries/1/resend'],
      ['POST', 'deliveries/1/dismiss'],
      ['POST', 'destinations/pacs/resend'],
      ['POST', 'destinations/pacs/dismiss'],
      ['POST', 'destinations/pacs/test'],
    ] as const) {
      expect((await reader(`/api/admin/${path}`, { method })).status, path).toBe(403);
    }
  });

  it('tests a destination by C-ECHO, and says why it does not answer', async () => {
    const { post } = await open();
    const down = destinationTestSchema.parse(await (await post('destinations/down/test')).json());
    expect(down).toMatchObject({ reachable: false });
    expect(down.detail).toContain('ECONNREFUSED');
    expect(await audited()).toMatchObject({ action: 'destination.tested', actor: 'token:anna' });
    expect((await post('destinations/nobody/test')).status).toBe(404);
    const { port, listener } = await startTestListener();
    closing.push(() => listener.close({ graceMs: 0 }));
    const destinations = [storeTo(port, { calledAe: 'RADTRIAGE' })];
    const place = {
      database: site.db.database,
      databaseUrl: site.db.url,
      directory: site.files.path,
    };
    const web = await startTestWeb(place, { destinations }, { extraRoutes: [deliveryRoutes] });
    closing.push(() => web.close());
    const caller = await callerFor(web, site.db.database, { role: 'admin', name: 'otto' });
    const answer = await caller('/api/admin/destinations/pacs/test', { method: 'POST' });
    expect(await answer.json()).toMatchObject({ reachable: true, detail: 'C-ECHO answered 0000H' });
  });

  it('gives figures by destination', async () => {
    const { config } = await open();
    const registry = new MetricsRegistry();
    const { database } = site.db;
    await site.plan(config.destinations, ['sr', 'sc']);
    const { timer, onResult } = createDeliveryMetrics(registry, database, config.destinations);
    closing.push(async () => clearInterval(timer));
    site.serve(config, { onResult });
    await site.waitForRows('dead letters', isDead);
    // What waits is looked for every ten seconds.
    await waitFor(
      () => registry.render().includes('radtriage_deliveries_dead{destination="pacs"} 2'),
      { what: 'the figures', deadlineMs: 20_000 },
    );
    const text = registry.render();
    for (const line of [
      'radtriage_deliveries_waiting{destination="down"} 0',
      'radtriage_deliveries_oldest_waiting_seconds{destination="pacs"} 0',
      'radtriage_delivery_attempts_total{destination="pacs",outcome="refused"} 2',
      'radtriage_delivery_attempts_total{destination="down",outcome="taken"} 0',
    ]) {
      expect(text).toContain(line);
    }
  });

  it('lists and sends again on the command line', async () => {
    const { config, destinations } = await open();
    await site.plan(config.destinations, ['sr', 'sc']);
    const deliveries = site.serve(config);
    await site.waitForRows('dead letters', isDead);
    const file = join(site.files.path, 'deliveries.yaml');
    const tree = { dataDirectory: site.files.path, databaseUrl: site.db.url, destinations };
    writeFileSync(file, JSON.stringify(tree));
    const cli = (...args: string[]) =>
      startCommand(['deliveries', ...args], { RADTRIAGE_CONFIG: file }).ended;
    const listed = await cli('list');
    expect(listed.output.match(/answered A900H/g)).toHaveLength(2);
    const key = /^(\d+) /m.exec(listed.output)?.[1] ?? '';
    pacs.behaviour = {};
    expect(await cli('resend', key)).toMatchObject({ code: 0 });
    await waitFor(async () => (await site.rows()).filter(isSent).length === 1, { what: 'one' });
    expect((await cli('resend', '--destination', 'pacs')).output).toMatch(/^1 sent again/);
    await site.waitForRows('both to be sent', isSent);
    expect((await cli('list')).output).toContain('nothing waits, nothing is dead');
    expect((await cli('list', '--all')).output.match(/ sent /g)?.length).toBeGreaterThanOrEqual(2);
    expect(await cli('resend')).toMatchObject({ code: 2 });
    expect(await cli('resend', '--destination', 'nobody')).toMatchObject({ code: 2 });
    await deliveries.close();
  });
});
