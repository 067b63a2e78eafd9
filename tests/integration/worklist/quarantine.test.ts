import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  quarantineDecidedSchema,
  quarantineDetailSchema,
  quarantineListSchema,
} from '#contracts/quarantine.ts';
import { studyDetailSchema } from '#contracts/study.ts';
import { rejectionNote } from '#test-data/minimal-objects.ts';
import { booksOf, OTHER_PIXELS, versionOf } from '#tests/support/corrections.ts';
import { runCli } from '#tests/support/instance.ts';
import { receiveFile, startTestIntake, type TestIntake } from '#tests/support/intake.ts';
import { temporaryDirectory } from '#tests/support/temporary.ts';
import { type Caller, callerFor, startTestWeb } from '#tests/support/web-server.ts';
import type { Web } from '#worklist/start-web.ts';

let intake: TestIntake;
let books: ReturnType<typeof booksOf>;
let web: Web;
let admin: Caller;
let reader: Caller;

beforeAll(async () => {
  intake = await startTestIntake({ overrides: { assembly: { quietSeconds: 3600 } } });
  books = booksOf(intake);
  const { database, url } = intake.db;
  const place = { database, databaseUrl: url, directory: intake.blobDirectory };
  web = await startTestWeb(place, {}, { blobStore: intake.blobStore });
  admin = await callerFor(web, database, { role: 'admin', name: 'chief' });
  reader = await callerFor(web, database, { role: 'radiologist', name: 'reader' });
});
afterAll(async () => {
  await web.close();
  await intake.stop();
});

const send = (file: { bytes: Buffer }, callingAe = 'SENDER') =>
  receiveFile(intake.receiver, file.bytes, { callingAe });

async function list(search = '') {
  const response = await admin(`/api/admin/quarantine${search}`);
  return quarantineListSchema.parse(await response.json());
}

async function hold(seed: string) {
  const image = versionOf(seed);
  await send(image);
  await send(versionOf(seed, { ...OTHER_PIXELS, PatientName: 'Other^Name' }), 'OTHER');
  const { items } = await list();
  const item = items.find((each) => each.arrived.sopInstanceUid === image.sopInstanceUid);
  if (item === undefined) throw new Error('nothing was held back');
  return { image, item };
}

const decide = (caller: Caller, path: string, body: unknown = { reason: 'as agreed' }) =>
  caller(`/api/admin/quarantine/${path}`, { method: 'POST', body });

