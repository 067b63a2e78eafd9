import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyAuditLog } from '#platform/audit-log/audit-log.ts';
import { createLogger, type Logger } from '#platform/logger/logger.ts';
import { qualityRoutes } from '#quality/quality-routes.ts';
import { minimalImage } from '#test-data/minimal-objects.ts';
import { startTestDatabase, type TestDatabase } from '#tests/support/postgres.ts';
import { seedFiles, seedRun, seedStudy } from '#tests/support/seed-studies.ts';
import { temporaryDirectory } from '#tests/support/temporary.ts';
import { callerFor, startTestWeb } from '#tests/support/web-server.ts';
import type { Web } from '#worklist/start-web.ts';

const PATIENT = {
  patientName: 'Secretname^Sera',
  patientId: 'SECRET-7',
  accessionNumber: 'ACC-77',
};
const THUMBNAIL = Buffer.from('89504e470d0a1a0a', 'hex');

/** A logger that keeps what it is given. */
function createMemoryLogger(lines: string[]): Logger {
  const keep = (...parts: unknown[]): void => {
    lines.push(JSON.stringify(parts));
  };
  const quiet = createLogger({ level: 'silent', process: 'test' });
  return {
    ...quiet,
    child: quiet.child,
    level: 'debug',
    debug: keep,
    info: keep,
    warn: keep,
    error: keep,
  };
}

describe('the audit of what is read', () => {
  const directory = temporaryDirectory();
  const lines: string[] = [];
  let server: TestDatabase;
  let web: Web;
  let uid: string;
  let heatmapId: string;
  let instancePath: string;

  beforeAll(async () => {
    server = await startTestDatabase();
    mkdirSync(join(directory.path, 'thumbs'), { recursive: true });
    writeFileSync(join(directory.path, 'thumbs', 'a.png'), THUMBNAIL);
    const object = minimalImage({ modality: 'DX', seed: 3 });
    uid = object.studyInstanceUid;
    const study = await seedStudy(server.database, {
      ...PATIENT,
      ...{ studyInstanceUid: uid, thumbnailBlob: 'thumbs/a.png', flagged: true },
    });
    const place = { directory: directory.path, files: [object.bytes] };
    const imageRevision = await seedFiles(server.database, study, place);
    ({ heatmapId } = await seedRun(server.database, study, { imageRevision }));
    instancePath = `/dicomweb/studies/${uid}/series/${object.seriesInstanceUid}/instances/${object.sopInstanceUid}`;
    web = await startTestWeb(
      { database: server.database, databaseUrl: server.url, directory: directory.path },
      {},
      { logger: createMemoryLogger(lines), extraRoutes: [qualityRoutes] },
    );
  });
  afterAll(async () => {
    await web.close();
    await server.stop();
    directory.remove();
  });

  it('has who, what and which study for every door, and no name', async () => {
    const doors = new Map([
      ['/api/worklist?search=Secretname', null],
      [`/api/studies/${uid}`, uid],
      [`/api/studies/${uid}/heatmaps/${heatmapId}`, uid],
      [`/api/studies/${uid}/thumbnail`, uid],
      ['/dicomweb/studies?PatientName=Secretname*', null],
      [`/dicomweb/studies/${uid}/series`, uid],
      [`/dicomweb/studies/${uid}/metadata`, uid],
      [instancePath, uid],
      [`${instancePath}/metadata`, uid],
      [`${instancePath}/frames/1`, uid],
      ['/api/quality/studies?filter=all', null],
    ]);
    let number = 0;
    for (const [path, expected] of doors) {
      number += 1;
      const name = `reader-${number}`;
      const call = await callerFor(web, server.database, { role: 'admin', name });
      const response = await call(path);
      expect([path, response.status]).toEqual([path, 200]);
      await response.arrayBuffer();
      const entries = await server.database
        .selectFrom('auditLog')
        .select(['action', 'studyInstanceUid'])
        .where('actor', '=', `token:${name}`)
        .execute();
      expect([path, entries.map((entry) => entry.studyInstanceUid)]).toEqual([path, [expected]]);
    }
    const rows = await server.database.selectFrom('auditLog').selectAll().execute();
    for (const text of [JSON.stringify(rows), lines.join('\n')]) {
      for (const secret of ['Secretname', ...Object.values(PATIENT)]) {
        expect(text).not.toContain(secret);
      }
    }
    expect(lines.length).toBeGreaterThan(doors.size - 1);
    expect(await verifyAuditLog(server.database)).toMatchObject({ intact: true });
  });

  it('holds the same look by the same person once in a while, and every deed', async () => {
    const owner = { role: 'radiologist', name: 'again' } as const;
    const call = await callerFor(web, server.database, owner);
    for (let look = 0; look < 5; look++) await (await call(`/api/studies/${uid}`)).text();
    for (const method of ['POST', 'DELETE', 'POST', 'DELETE']) {
      await (await call(`/api/studies/${uid}/open`, { method })).text();
    }
    const entries = await server.database
      .selectFrom('auditLog')
      .select('action')
      .where('actor', '=', 'token:again')
      .orderBy('sequence')
      .execute();
    expect(entries.map((entry) => entry.action)).toEqual([
      'study.read',
      ...['study.opened', 'study.closed', 'study.opened', 'study.closed'],
    ]);
  });

  it('holds what was fetched ahead as that, and what is opened then as read', async () => {
    const owner = { role: 'radiologist', name: 'ahead' } as const;
    const call = await callerFor(web, server.database, owner);
    const headers = { 'x-radtriage-prefetch': '1' };
    await (await call(`/api/studies/${uid}`, { headers })).text();
    await (await call(`/dicomweb/studies/${uid}/metadata`, { headers })).text();
    await (await call(`/api/studies/${uid}/open`, { method: 'POST' })).text();
    await (await call(`/api/studies/${uid}`)).text();
    await (await call(`/api/studies/${uid}/open`, { method: 'DELETE' })).text();
    const entries = await server.database
      .selectFrom('auditLog')
      .select('action')
      .where('actor', '=', 'token:ahead')
      .orderBy('sequence')
      .execute();
    expect(entries.map((entry) => entry.action)).toEqual([
      ...['study.prefetched', 'images.prefetched', 'study.opened', 'study.read', 'study.closed'],
    ]);
  });

  it('gives a thumbnail that the asker alone may keep', async () => {
    const owner = { role: 'radiologist', name: 'picture' } as const;
    const call = await callerFor(web, server.database, owner);
    const response = await call(`/api/studies/${uid}/thumbnail`);
    expect(response.headers.get('content-type')).toBe('image/png');
    expect(response.headers.get('cache-control')).toMatch(/^private,/);
    expect(Buffer.from(await response.arrayBuffer()).equals(THUMBNAIL)).toBe(true);
    const other = await seedStudy(server.database);
    expect((await call(`/api/studies/${other.studyInstanceUid}/thumbnail`)).status).toBe(404);
  });
});
