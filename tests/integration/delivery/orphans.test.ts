import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { deliveriesSchema } from '#contracts/deliveries.ts';
import { siteStatusSchema } from '#contracts/site-status.ts';
import { deliveryRoutes } from '#delivery/destinations/delivery-routes.ts';
import { addDestination } from '#delivery/destinations/destination-store.ts';
import { DeliverySite, storeTo } from '#tests/support/delivery-site.ts';
import { HostilePacs } from '#tests/support/hostile-pacs.ts';
import { callerFor, startTestWeb } from '#tests/support/web-server.ts';

const GONE = 'the destination is not in the configuration any more';
const isMarked = ({ state, lastError }: { state: string; lastError: string | null }) =>
  state === 'waiting' && lastError === GONE;

describe('deliveries to a destination that is gone from the configuration', () => {
  let site: DeliverySite;
  let pacs: HostilePacs;
  const closing: (() => Promise<unknown>)[] = [];
  beforeAll(async () => {
    site = await DeliverySite.start();
    pacs = await HostilePacs.start({});
  });
  afterEach(async () => {
    await site.reset();
    for (const close of closing.splice(0).reverse()) await close();
  });
  afterAll(async () => {
    await pacs.close();
    await site.stop();
  });

  async function open(name: string, destinations: Record<string, unknown>[]) {
    const { database, url: databaseUrl } = site.db;
    const place = { database, databaseUrl, directory: site.files.path };
    const web = await startTestWeb(place, { destinations }, { extraRoutes: [deliveryRoutes] });
    closing.push(() => web.close());
    return callerFor(web, database, { role: 'admin', name });
  }

  it('are told with count and name, and dismissed by an administrator alone', async () => {
    const { database } = site.db;
    await addDestination(database, 'pacs');
    const { objects } = await site.plan(site.configure([storeTo(pacs.port)]).destinations, [
      'sr',
      'sc',
    ]);
    expect(objects).toHaveLength(2);
    const dismiss = ['/api/admin/destinations/pacs/dismiss', { method: 'POST' }] as const;
    const configured = await open('otto', [storeTo(pacs.port)]);
    expect((await configured(...dismiss)).status).toBe(400);

    const caller = await open('anna', []);
    const { problems } = siteStatusSchema.parse(await (await caller('/api/admin/status')).json());
    expect(problems.filter(({ place }) => place === 'destinations')).toMatchObject([
      { what: '2 objects wait for the destination pacs, which is gone' },
    ]);
    const status = deliveriesSchema.parse(await (await caller('/api/admin/deliveries')).json());
    expect(status.destinations).toMatchObject([{ name: 'pacs', configured: false, waiting: 2 }]);
    expect(await (await caller(...dismiss)).json()).toEqual({ deliveries: 2 });
    expect((await site.rows()).map(({ state }) => state)).toEqual(['dismissed', 'dismissed']);
    const audited = await database
      .selectFrom('auditLog')
      .select(['actor', 'action', 'details'])
      .orderBy('sequence', 'desc')
      .executeTakeFirstOrThrow();
    expect(audited).toMatchObject({
      ...{ actor: 'token:anna', action: 'delivery.dismissed' },
      details: { destination: 'pacs', deliveries: 2 },
    });
    expect(await (await caller(...dismiss)).json()).toEqual({ deliveries: 0 });
  });

  it('wait however long, and are sent when it comes back', async () => {
    const config = site.configure([storeTo(pacs.port)]);
    await site.plan(config.destinations, ['sr', 'sc']);
    const longAgo = new Date(Date.now() - 365 * 24 * 3_600_000);
    await site.db.database.updateTable('delivery').set({ waitingSince: longAgo }).execute();
    const without = site.serve(site.configure([]));
    await site.waitForRows('the mark', isMarked);
    await without.close();
    site.serve(config);
    await site.waitForRows('both to be sent', ({ state }) => state === 'sent');
  });
});