describe('quarantine over the API', () => {
  it('shows administrators what came, from whom, and what differs', async () => {
    const { item, image } = await hold('shown');
    expect(item).toMatchObject({
      kind: 'instance',
      reason: 'pixels-changed',
      state: 'waiting',
      differences: ['PixelData', 'PatientName'],
      kept: { callingAe: 'SENDER', standing: 'current' },
      arrived: { callingAe: 'OTHER', standing: 'conflict', modality: 'DX' },
    });
    const path = `/api/admin/quarantine/${item.id}`;
    const detail = quarantineDetailSchema.parse(await (await admin(path)).json());
    expect(detail.values).toEqual([
      { keyword: 'PatientName', kept: 'Minimal^Test', arrived: 'Other^Name' },
    ]);
    for (const which of ['kept', 'arrived']) {
      const picture = await admin(`${path}/pictures/${which}`);
      expect(picture.headers.get('content-type')).toBe('image/png');
      const { width } = await sharp(Buffer.from(await picture.arrayBuffer())).metadata();
      expect(width).toBe(16);
    }
    expect(await books.auditOf(image.studyInstanceUid)).toContain('quarantine.read');
  });

  it('takes a decision with its reason, and takes it back', async () => {
    const { item, image } = await hold('decided');
    const before = (await list()).waiting;
    expect((await decide(admin, `${item.id}/adopt`, { reason: ' ' })).status).toBe(400);
    const adopted = await decide(admin, `${item.id}/adopt`);
    expect(quarantineDecidedSchema.parse(await adopted.json())).toEqual({ state: 'adopted' });
    expect((await decide(admin, `${item.id}/dismiss`)).status).toBe(409);
    const after = await list();
    expect(after.waiting).toBe(before - 1);
    expect(after.items.some((each) => each.id === item.id)).toBe(false);
    const all = await list('?state=all');
    expect(all.items.find((each) => each.id === item.id)).toMatchObject({
      state: 'adopted',
      decidedBy: 'token:chief',
      decisionReason: 'as agreed',
      kept: { standing: 'superseded' },
    });
    expect((await decide(admin, `${item.id}/undo`)).status).toBe(200);
    const rows = await books.instancesOf(image.sopInstanceUid);
    expect(rows.map((row) => row.standing)).toEqual(['current', 'conflict']);
  });

  it('is for administrators alone, and knows its own entries', async () => {
    const { item } = await hold('closed');
    const path = `/api/admin/quarantine/${item.id}`;
    for (const each of ['/api/admin/quarantine', path, `${path}/pictures/kept`]) {
      expect((await reader(each)).status).toBe(403);
    }
    expect((await decide(reader, `${item.id}/adopt`)).status).toBe(403);
    expect((await decide(admin, '999999/adopt')).status).toBe(404);
    expect((await decide(admin, '1%20OR%201/adopt')).status).toBe(400);
    expect((await admin(`${path}/pictures/..%2f..%2fetc`)).status).toBe(400);
  });

  it('shows a note that was held back, and obeys it on word', async () => {
    const image = versionOf('note');
    await send(image);
    await send(rejectionNote({ title: '113037', seed: 'note', of: [image] }), 'OTHER');
    const item = (await list()).items.find((each) => each.kind === 'rejection-note');
    expect(item).toMatchObject({
      reason: 'note-not-permitted',
      note: { title: 'Rejected for Patient Safety Reasons', named: 1 },
      kept: null,
    });
    expect((await admin(`/api/admin/quarantine/${item?.id}/pictures/arrived`)).status).toBe(404);
    expect((await decide(admin, `${item?.id}/adopt`)).status).toBe(200);
    const address = `/dicomweb/studies/${image.studyInstanceUid}/series/${image.seriesInstanceUid}/instances/${image.sopInstanceUid}`;
    expect((await admin(`${address}/metadata`)).status).toBe(404);
    expect((await admin(`${address}/frames/1`)).status).toBe(404);
    const answer = await admin(`/api/studies/${image.studyInstanceUid}`);
    const detail = studyDetailSchema.parse(await answer.json());
    // The note itself, a key object, is still listed.
    expect(detail.series.map((series) => series.modality)).toEqual(['KO']);
    expect(detail).toMatchObject({ imageCount: 0, findings: [], heatmaps: [] });
  });

  it('is listed and decided at the terminal', async () => {
    const { item } = await hold('terminal');
    const folder = temporaryDirectory();
    mkdirSync(folder.path, { recursive: true });
    symlinkSync(intake.blobDirectory, join(folder.path, 'archive'));
    const environment = { ...process.env, RADTRIAGE_DATABASE_URL: intake.db.url };
    const cli = (...args: string[]) =>
      runCli(['quarantine', ...args, '--data', folder.path], environment);
    try {
      expect((await cli('list')).stdout).toMatch(
        new RegExp(`^${item.id} +waiting +pixels-changed .*OTHER +SENDER +PixelData`, 'm'),
      );
      const dismissed = await cli('dismiss', item.id, '--reason', 'wrong');
      expect(dismissed).toMatchObject({ code: 0, stdout: `${item.id} dismissed: it stays kept\n` });
      expect((await cli('dismiss', item.id, '--reason', 'wrong')).code).toBe(1);
      expect((await cli('adopt', 'x', '--reason', 'wrong')).code).toBe(2);
      expect((await cli('list', '--all')).stdout).toContain('dismissed');
    } finally {
      folder.remove();
    }
  });
});
