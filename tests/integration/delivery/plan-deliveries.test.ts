import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DeliveryFacts, planDeliveries } from '#delivery/destinations/plan-deliveries.ts';
import { destinations as schema } from '#platform/config/destinations.ts';
import { startTestDatabase, type TestDatabase } from '#tests/support/postgres.ts';
import { seedResults } from '#tests/support/seed-results.ts';
import { seedStudy } from '#tests/support/seed-studies.ts';
import { temporaryDirectory } from '#tests/support/temporary.ts';

const to = { kind: 'C-STORE', host: '127.0.0.1', port: 104, calledAe: 'PACS' };
const destinations = schema.parse([
  { ...to, name: 'pacs', send: ['sr', 'sc'] },
  { ...to, name: 'archive', send: ['sr'], when: [{ verifiedOnly: true }] },
]);

describe('planning of deliveries', () => {
  let server: TestDatabase;
  const files = temporaryDirectory();
  beforeAll(async () => {
    server = await startTestDatabase();
  });
  afterAll(async () => {
    await server.stop();
    files.remove();
  });

  async function factsOf(kinds: readonly ('sr' | 'sc' | 'ko')[]): Promise<DeliveryFacts> {
    const study = await seedStudy(server.database);
    const objects = await seedResults(server.database, study, { directory: files.path, kinds });
    const rule = { callingAe: 'CT1', site: '', modality: 'CT', priority: 'HIGH' } as const;
    return { ...rule, studyKey: study.studyKey, flagged: true, verified: false, objects };
  }

  function planned(studyKey: string) {
    return server.database
      .selectFrom('delivery')
      .innerJoin('resultObject', 'resultObject.resultObjectKey', 'delivery.resultObjectKey')
      .select(['destination', 'kind', 'state', 'attempts'])
      .where('delivery.studyKey', '=', studyKey)
      .orderBy('deliveryKey')
      .execute();
  }

  it('is a row for each object that a destination gets, in the order given', async () => {
    const facts = await factsOf(['sc', 'sr', 'ko']);
    const plan = (verified: boolean) =>
      server.database
        .transaction()
        .execute((trx) => planDeliveries(trx, destinations, { ...facts, verified }));
    expect(await plan(false)).toBe(2);
    const fresh = { destination: 'pacs', state: 'waiting', attempts: 0 };
    expect(await planned(facts.studyKey)).toEqual([
      { ...fresh, kind: 'sc' },
      { ...fresh, kind: 'sr' },
    ]);
    // Again, as a job that runs twice does, now signed: only what is new is added.
    expect(await plan(true)).toBe(1);
    expect(await plan(true)).toBe(0);
    expect((await planned(facts.studyKey)).map(({ destination }) => destination)).toEqual([
      'pacs',
      'pacs',
      'archive',
    ]);
  });

  it('is undone with the transaction of its caller', async () => {
    const facts = await factsOf(['sr']);
    const failed = server.database.transaction().execute(async (trx) => {
      await planDeliveries(trx, destinations, facts);
      throw new Error('the caller fails');
    });
    await expect(failed).rejects.toThrow('the caller fails');
    expect(await planned(facts.studyKey)).toEqual([]);
  });
});
