import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { siteStatusSchema } from '#contracts/site-status.ts';
import { storageCommitmentsSchema } from '#contracts/storage-commitment.ts';
import type { CommitmentFinding } from '#core/commitment-state.ts';
import {
  type DeliveryOutcome,
  findDue,
  recordDecision,
  recordDelivery,
  recordRequest,
} from '#listener/storage-commitment/commitment-store.ts';
import { startTestDatabase, type TestDatabase } from '#tests/support/postgres.ts';
import { temporaryDirectory } from '#tests/support/temporary.ts';
import { type Caller, callerFor, startTestWeb } from '#tests/support/web-server.ts';
import type { Web } from '#worklist/start-web.ts';

const directory = temporaryDirectory();
let db: TestDatabase;
let web: Web;
let admin: Caller;
let minutes = 0;
/** Within the last hours: what is damaged is news for a week. */
const started = Date.now() - 3 * 3_600_000;
const later = new Date(started + 3_600_000);

beforeAll(async () => {
  db = await startTestDatabase();
  const place = { database: db.database, databaseUrl: db.url, directory: directory.path };
  web = await startTestWeb(place, {
    dicom: { peers: [{ aeTitle: 'CT1' }], storageCommitment: { enabled: true } },
    retention: { keepAtLeastDays: 30 },
  });
  admin = await callerFor(web, db.database, { role: 'admin', name: 'anna' });
});
afterAll(async () => {
  await web.close();
  await db.stop();
  directory.remove();
});

/** A request, each a minute after the last, taken as far as the arguments go. */
async function seed(
  transactionUid: string,
  findings?: readonly CommitmentFinding[],
  outcome?: DeliveryOutcome,
): Promise<void> {
  minutes += 1;
  const now = new Date(started + minutes * 60_000);
  const references = [1, 2, 3].map((n) => {
    return { sopClassUid: '1.2.840.10008.5.1.4.1.1.2', sopInstanceUid: `${transactionUid}.${n}` };
  });
  const requester = { callingAe: 'CT1', calledAe: 'RADTRIAGE', peerAddress: '10.0.0.7' };
  const { database } = db;
  await recordRequest(
    database,
    { transactionUid, references, requester },
    { now, checkUntil: now },
  );
  const due = async (state: 'checking' | 'reporting') => {
    const all = await findDue(database, state, { now: new Date(), limit: 100 });
    const found = all.find((commitment) => commitment.transactionUid === transactionUid);
    if (found === undefined) throw new Error(`${transactionUid} is not ${state}`);
    return found;
  };
  if (findings === undefined) return;
  await recordDecision(database, await due('checking'), { findings, now });
  if (outcome === undefined) return;
  await recordDelivery(database, await due('reporting'), { outcome, now });
}

const read = async (query = '') => {
  const answer = await admin(`/api/admin/storage-commitments${query}`);
  expect(answer.status).toBe(200);
  return storageCommitmentsSchema.parse(await answer.json());
};

describe('the storage commitments that an administrator sees', () => {
  test('are none at first, and say what is promised', async () => {
    expect(await read()).toEqual({
      enabled: true,
      keepAtLeastDays: 30,
      counts: { checking: 0, reporting: 0, delivered: 0, 'given-up': 0 },
      items: [],
    });
  });

  test('come with what needs attention first, with counts, tries and the last error', async () => {
    await seed('1.1', ['kept', 'unknown', 'unknown'], {
      event: 'report-given-up',
      error: 'ASSOCIATION_FAILED: refused',
    });
    await seed('1.2', ['kept', 'kept', 'kept'], { event: 'report-delivered' });
    await seed('1.3');
    await seed('1.4', ['kept', 'file-altered', 'kept'], {
      event: 'try-again',
      error: 'the peer answered 0110H to the report',
      nextAttemptAt: later,
    });
    const { items, counts } = await read();
    expect(items.map(({ transactionUid }) => transactionUid)).toEqual(['1.1', '1.4', '1.3', '1.2']);
    expect(counts).toEqual({ checking: 1, reporting: 1, delivered: 1, 'given-up': 1 });
    expect(items[0]).toMatchObject({
      ...{ callingAe: 'CT1', peerAddress: '10.0.0.7', calledAe: 'RADTRIAGE', state: 'given-up' },
      ...{ objects: 3, kept: 1, refusals: [{ finding: 'unknown', objects: 2 }] },
      ...{ attempts: 1, lastError: 'ASSOCIATION_FAILED: refused', nextAttemptAt: null },
    });
    expect(items[1]).toMatchObject({
      ...{ state: 'reporting', nextAttemptAt: later.toISOString(), settledAt: null },
      refusals: [{ finding: 'file-altered', objects: 1 }],
    });
    expect(items[2]).toMatchObject({ state: 'checking', kept: null, refusals: [] });
    expect((await read('?limit=1')).items).toHaveLength(1);
  });

  test('are among the problems when a file is damaged, or a peer could not be told', async () => {
    const { problems } = siteStatusSchema.parse(await (await admin('/api/admin/status')).json());
    const named = problems.filter(({ place }) => place === 'storage');
    expect(named.map(({ level, what }) => [level, what])).toEqual([
      ['fault', '1 kept file missing or altered'],
      ['warning', expect.stringContaining('1 storage commitment')],
    ]);
  });

  test('can be taken up again once given up, which the audit log names', async () => {
    const [givenUp, , , delivered] = (await read()).items;
    const path = (key = '0') => `/api/admin/storage-commitments/${key}/retry`;
    expect((await admin(path(givenUp?.key), { method: 'POST' })).status).toBe(200);
    expect((await admin(path(delivered?.key), { method: 'POST' })).status).toBe(400);
    expect((await admin(path(), { method: 'POST' })).status).toBe(404);
    const after = (await read()).items.find(({ key }) => key === givenUp?.key);
    expect(after).toMatchObject({ state: 'checking', kept: null, attempts: 0, lastError: null });
    const audit = await db.database
      .selectFrom('auditLog')
      .select(['actor', 'details'])
      .where('action', '=', 'storage-commitment.retried')
      .execute();
    expect(audit).toEqual([
      { actor: 'token:anna', details: { callingAe: 'CT1', transactionUid: '1.1' } },
    ]);
  });

  test('are for administrators alone', async () => {
    const reader = await callerFor(web, db.database, { role: 'radiologist', name: 'ruth' });
    expect((await reader('/api/admin/storage-commitments')).status).toBe(403);
    const retry = await reader('/api/admin/storage-commitments/1/retry', { method: 'POST' });
    expect(retry.status).toBe(403);
  });
});
