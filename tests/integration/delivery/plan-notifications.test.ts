import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { planNotifications } from '#platform/notifications/plan-notifications.ts';
import {
  concludedLabel,
  concludeStudy,
  planFor,
  readNotifications,
  ruleFor,
} from '#tests/support/notifications.ts';
import { startTestDatabase, type TestDatabase } from '#tests/support/postgres.ts';
import { seedStudy } from '#tests/support/seed-studies.ts';

const ANY = ruleFor({ flagged: true }, 'any');
const URGENT = ruleFor({ priorityAtLeast: 'STAT' }, 'urgent');
const FRACTURE = concludedLabel({
  ...{ id: 'fracture', label: 'Rib fracture' },
  code: { scheme: 'SCT', value: '33737001', meaning: 'Fracture of rib' },
});

let server: TestDatabase;
beforeAll(async () => {
  server = await startTestDatabase();
});
afterAll(() => server.stop());

/** What was planned for one study, rule by rule. */
async function plannedFor(studyKey: string) {
  const rows = await readNotifications(server.database);
  return rows.filter((row) => row.studyKey === studyKey);
}

describe('notifications of a result', () => {
  it('are written with what they say, and when they are given up', async () => {
    const run = await planFor(server.database, { rules: [ANY, URGENT] });
    const [row, ...others] = await plannedFor(run.studyKey);
    expect(others).toEqual([]);
    expect(row).toMatchObject({
      ...{ rule: 'any', state: 'waiting', attempts: 0, runKey: run.runKey, sentAt: null },
      ...{ createdAt: run.concludedAt, nextAttemptAt: run.concludedAt },
      lastImageAt: run.lastImageAt,
      giveUpAt: new Date(run.concludedAt.getTime() + 24 * 3_600_000),
      content: {
        studyInstanceUid: run.studyInstanceUid,
        ...{ accessionNumber: 'A-77', modality: 'DX', site: 'North', priority: 'HIGH' },
        reasons: [run.priorityReason],
        findings: [{ label: 'Pneumothorax', score: 0.93, threshold: 0.5, modelId: 'chest' }],
      },
    });
    expect(row?.idempotencyKey).toMatch(/^[0-9a-f-]{36}$/);
    expect(JSON.stringify(row)).not.toContain('Phantom');
  });

  it('go with the transaction: one that fails leaves none', async () => {
    const run = await concludeStudy(server.database);
    const failing = server.database.transaction().execute(async (trx) => {
      expect(await planNotifications(trx, [ANY], run)).toBe(1);
      throw new Error('the result could not be stored');
    });
    await expect(failing).rejects.toThrow('could not be stored');
    expect(await plannedFor(run.studyKey)).toEqual([]);
  });

  it('are not repeated by a rerun with the same outcome, whichever model gives it', async () => {
    const study = await seedStudy(server.database);
    await planFor(server.database, { rules: [ANY] }, { study });
    const labels = [concludedLabel({ modelVersion: '2.0.0', score: 0.71 })];
    await planFor(server.database, { rules: [ANY] }, { study, number: 2, labels });
    await planFor(server.database, { rules: [ANY] }, { study, number: 3, labels: [] });
    expect(await plannedFor(study.studyKey)).toHaveLength(1);
  });

  it('are sent again for what is newly flagged, and for a study that has become more urgent', async () => {
    const study = await seedStudy(server.database);
    const rules = [ANY, URGENT];
    const both = [concludedLabel(), FRACTURE];
    await planFor(server.database, { rules }, { study, priority: 'MEDIUM' });
    await planFor(server.database, { rules }, { study, number: 2, labels: both, priority: 'LOW' });
    const stat = { priority: 'STAT', labels: both } as const;
    await planFor(server.database, { rules }, { study, number: 3, ...stat });
    await planFor(server.database, { rules }, { study, number: 4, ...stat });
    const told = (await plannedFor(study.studyKey)).map(({ rule, content }) => [
      rule,
      content?.reasons.slice(1),
    ]);
    expect(told).toEqual([
      ['any', []],
      ['any', ['newly flagged: Rib fracture']],
      ['any', ['newly raised to STAT']],
      ['urgent', []],
    ]);
  });
});
