import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkHl7Door } from '#cli/doctor/hl7-door.ts';
import { refusedReportsSchema } from '#contracts/outside-reports.ts';
import { doorSchema, siteStatusSchema } from '#contracts/site-status.ts';
import { worklistSchema } from '#contracts/worklist.ts';
import { verifyAuditLog } from '#platform/audit-log/audit-log.ts';
import { hl7 } from '#platform/config/hl7.ts';
import { createLogger } from '#platform/logger/logger.ts';
import { type Ris, startRis } from '#ris/start-ris.ts';
import { adtMerge, codeOf, connectHl7, type Hl7Client, oru } from '#tests/support/hl7.ts';
import { startTestDatabase, type TestDatabase } from '#tests/support/postgres.ts';
import { seedStudy } from '#tests/support/seed-studies.ts';
import { temporaryDirectory } from '#tests/support/temporary.ts';
import { waitFor } from '#tests/support/wait-for.ts';
import { type Caller, callerFor, startTestWeb } from '#tests/support/web-server.ts';
import type { Web } from '#worklist/start-web.ts';

const RULES = {
  sessionIdleMinutes: 60,
  dicom: { dummyPatientIds: [] },
  hl7: { waitForStudyDays: 7 },
};
const SENDERS = [
  { name: 'RIS', addresses: ['127.0.0.1'], sendingApplication: 'RIS', sendingFacility: ['HOSP'] },
  { name: 'OTHER', addresses: ['127.0.0.1'], sendingApplication: ['OTHER', 'THIRD'] },
  { name: 'FAR', addresses: ['10.0.0.1'], sendingApplication: 'FAR' },
];

