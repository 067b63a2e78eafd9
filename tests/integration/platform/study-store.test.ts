import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { compareOrder, type OrderKey } from '#core/priority.ts';
import { appendAudit, verifyAuditLog } from '#platform/audit-log/audit-log.ts';
import { CHANGE_CHANNEL } from '#platform/database/changes.ts';
import { listenToChannel } from '#platform/database/connect.ts';
import { readTriagePage, type StudyCondition } from '#platform/study-store/read-triage-page.ts';
import { updateStudy } from '#platform/study-store/update-study.ts';
import { startTestDatabase, type TestDatabase } from '#tests/support/postgres.ts';
import { anyOrderKey, anyTime, EPOCH } from '#tests/support/priority-arbitraries.ts';
import { waitFor } from '#tests/support/wait-for.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await startTestDatabase();
});
afterAll(async () => db.stop());
beforeEach(async () => {
  await db.database.deleteFrom('study').execute();
});

function row(uid: string, key: OrderKey) {
  return {
    studyInstanceUid: uid,
    status: 'receiving' as const,
    basePriority: key.basePriority,
    priority: key.priority,
    receivedAt: new Date(key.receivedAt),
    dueAt: new Date(key.dueAt),
    rankAt: new Date(key.rankAt),
    orderPrioritySource: 'test',
    reason: 'test',
    ruleId: 'test',
    ruleVersion: '1',
  };
}

const KEY: OrderKey = {
  basePriority: 'MEDIUM',
  priority: 'MEDIUM',
  receivedAt: EPOCH,
  dueAt: EPOCH + 1,
  rankAt: EPOCH,
};

async function insertStudy(uid: string): Promise<string> {
  const query = db.database.insertInto('study').values(row(uid, KEY)).returning('studyKey');
  return (await query.executeTakeFirstOrThrow()).studyKey;
}

/** Every study by pages of `limit`, in the order of triage at the time `now`. */
async function pageThrough(now: Date, limit: number): Promise<string[]> {
  const uids: string[] = [];
  for (let offset = 0, total = 1; offset < total; offset += limit) {
    const page = await db.database.transaction().execute(async (transaction) => {
      const filter: StudyCondition = (where) => where('readingStatus', 'in', ['unread', 'open']);
      const { studyKeys, ...rest } = await readTriagePage(transaction, filter, {
        ...{ now, limit, offset },
      });
      const query = transaction.selectFrom('study').select(['studyKey', 'studyInstanceUid']);
      const rows = await query.where('studyKey', 'in', studyKeys).execute();
      const uidOf = new Map(rows.map((study) => [study.studyKey, study.studyInstanceUid]));
      return { uids: studyKeys.map((key) => uidOf.get(key) ?? ''), ...rest };
    });
    total = page.total;
    uids.push(...page.uids);
  }
  return uids;
}

describe('the order in SQL', () => {
  it('equals compareOrder on random studies at random times', async () => {
    const keys = fc.array(anyOrderKey, { minLength: 2, maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(keys, anyTime, async (all, now) => {
        await db.database.deleteFrom('study').execute();
        const rows = all.map((key, index) => row(`1.${index}`, key));
        await db.database.insertInto('study').values(rows).execute();
        const found = await pageThrough(new Date(now), 7);
        const expected = all
          .map((key, index) => ({ key, uid: `1.${index}` }))
          .sort((a, b) => compareOrder(a.key, b.key, now));
        expect(found).toEqual(expected.map(({ uid }) => uid));
      }),
      { numRuns: 60 },
    );
  });
});

describe('changing a study', () => {
  it('compares the version, moves the status, counts up and tells', async () => {
    const studyKey = await insertStudy('1.2.3');
    const told: string[] = [];
    let connected = false;
    const listener = listenToChannel(db.url, CHANGE_CHANNEL, {
      onMessage: (uid) => told.push(uid),
      onConnect: () => {
        connected = true;
      },
    });
    await waitFor(() => connected, { what: 'the listener' });
    const changed = await db.database.transaction().execute((trx) =>
      updateStudy(trx, studyKey, {
        expectedVersion: 1,
        event: 'completed',
        patch: { statusReason: 'because' },
      }),
    );
    expect(changed).toEqual({ studyInstanceUid: '1.2.3', version: 2, status: 'queued' });
    await waitFor(() => told.includes('1.2.3'), { what: 'the word' });
    await listener.close();
    const study = await db.database.selectFrom('study').selectAll().executeTakeFirst();
    expect(study).toMatchObject({ version: 2, status: 'queued', statusReason: 'because' });
  });

  it('refuses a stale version, an illegal step and a study that is not there, and changes nothing', async () => {
    const studyKey = await insertStudy('1.2.4');
    const change = (key: string, by: Parameters<typeof updateStudy>[2]) =>
      db.database.transaction().execute((trx) => updateStudy(trx, key, by));
    await expect(change(studyKey, { expectedVersion: 7 })).rejects.toMatchObject({
      code: 'STALE_VERSION',
    });
    await expect(change(studyKey, { event: 'analysis-finished' })).rejects.toMatchObject({
      code: 'ILLEGAL_TRANSITION',
    });
    await expect(change('999999', {})).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const study = await db.database.selectFrom('study').selectAll().executeTakeFirst();
    expect(study).toMatchObject({ version: 1, status: 'receiving' });
  });

  it('lets one of many that saw the same version win', async () => {
    const studyKey = await insertStudy('1.2.5');
    const tries = Array.from({ length: 8 }, () =>
      db.database
        .transaction()
        .execute((trx) => updateStudy(trx, studyKey, { expectedVersion: 1 }))
        .then(
          () => 'won',
          (error: { code: string }) => error.code,
        ),
    );
    const results = (await Promise.all(tries)).sort();
    expect(results).toEqual([...Array.from({ length: 7 }, () => 'STALE_VERSION'), 'won']);
  });
});

describe('the audit log', () => {
  it('chains entries written at once, and names the first one that was tampered with', async () => {
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        appendAudit(db.database, {
          actor: 'tester',
          action: 'test.done',
          details: { zeta: index, alpha: { nested: [1, 'two', null, true] } },
        }),
      ),
    );
    const lost = db.database.transaction().execute(async (trx) => {
      await appendAudit(trx, { actor: 'tester', action: 'test.lost' });
      throw new Error('rolled back');
    });
    await expect(lost).rejects.toThrow('rolled back');
    expect(await verifyAuditLog(db.database)).toMatchObject({ intact: true, entries: 20 });

    const change = db.database.updateTable('auditLog').set({ actor: 'nobody' });
    await expect(change.execute()).rejects.toThrow(/append-only/);
    await expect(db.database.deleteFrom('auditLog').execute()).rejects.toThrow(/append-only/);
    await expect(sql`TRUNCATE audit_log`.execute(db.database)).rejects.toThrow(/append-only/);

    // Somebody with the rights of the database's owner.
    await sql`ALTER TABLE audit_log DISABLE TRIGGER audit_log_append_only`.execute(db.database);
    const fifth = await db.database
      .selectFrom('auditLog')
      .select('sequence')
      .orderBy('sequence')
      .offset(4)
      .limit(1)
      .executeTakeFirstOrThrow();
    await change.where('sequence', '=', fifth.sequence).execute();
    expect(await verifyAuditLog(db.database)).toMatchObject({
      intact: false,
      entries: 4,
      brokenAt: fifth.sequence,
    });
  });
});
