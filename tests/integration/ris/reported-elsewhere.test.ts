import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { verifyAuditLog } from '#platform/audit-log/audit-log.ts';
import { type Hl7Config, hl7 } from '#platform/config/hl7.ts';
import { createLogger } from '#platform/logger/logger.ts';
import { settleWaiting } from '#platform/outside-reports/settle-waiting.ts';
import { type Ris, startRis } from '#ris/start-ris.ts';
import { codeOf, connectHl7, type Hl7Client, oru } from '#tests/support/hl7.ts';
import { startTestDatabase, type TestDatabase } from '#tests/support/postgres.ts';
import { seedStudy } from '#tests/support/seed-studies.ts';
import { waitFor } from '#tests/support/wait-for.ts';

const RULES = {
  sessionIdleMinutes: 60,
  dicom: { dummyPatientIds: [] },
  hl7: { waitForStudyDays: 7 },
};
/** Resolves when a connection is gone, however it went. */
const goneOf = (socket: Socket): Promise<void> =>
  new Promise((done) => socket.once('close', () => done()));
const logger = createLogger({ level: 'silent', process: 'test' });

describe('reports of a RIS over HL7', () => {
  let server: TestDatabase;
  let ris: Ris;
  let client: Hl7Client;
  let seed = 0;
  const clients: Hl7Client[] = [];

  async function open(port = ris.port): Promise<Hl7Client> {
    const opened = await connectHl7(port);
    clients.push(opened);
    return opened;
  }
  async function startWith(settings: Partial<Hl7Config>): Promise<Ris> {
    const sender = { name: 'RIS', addresses: ['127.0.0.0/8'] };
    const config = hl7.parse({ port: 0, senders: [sender], ...settings });
    return startRis({
      config: { ...config, port: 0 },
      rules: RULES,
      database: server.database,
      logger,
    });
  }
  /** A study with a number and a patient of its own. */
  async function study(columns: Parameters<typeof seedStudy>[1] = {}) {
    seed += 1;
    const facts = {
      accessionNumber: `ACC${seed}`,
      patientId: `PAT${seed}`,
      issuerOfPatientId: 'HOSP',
    };
    const seeded = await seedStudy(server.database, { ...facts, ...columns });
    return { ...seeded, accession: facts.accessionNumber, pid: `${facts.patientId}^^^HOSP^MR` };
  }
  const rowOf = ({ studyKey }: { studyKey: string }) =>
    server.database
      .selectFrom('study')
      .select(['readingStatus', 'version', 'reportedBy', 'reportedAt', 'openedBy'])
      .where('studyKey', '=', studyKey)
      .executeTakeFirstOrThrow();
  const statusOf = async (of: { studyKey: string }) => (await rowOf(of)).readingStatus;
  const reportsOf = (accession: string) =>
    server.database
      .selectFrom('outsideReport')
      .selectAll()
      .where('accessionNumber', '=', accession)
      .orderBy('reportKey')
      .execute();
  const auditOf = async ({ studyInstanceUid }: { studyInstanceUid: string }) =>
    (
      await server.database
        .selectFrom('auditLog')
        .select(['actor', 'action', 'details'])
        .where('studyInstanceUid', '=', studyInstanceUid)
        .orderBy('sequence')
        .execute()
    ).map(({ actor, action, details }) => [actor, action, details['messageId']]);
  const say = async (options: Parameters<typeof oru>[0]) =>
    codeOf(await client.send(oru({ controlId: `M${Math.random()}`, ...options })));

  beforeAll(async () => {
    server = await startTestDatabase();
    ris = await startWith({});
    client = await open();
  });
  afterEach(() => {
    for (const each of clients.splice(1)) each.close();
  });
  afterAll(async () => {
    for (const each of clients) each.close();
    await ris?.close();
    await server?.stop();
  });

  it('take a study off the list, say who did it, and do it once', async () => {
    const { accession, pid, ...one } = await study();
    const text = oru({ accession, pid, controlId: 'C1', changedAt: '202611271402' });
    expect(codeOf(await client.send(text))).toBe('AA');
    const after = await rowOf(one);
    expect(after).toMatchObject({
      readingStatus: 'reported-elsewhere',
      reportedBy: 'RIS',
      version: 2,
    });
    expect(after.reportedAt).toBeInstanceOf(Date);
    const told = [['hl7:RIS', 'study.reported-elsewhere', 'C1']];
    expect(await auditOf(one)).toEqual(told);
    expect(codeOf(await client.send(text))).toBe('AA');
    // The same report under another message id.
    expect(codeOf(await client.send(text.replace('|C1|', '|C2|')))).toBe('AA');
    expect(await rowOf(one)).toEqual(after);
    expect(await auditOf(one)).toEqual(told);
    expect(await reportsOf(accession)).toHaveLength(1);
    expect((await verifyAuditLog(server.database)).intact).toBe(true);
  });

  it('change nothing while they are preliminary, or cancelled', async () => {
    const { accession, pid, ...one } = await study();
    for (const status of ['P', 'X', 'R']) expect(await say({ accession, pid, status })).toBe('AA');
    expect(await statusOf(one)).toBe('unread');
    expect(await say({ accession, pid, status: 'C' })).toBe('AA');
    expect(await statusOf(one)).toBe('reported-elsewhere');
  });

  it('never touch a study of another patient, and are shown instead', async () => {
    const { accession, ...one } = await study();
    const { accession: next, pid, ...two } = await study();
    const wrong = 'OTHER^^^HOSP';
    expect(await say({ accession, pid: wrong, controlId: 'W1' })).toBe('AE');
    expect(await reportsOf(accession)).toMatchObject([{ state: 'refused', messageId: 'W1' }]);
    expect(await auditOf(one)).toEqual([]);
    // One bad order in a message: none of it is done.
    const text = oru({ accession, pid, controlId: 'W2' });
    const order = oru({ accession: next, pid }).split('\r').slice(2).join('\r');
    expect(codeOf(await client.send(text + order))).toBe('AE');
    expect(await statusOf(two)).toBe('unread');
    expect(await statusOf(one)).toBe('unread');
    expect((await reportsOf(next)).length).toBe(0);
    // Once the study is corrected the same message is taken.
    await server.database
      .updateTable('study')
      .set({ patientId: 'OTHER' })
      .where('studyKey', '=', one.studyKey)
      .execute();
    expect(await say({ accession, pid: wrong, controlId: 'W1' })).toBe('AA');
    expect(await statusOf(one)).toBe('reported-elsewhere');
  });

  it('wait for their study, until it is whole, and for a bounded time', async () => {
    seed += 1;
    const accession = `ACC${seed}`;
    const pid = `PAT${seed}^^^HOSP`;
    seed -= 1;
    expect(await say({ accession, pid })).toBe('AA');
    const [waiting] = await reportsOf(accession);
    expect(waiting?.state).toBe('waiting');
    const days = RULES.hl7.waitForStudyDays;
    expect(Number(waiting?.expiresAt) - Number(waiting?.receivedAt)).toBe(days * 86_400_000);
    expect(await settleWaiting(server.database, RULES)).toBe(0);
    const one = await study({ status: 'receiving' });
    expect(one.accession).toBe(accession);
    await settleWaiting(server.database, RULES);
    expect(await statusOf(one)).toBe('unread');
    await server.database
      .updateTable('study')
      .set({ status: 'analysed' })
      .where('studyKey', '=', one.studyKey)
      .execute();
    await settleWaiting(server.database, RULES);
    expect(await statusOf(one)).toBe('reported-elsewhere');
    expect(await say({ accession: 'NEVER', pid })).toBe('AA');
    await server.database
      .updateTable('outsideReport')
      .set({ expiresAt: new Date(0) })
      .where('accessionNumber', '=', 'NEVER')
      .execute();
    await settleWaiting(server.database, RULES);
    expect(await reportsOf('NEVER')).toMatchObject([{ state: 'expired' }]);
    expect(await settleWaiting(server.database, RULES)).toBe(0);
  });

  it('are given up when their sender takes them back before they were acted on', async () => {
    expect(await say({ accession: 'BACK', pid: 'P^^^HOSP' })).toBe('AA');
    expect(await say({ accession: 'BACK', pid: 'P^^^HOSP', status: 'P' })).toBe('AA');
    expect(await reportsOf('BACK')).toMatchObject([
      { word: 'reported', state: 'withdrawn' },
      { word: 'open', state: 'unchanged' },
    ]);
  });

  it('are held while a reader has the study open, and done when it is left', async () => {
    const openedAt = new Date();
    const { accession, pid, ...one } = await study({
      readingStatus: 'open',
      openedBy: 'ada',
      openedAt,
    });
    expect(await say({ accession, pid })).toBe('AA');
    expect(await rowOf(one)).toMatchObject({ readingStatus: 'open', openedBy: 'ada', version: 1 });
    expect(await settleWaiting(server.database, RULES)).toBe(0);
    const leave = { readingStatus: 'unread', openedBy: null, openedAt: null } as const;
    await server.database
      .updateTable('study')
      .set(leave)
      .where('studyKey', '=', one.studyKey)
      .execute();
    await settleWaiting(server.database, RULES);
    expect(await statusOf(one)).toBe('reported-elsewhere');
    expect((await auditOf(one)).map(([, action]) => action)).toEqual([
      'study.report-held',
      'study.reported-elsewhere',
    ]);
  });

  it('leave a study as it is that was signed here, or has images since that nobody saw', async () => {
    const signed = await study({ readingStatus: 'reviewed' });
    expect(await say({ accession: signed.accession, pid: signed.pid })).toBe('AA');
    expect(await statusOf(signed)).toBe('reviewed');
    const facts = { readingStatus: 'open', openedBy: 'ada', openedAt: new Date() } as const;
    const late = await study({ ...facts, imageRevision: 'one' });
    expect(await say({ accession: late.accession, pid: late.pid })).toBe('AA');
    await server.database
      .updateTable('study')
      .set({ readingStatus: 'unread', openedBy: null, openedAt: null, imageRevision: 'two' })
      .where('studyKey', '=', late.studyKey)
      .execute();
    await settleWaiting(server.database, RULES);
    expect(await statusOf(late)).toBe('unread');
    expect(await reportsOf(late.accession)).toMatchObject([{ state: 'unchanged' }]);
  });

  it('of one site leave the studies of others alone', async () => {
    const sender = { name: 'SITE', addresses: ['127.0.0.1'], site: 'North' };
    const north = await startWith({ senders: hl7.parse({ senders: [sender] }).senders });
    const { accession, pid, ...one } = await study({ site: 'South' });
    const other = await open(north.port);
    expect(codeOf(await other.send(oru({ accession, pid })))).toBe('AA');
    expect(await statusOf(one)).toBe('unread');
    await north.close();
  });

  it('are read in the character set that they name', async () => {
    const { accession, pid, ...one } = await study();
    const options = { accession, pid, name: 'MÜLLER^ZOË' };
    expect(codeOf(await client.send(Buffer.from(oru(options), 'latin1')))).toBe('AE');
    expect(await statusOf(one)).toBe('unread');
    const named = Buffer.from(oru({ ...options, characterSet: '8859/1' }), 'latin1');
    expect(codeOf(await client.send(named))).toBe('AA');
    expect(await statusOf(one)).toBe('reported-elsewhere');
  });

  it('are answered in their order on one connection, and on several at once', async () => {
    const studies = await Promise.all(Array.from({ length: 8 }, () => study()));
    const answers = await Promise.all(
      studies.flatMap(({ accession, pid }, index) => [
        client.send(oru({ accession, pid, controlId: `S${index}` })),
        open().then((other) => other.send(oru({ accession, pid, controlId: `S${index}` }))),
      ]),
    );
    for (const [index, answer] of answers.entries()) {
      expect(answer).toContain(`MSA|AA|S${Math.floor(index / 2)}|`);
    }
    for (const one of studies) {
      expect(await auditOf(one)).toHaveLength(1);
    }
  });

  it('end their connection when they never end, are too large, or are something else', async () => {
    const strict = await startWith({ stallSeconds: 0.2, maxMessageBytes: 4_096 });
    for (const bytes of ['\x0bMSH|^~\\&|', `\x0b${'A'.repeat(5_000)}`, 'GET / HTTP/1.1\r\n\r\n']) {
      const { socket } = await open(strict.port);
      socket.write(bytes);
      await goneOf(socket);
    }
    // 100 MB are not taken in: the connection is gone long before.
    const { socket } = await open(strict.port);
    const gone = goneOf(socket);
    socket.write(Buffer.concat([Buffer.from('\x0b'), Buffer.alloc(100 * 1024 ** 2, 'A')]));
    await gone;
    expect(socket.bytesWritten).toBeGreaterThan(0);
    const { accession, pid, ...one } = await study();
    const next = await open(strict.port);
    expect(codeOf(await next.send(oru({ accession, pid })))).toBe('AA');
    expect(await statusOf(one)).toBe('reported-elsewhere');
    await strict.close();
  });

  it('are not answered before they are durable, and are taken when they come again after a kill', async () => {
    const { accession, pid, ...one } = await study();
    const children: ChildProcess[] = [];
    const start = async (): Promise<number> => {
      const program = join(import.meta.dirname, '../../support/ris-process.ts');
      const child = spawn(process.execPath, [program, server.url], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      children.push(child);
      const [line] = (await once(child.stdout ?? child, 'data')) as [Buffer];
      return Number(line.toString());
    };
    const text = oru({ accession, pid, controlId: 'K1' });
    const sender = await open(await start());
    let answered = false;
    // The study is locked: the message is received, and cannot become durable.
    await server.database.transaction().execute(async (trx) => {
      await trx
        .selectFrom('study')
        .select('studyKey')
        .where('studyKey', '=', one.studyKey)
        .forUpdate()
        .execute();
      const answer = sender.send(text).then(
        () => {
          answered = true;
        },
        () => undefined,
      );
      await waitFor(
        async () => {
          const { rows } = await sql<{ waiting: string }>`
            SELECT count(*) AS waiting FROM pg_stat_activity WHERE wait_event_type = 'Lock'`.execute(
            server.database,
          );
          return Number(rows[0]?.waiting) > 0;
        },
        { what: 'the message to be received', deadlineMs: 10_000 },
      );
      children[0]?.kill('SIGKILL');
      await answer;
    });
    expect(answered).toBe(false);
    expect(await statusOf(one)).toBe('unread');
    await waitFor(async () => (await reportsOf(accession)).length === 0, {
      what: 'nothing to be left of it',
      deadlineMs: 5_000,
    });
    const again = await open(await start());
    expect(codeOf(await again.send(text))).toBe('AA');
    children[1]?.kill('SIGKILL');
    expect(await statusOf(one)).toBe('reported-elsewhere');
    // Killed after that, before its sender had heard: it comes once more.
    expect(codeOf(await client.send(text))).toBe('AA');
    expect(await auditOf(one)).toHaveLength(1);
  });
});
