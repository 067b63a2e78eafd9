import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RadTriageError } from '#core/errors.ts';
import { readRejectionNote } from '#dicom/attributes/rejection-note.ts';
import { minimalImage, rejectionNote } from '#test-data/minimal-objects.ts';
import type { Attributes } from '#test-data/part10-writer.ts';
import { receiveFile, startTestIntake, type TestIntake, unpack } from '#tests/support/intake.ts';
import { type Caller, callerFor, startTestWeb } from '#tests/support/web-server.ts';
import type { Web } from '#worklist/start-web.ts';

/** What would leave a folder, name a device, end a path early, or be read as something else. */
const HOSTILE = [
  '../../../etc/passwd',
  '..',
  '.',
  './1.2.3',
  '1.2.3/../../x',
  '1.2.3\\..\\x',
  '/etc/passwd',
  'C:\\x',
  '1.2.3\0.dcm',
  '%2e%2e%2f',
  '1.2.3;rm -rf',
  '1.2.3\n4',
  '$(id)',
  'NUL',
  '~root',
  '1.2.3é',
  '１.２.３',
  '1'.repeat(65),
];
/** Allowed by the pattern of a UID, and still no name for a folder. */
const ODD = ['..1', '1..2', '....', '.1.2', '1.2.', '0'.repeat(64)];

const PATH = /^(instances|thumbnails)\/\d{4}\/\d\d\/\d\d\/[0-9a-z]+\.(dcm|png)$/;

let intake: TestIntake;
let web: Web;
let reader: Caller;

beforeAll(async () => {
  intake = await startTestIntake();
  const { database, url } = intake.db;
  const place = { database, databaseUrl: url, directory: intake.blobDirectory };
  web = await startTestWeb(place, {}, { blobStore: intake.blobStore });
  reader = await callerFor(web, database, { role: 'admin', name: 'admin' });
});
afterAll(async () => {
  await web.close();
  await intake.stop();
});

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
}

const UIDS = ['StudyInstanceUID', 'SeriesInstanceUID', 'SOPInstanceUID'] as const;

describe('UIDs never become paths', () => {
  it('in the image store, whatever the data set says', async () => {
    let kept = 0;
    for (const [index, uid] of [...HOSTILE, ...ODD].entries()) {
      for (const keyword of UIDS) {
        const attributes: Attributes = { [keyword]: uid };
        const file = minimalImage({ modality: 'CR', seed: `${index} ${keyword}`, attributes });
        const announced = keyword === 'SOPInstanceUID' ? uid : file.sopInstanceUid;
        try {
          await receiveFile(intake.receiver, file.bytes, { sopInstanceUid: announced });
          kept += 1;
        } catch (error) {
          expect(error).toBeInstanceOf(RadTriageError);
        }
      }
    }
    const rows = await intake.db.database.selectFrom('instance').select('blobPath').execute();
    expect(rows).toHaveLength(kept);
    for (const row of rows) expect(row.blobPath).toMatch(PATH);
    for (const path of filesBelow(intake.blobDirectory)) {
      expect(path).toMatch(PATH);
      for (const uid of [...HOSTILE, ...ODD]) {
        if (uid.length > 3) expect(path).not.toContain(uid);
      }
    }
  });

  it('in the image store, asked for a path', async () => {
    for (const path of [...HOSTILE, ...HOSTILE.map((uid) => `instances/2026/11/23/${uid}`)]) {
      const refused = expect.objectContaining({ code: 'NOT_FOUND' });
      expect(() => intake.blobStore.locate(path), path).toThrowError(refused);
      await expect(intake.blobStore.readBlob(path)).rejects.toEqual(refused);
      await expect(intake.blobStore.readRange(path, 0, 1)).rejects.toEqual(refused);
      await expect(intake.blobStore.sizeOf(path)).rejects.toEqual(refused);
      await expect(intake.blobStore.removeBlob(path)).rejects.toEqual(refused);
    }
  });

  it('over HTTP: a request with one is refused or finds nothing', async () => {
    for (const uid of HOSTILE) {
      const encoded = encodeURIComponent(uid).replaceAll('.', '%2E');
      const paths = [
        `/api/studies/${encoded}`,
        `/api/studies/${encoded}/priors`,
        `/api/studies/${encoded}/thumbnail`,
        `/api/studies/${encoded}/heatmaps/${encoded}`,
        `/dicomweb/studies/${encoded}/metadata`,
        `/dicomweb/studies/1.2/series/${encoded}/instances/${encoded}`,
        `/dicomweb/studies/1.2/series/1.3/instances/1.4/bulkdata/${encoded}`,
      ];
      for (const path of paths) {
        const response = await reader(path);
        expect([400, 404], `${path} ${response.status}`).toContain(response.status);
        expect(await response.text()).not.toContain('root:');
      }
    }
  });

  it('in a rejection note: what is no UID names nothing', () => {
    for (const uid of HOSTILE) {
      const of = [{ ...minimalImage({ modality: 'CR', seed: 'note' }), sopInstanceUid: uid }];
      const { dataSet, instance } = unpack(rejectionNote({ title: '113001', seed: 'n', of }).bytes);
      const note = readRejectionNote(dataSet, instance.transferSyntaxUid);
      for (const named of note?.instances ?? []) {
        expect(named.sopInstanceUid).toMatch(/^[0-9.]{1,64}$/);
      }
    }
  });

  it('in any line of the services that builds a path', () => {
    const builders =
      /\b(join|resolve|locate|mkdir|mkdirSync|createReadStream|createWriteStream|readFile|writeFile|rm|rename)\(([^()]|\([^()]*\))*\b(uid|\w+Uid)\b/;
    const root = join(import.meta.dirname, '../../..');
    const found = ['services', 'queue', 'models'].flatMap((folder) =>
      filesBelow(join(root, folder))
        .filter((path) => path.endsWith('.ts'))
        .flatMap((path) => {
          const text = readFileSync(join(root, folder, path), 'utf8');
          return builders.test(text) ? [`${folder}/${path}`] : [];
        }),
    );
    expect(
      builders.test("writeFileSync(join(folder, study.studyInstanceUid + '.dcm'), bytes)"),
    ).toBe(true);
    expect(found).toEqual([]);
  });
});
