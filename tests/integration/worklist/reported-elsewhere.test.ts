import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { refusedReportsSchema } from '#contracts/outside-reports.ts';
import { errorSchema } from '#contracts/session.ts';
import { siteStatusSchema } from '#contracts/site-status.ts';
import { studyDetailSchema } from '#contracts/study.ts';
import { worklistSchema } from '#contracts/worklist.ts';
import { settleWaiting } from '#platform/outside-reports/settle-waiting.ts';
import { seedStudy } from '#tests/support/seed-studies.ts';
import type { Caller } from '#tests/support/web-server.ts';
import { startWebSite, type WebSite } from '#tests/support/web-site.ts';

const RULES = {
  sessionIdleMinutes: 60,
  dicom: { dummyPatientIds: [] },
  hl7: { waitForStudyDays: 7 },
};

describe('a study that was reported elsewhere, over HTTP', () => {
  let site: WebSite;
  let ada: Caller;
  let admin: Caller;
  let ris: Caller;
  let seed = 0;

  beforeAll(async () => {
    site = await startWebSite();
    ada = await site.sessionCallerFor('radiologist', 'ada');
    admin = await site.callerFor('admin', 'cyn');
    ris = await site.callerFor('service', 'RIS');
  });
  afterAll(async () => {
    await site.stop();
  });

  async function study(columns: Parameters<typeof seedStudy>[1] = {}) {
    seed += 1;
    const facts = { accessionNumber: `N${seed}`, patientId: `P${seed}` };
    const seeded = await seedStudy(site.database, {
      ...facts,
      issuerOfPatientId: 'HOSP',
      ...columns,
    });
    return { ...facts, ...seeded, path: `/api/studies/${seeded.studyInstanceUid}` };
  }
  const say = (body: unknown, caller = ris) =>
    caller('/api/reported-elsewhere', { method: 'POST', body });
  const detail = async ({ path }: { path: string }, caller = ada) =>
    studyDetailSchema.parse(await (await caller(path)).json());
  const problemsOf = async () => {
    const { problems } = siteStatusSchema.parse(await (await admin('/api/admin/status')).json());
    return problems
      .map(({ what }) => what)
      .filter((what) => what.includes('named another patient'));
  };

  it('leaves the list by its number and patient, and is listed with who said so', async () => {
    const { accessionNumber, patientId, ...one } = await study();
    const body = { accessionNumber, patientId, issuerOfPatientId: 'HOSP', messageId: 'm1' };
    expect(await (await say(body)).json()).toEqual({ state: 'applied' });
    expect(await (await say(body)).json()).toEqual({ state: 'applied' });
    const list = await (await ada('/api/worklist?readingStatus=reported-elsewhere')).json();
    const item = worklistSchema
      .parse(list)
      .items.find(({ studyInstanceUid }) => studyInstanceUid === one.studyInstanceUid);
    expect(item?.reportedElsewhere).toMatchObject({ by: 'RIS', pending: false });
    // Put back by a reader; the same word once more does not undo that.
    expect((await ada(`${one.path}/reported-elsewhere`, { method: 'DELETE' })).status).toBe(200);
    expect(await (await say(body)).json()).toEqual({ state: 'applied' });
    expect(await detail(one)).toMatchObject({ readingStatus: 'unread', reportedElsewhere: null });
  });

  it('can be put back by an administrator, not by the service', async () => {
    const one = await study();
    const path = `${one.path}/reported-elsewhere`;
    expect(await (await ris(path, { method: 'POST' })).json()).toMatchObject({
      readingStatus: 'reported-elsewhere',
    });
    expect((await ris(path, { method: 'DELETE' })).status).toBe(403);
    expect((await admin(path, { method: 'POST' })).status).toBe(403);
    expect(await (await admin(path, { method: 'DELETE' })).json()).toMatchObject({
      readingStatus: 'unread',
    });
    const entries = await site.database
      .selectFrom('auditLog')
      .select(['actor', 'action'])
      .where('studyInstanceUid', '=', one.studyInstanceUid)
      .orderBy('sequence')
      .execute();
    expect(entries).toEqual([
      { actor: 'http:RIS', action: 'study.reported-elsewhere' },
      { actor: 'token:cyn', action: 'study.returned' },
    ]);
  });

  it('stays with the reader who has it open, who is told', async () => {
    const one = await study();
    await ada(`${one.path}/open`, { method: 'POST' });
    const before = await detail(one);
    const answer = await (await ris(`${one.path}/reported-elsewhere`, { method: 'POST' })).json();
    expect(answer).toMatchObject({ readingStatus: 'open', openedBy: 'ada' });
    const told = await detail(one);
    expect(told.reportedElsewhere).toMatchObject({ by: 'RIS', pending: true });
    expect(told.version).toBe(before.version);
    await ada(`${one.path}/open`, { method: 'DELETE' });
    await settleWaiting(site.database, RULES);
    expect((await detail(one)).reportedElsewhere).toMatchObject({ by: 'RIS', pending: false });
  });

  it('is not touched by a word on another patient, which an administrator sees and dismisses', async () => {
    const { accessionNumber, ...one } = await study();
    expect(await problemsOf()).toEqual([]);
    const refused = await say({ accessionNumber, patientId: 'SOMEBODY', messageId: 'wrong' });
    expect(refused.status).toBe(400);
    expect(errorSchema.parse(await refused.json()).message).toBe('the study is of another patient');
    expect((await detail(one)).readingStatus).toBe('unread');
    expect(await problemsOf()).toEqual(['1 report of other systems named another patient']);
    const shown = refusedReportsSchema.parse(
      await (await admin('/api/admin/refused-reports')).json(),
    );
    expect(shown.reports).toMatchObject([
      {
        source: 'RIS',
        via: 'http',
        messageId: 'wrong',
        accessionNumber,
        patientIds: [{ id: 'SOMEBODY' }],
      },
    ]);
    const path = `/api/admin/refused-reports/${shown.reports[0]?.id}/dismiss`;
    expect((await ada(path, { method: 'POST' })).status).toBe(403);
    expect((await admin(path, { method: 'POST' })).status).toBe(200);
    expect((await admin(path, { method: 'POST' })).status).toBe(404);
    expect(await problemsOf()).toEqual([]);
    const again = await say({ accessionNumber, patientId: 'SOMEBODY', messageId: 'wrong' });
    expect(again.status).toBe(400);
    expect(await problemsOf()).toEqual([]);
  });

  it('is said only by those who may', async () => {
    const { accessionNumber, patientId } = await study();
    expect((await say({ accessionNumber, patientId }, ada)).status).toBe(403);
    expect((await say({ accessionNumber }, ris)).status).toBe(400);
    expect((await ris('/api/studies/1.2.3.4/reported-elsewhere', { method: 'POST' })).status).toBe(
      404,
    );
  });
});