describe('what a RIS says after its report', () => {
  const directory = temporaryDirectory();
  let server: TestDatabase;
  let web: Web;
  let ris: Ris;
  let client: Hl7Client;
  let admin: Caller;
  let ada: Caller;
  let seed = 0;

  beforeAll(async () => {
    server = await startTestDatabase();
    const { database } = server;
    web = await startTestWeb({ database, databaseUrl: server.url, directory: directory.path });
    admin = await callerFor(web, database, { role: 'admin', name: 'cyn' });
    ada = await callerFor(web, database, { role: 'radiologist', name: 'ada' });
    const config = { ...hl7.parse({ senders: SENDERS }), port: 0 };
    const logger = createLogger({ level: 'silent', process: 'test' });
    ris = await startRis({ config, rules: RULES, database, logger });
    client = await connectHl7(ris.port);
  });
  afterAll(async () => {
    client?.close();
    await ris?.close();
    await web?.close();
    await server?.stop();
    directory.remove();
  });

  async function study(columns: Parameters<typeof seedStudy>[1] = {}) {
    seed += 1;
    const facts = { accessionNumber: `B${seed}`, patientId: `Q${seed}`, issuerOfPatientId: 'HOSP' };
    const seeded = await seedStudy(server.database, { ...facts, ...columns });
    return { ...seeded, accession: facts.accessionNumber, pid: `${facts.patientId}^^^HOSP^MR` };
  }
  type Seeded = Awaited<ReturnType<typeof study>>;
  let said = 0;
  /** One word on a study, as a message of its own. @returns MSA-1 */
  async function say({ accession, pid }: Seeded, status: string, more: object = {}) {
    said += 1;
    const saidAt = `202611271400${String(said).padStart(2, '0')}`;
    const text = oru({ accession, pid, status, controlId: `T${said}`, saidAt, ...more });
    return codeOf(await client.send(text));
  }
  /** Its row of the list that shows studies read and not. */
  async function rowOf({ accession }: Seeded) {
    const path = `/api/worklist?accession=${accession}&readingStatus=unread,open,reviewed,reported-elsewhere`;
    const [item] = worklistSchema.parse(await (await ada(path)).json()).items;
    return item;
  }
  const statusOf = async (of: Seeded) => (await rowOf(of))?.readingStatus;
  const auditOf = ({ studyInstanceUid }: Seeded) =>
    server.database
      .selectFrom('auditLog')
      .select(['actor', 'action', 'details'])
      .where('studyInstanceUid', '=', studyInstanceUid)
      .where('action', 'like', 'study.re%')
      .orderBy('sequence')
      .execute();

  it.each([
    ['P', 'open'],
    ['R', 'open'],
    ['X', 'cancelled'],
  ] as const)('brings a study back whose report is %s now, and says so', async (status, as) => {
    const one = await study();
    expect(await say(one, 'F')).toBe('AA');
    expect(await statusOf(one)).toBe('reported-elsewhere');
    expect((await rowOf(one))?.reportTakenBack).toBeNull();
    expect(await say(one, status)).toBe('AA');
    const back = await rowOf(one);
    expect(back).toMatchObject({ readingStatus: 'unread', reportedElsewhere: null, version: 3 });
    expect(back?.reportTakenBack).toMatchObject({ by: 'RIS', as });
    const told = await auditOf(one);
    expect(told.map(({ actor, action }) => [actor, action])).toEqual([
      ['hl7:RIS', 'study.reported-elsewhere'],
      ['hl7:RIS', 'study.returned'],
    ]);
    expect(told[1]?.details).toMatchObject({ source: 'RIS', via: 'hl7', reason: as });
    // A new report takes it off again, and leaves no word of what was taken back.
    expect(await say(one, 'F')).toBe('AA');
    expect(await rowOf(one)).toMatchObject({
      readingStatus: 'reported-elsewhere',
      reportTakenBack: null,
    });
    expect((await verifyAuditLog(server.database)).intact).toBe(true);
  });

  it('does nothing twice, and nothing late', async () => {
    const one = await study();
    expect(await say(one, 'P', { controlId: 'EARLY', saidAt: '20260101' })).toBe('AA');
    expect(await say(one, 'F')).toBe('AA');
    // Sent once more, and one that was made before the report and comes after it.
    expect(await say(one, 'P', { controlId: 'EARLY', saidAt: '20260101' })).toBe('AA');
    expect(await say(one, 'P', { saidAt: '20260102' })).toBe('AA');
    expect(await statusOf(one)).toBe('reported-elsewhere');
    expect(await say(one, 'P', { controlId: 'LATE' })).toBe('AA');
    expect(await statusOf(one)).toBe('unread');
    const version = (await rowOf(one))?.version;
    expect(await say(one, 'P', { controlId: 'LATE' })).toBe('AA');
    expect((await rowOf(one))?.version).toBe(version);
  });

  it('undoes its own word alone: not a reader, not a signature, not another system', async () => {
    const marked = await study();
    await ada(`/api/studies/${marked.studyInstanceUid}/reported-elsewhere`, { method: 'POST' });
    const signed = await study({ readingStatus: 'reviewed' });
    const others = await study();
    expect(await say(others, 'F', { from: ['OTHER', 'X'] })).toBe('AA');
    for (const each of [marked, signed, others]) expect(await say(each, 'P')).toBe('AA');
    expect(await Promise.all([marked, signed, others].map(statusOf))).toEqual([
      'reported-elsewhere',
      'reviewed',
      'reported-elsewhere',
    ]);
    // Put back by hand: nothing is said of a report that was taken back.
    const path = `/api/studies/${others.studyInstanceUid}/reported-elsewhere`;
    expect((await admin(path, { method: 'DELETE' })).status).toBe(200);
    expect(await rowOf(others)).toMatchObject({ readingStatus: 'unread', reportTakenBack: null });
  });

  it('is refused and shown where it names another patient', async () => {
    const one = await study();
    expect(await say(one, 'F')).toBe('AA');
    expect(await say({ ...one, pid: 'SOMEBODY^^^HOSP' }, 'P', { controlId: 'WRONG' })).toBe('AE');
    expect(await statusOf(one)).toBe('reported-elsewhere');
    const shown = await (await admin('/api/admin/refused-reports')).json();
    const { reports } = refusedReportsSchema.parse(shown);
    expect(reports.find(({ messageId }) => messageId === 'WRONG')).toMatchObject({ word: 'open' });
  });

  it('is taken from the applications and facilities that are listed, and others are shown', async () => {
    const one = await study();
    expect(await say(one, 'F', { from: ['RIS', 'ELSEWHERE'] })).toBe('AR');
    expect(await say(one, 'F', { from: ['FAR', 'HOSP'] })).toBe('AR');
    expect(await say(one, 'F', { from: ['', ''] })).toBe('AR');
    expect(await statusOf(one)).toBe('unread');
    const refusals = await waitFor(
      async () => {
        const door = doorSchema.parse(await (await admin('/api/admin/door')).json());
        return door.refusals.length === 3 ? door.refusals : undefined;
      },
      { what: 'the refusals to be written down' },
    );
    const named = refusals.find(({ callingAe }) => callingAe === 'RIS^ELSEWHERE');
    expect(named).toMatchObject({ cause: 'hl7-sender', peerAddress: '127.0.0.1', count: 1 });
    expect(named?.advice).toContain('"RIS^ELSEWHERE"');
    expect(await say(one, 'F', { from: ['THIRD', 'ANYWHERE'] })).toBe('AA');
    expect((await rowOf(one))?.reportedElsewhere?.by).toBe('OTHER');
  });

  it('of merged patients is kept for an administrator, and changes no study', async () => {
    const one = await study();
    const before = await rowOf(one);
    expect(codeOf(await client.send(adtMerge('NOBODY^^^HOSP', 'NEW^^^HOSP')))).toBe('AA');
    const text = adtMerge(one.pid, 'NEW^^^HOSP', 'G2');
    expect(codeOf(await client.send(text))).toBe('AE');
    expect(codeOf(await client.send(text.replace('|G2|', '|G3|')))).toBe('AE');
    expect(await rowOf(one)).toEqual(before);
    const shown = await (await admin('/api/admin/refused-reports')).json();
    const merged = refusedReportsSchema
      .parse(shown)
      .reports.filter(({ word }) => word === 'merged');
    expect(merged).toMatchObject([
      { source: 'RIS', patientIds: [{ id: `Q${seed}` }], mergedInto: [{ id: 'NEW' }] },
    ]);
    const problems = async () =>
      siteStatusSchema
        .parse(await (await admin('/api/admin/status')).json())
        .problems.map(({ what }) => what);
    expect(await problems()).toContain('1 patient was merged in another system');
    const path = `/api/admin/refused-reports/${merged[0]?.id}/dismiss`;
    expect((await admin(path, { method: 'POST' })).status).toBe(200);
    // Seen to: its sender is told no more, and nobody else.
    expect(codeOf(await client.send(text))).toBe('AA');
    expect(await problems()).not.toContain('1 patient was merged in another system');
  });

  it('is known by the doctor to come in or not, from the listener itself', async () => {
    const config = { hl7: { ...hl7.parse({ senders: SENDERS }), port: 2575 } };
    const beat = (details: object) =>
      server.database
        .insertInto('heartbeat')
        .values({ process: 'listener', at: new Date(), details: JSON.stringify(details) })
        .onConflict((conflict) =>
          conflict.column('process').doUpdateSet({ details: JSON.stringify(details) }),
        )
        .execute();
    expect(await checkHl7Door(server.database, config)).toBeUndefined();
    await beat({});
    expect(await checkHl7Door(server.database, config)).toMatchObject({
      level: 'fault',
      detail: expect.stringContaining('127.0.0.1:2575 could not be opened'),
    });
    await beat({ hl7: { host: '127.0.0.1', port: 2575 } });
    expect(await checkHl7Door(server.database, config)).toMatchObject({ level: 'ok' });
  });

  it('from an address that is not listed is not heard, and shown', async () => {
    const config = { ...hl7.parse({ senders: SENDERS.slice(2) }), port: 0 };
    const logger = createLogger({ level: 'silent', process: 'test' });
    const closed = await startRis({ config, rules: RULES, database: server.database, logger });
    const socket = connect(closed.port, '127.0.0.1');
    await new Promise<void>((done) => {
      socket.on('error', () => undefined);
      socket.once('close', () => done());
    });
    await closed.close();
    const { refusals } = doorSchema.parse(await (await admin('/api/admin/door')).json());
    expect(refusals.filter(({ cause }) => cause === 'hl7-address')).toHaveLength(1);
  });
});
