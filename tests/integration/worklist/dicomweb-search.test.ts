import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { minimalImage, minimalObject } from '#test-data/minimal-objects.ts';
import { startTestDatabase, type TestDatabase } from '#tests/support/postgres.ts';
import { seedFiles, seedStudy } from '#tests/support/seed-studies.ts';
import { temporaryDirectory } from '#tests/support/temporary.ts';
import { type Caller, callerFor, startTestWeb } from '#tests/support/web-server.ts';
import { createToken } from '#worklist/accounts/tokens.ts';
import type { Web } from '#worklist/start-web.ts';

const element = z.looseObject({ vr: z.string(), Value: z.array(z.unknown()).optional() });
const results = z.array(z.record(z.string(), element));

const STUDY_UID = '0020000D';
const CHEST = '2.25.9001';

/** Names, dates and modalities of the studies that are searched; the newest last. */
const STUDIES = [
  {
    studyInstanceUid: CHEST,
    patientName: 'Yamada^Tarou=山田^太郎=やまだ^たろう',
    patientId: 'PID_1',
    accessionNumber: 'ACC-1',
    studyDate: '20260101',
    studyTime: '0930',
    studyId: 'S1',
    referringPhysicianName: 'House^Gregory',
    studyDescription: '100% chest',
  },
  {
    studyInstanceUid: '2.25.9002',
    patientName: 'Smith-Jones^Anna Maria',
    patientId: 'PIDX1',
    accessionNumber: 'acc-1',
    studyDate: '20260215',
    studyTime: '235959.5',
  },
  {
    studyInstanceUid: '2.25.9003',
    patientName: "O'Brien^José",
    patientId: 'PID_10',
    accessionNumber: null,
    studyDate: null,
    studyTime: null,
  },
];

describe('QIDO-RS', () => {
  const directory = temporaryDirectory();
  let server: TestDatabase;
  let web: Web;
  let call: Caller;

  const ask = async (path: string) => {
    const response = await call(`/dicomweb${path}`);
    expect([path, response.status]).toEqual([path, 200]);
    const warning = response.headers.get('warning');
    return { found: results.parse(await response.json()), warning };
  };
  const uidsOf = async (path: string, tag = STUDY_UID) =>
    (await ask(path)).found.map((each) => z.string().parse(each[tag]?.Value?.[0])).sort();
  const studies = async (query: string) =>
    (await uidsOf(`/studies?${query}`)).map((uid) => Number(uid.slice(-1)));

  beforeAll(async () => {
    server = await startTestDatabase();
    const { database } = server;
    for (const [index, columns] of STUDIES.entries()) {
      const receivedAt = new Date(Date.UTC(2026, 1, 20, 10, index));
      const study = await seedStudy(database, { ...columns, receivedAt });
      const of = { studyInstanceUid: columns.studyInstanceUid, seed: index };
      const place = { directory: directory.path };
      const images = [1, 2].map((instanceNumber) =>
        minimalImage({ ...of, modality: index === 0 ? 'CR' : 'CT', instanceNumber }),
      );
      await seedFiles(database, study, { ...place, files: images.map(({ bytes }) => bytes) });
      const [image] = images;
      if (image === undefined || index > 0) continue;
      const report = minimalObject({ kind: 'SR', seed: index, of: image });
      await seedFiles(database, study, { ...place, kind: 'object', files: [report.bytes] });
    }
    const place = { database, databaseUrl: server.url, directory: directory.path };
    web = await startTestWeb(place);
    call = await callerFor(web, database, { role: 'radiologist', name: 'searcher' });
  });
  afterAll(async () => {
    await web.close();
    await server.stop();
    directory.remove();
  });

  it.each([
    ['PatientID=PID_1', [1]],
    ['PatientID=pid_1', []],
    ['PatientID=PID_*', [1, 3]],
    ['PatientID=PID?1', [1, 2]],
    ['PatientID=*', [1, 2, 3]],
    ['00100020=PID_1&AccessionNumber=ACC-1', [1]],
    ['AccessionNumber=ACC*', [1]],
    ['StudyDescription=100%25*', [1]],
    ['StudyDescription=1%25', []],
    ['StudyID=S1', [1]],
    ['ReferringPhysicianName=house*', [1]],
    [`StudyInstanceUID=${CHEST},2.25.9003,2.25.4`, [1, 3]],
    ['StudyInstanceUID=2.25.9002&StudyInstanceUID=2.25.9003', [2, 3]],
    ['StudyDate=20260101', [1]],
    ['StudyDate=20260101-20260131', [1]],
    ['StudyDate=20260102-', [2]],
    ['StudyDate=-20260215', [1, 2]],
    ['StudyTime=0930', [1]],
    ['StudyTime=0900-0930', [1]],
    ['StudyTime=093001-', [2]],
    ['StudyTime=09:00-23:59:59', [1, 2]],
    ['ModalitiesInStudy=CR', [1]],
    ['ModalitiesInStudy=SR', [1]],
    ['ModalitiesInStudy=CR,MG', [1]],
    ['ModalitiesInStudy=C*', [1, 2, 3]],
    ['ModalitiesInStudy=MG', []],
    ['PatientSex=F&PatientBirthDate=19400101-19501231', [1, 2, 3]],
  ])('finds by %s', async (query, expected) => {
    expect(await studies(query)).toEqual(expected);
  });

  it.each([
    ['yamada^tarou', [1]],
    ['YAMADA^TAROU^^', [1]],
    ['yamada', []],
    ['yamada*', [1]],
    ['*tarou', [1]],
    ['*mith*', [2]],
    ['*ith-jones^an?a*', [2]],
    ['山田*', [1]],
    ['=山田^太郎', [1]],
    ['yamada^tarou=山田^太郎', [1]],
    ['yamada^tarou=鈴木*', []],
    ['=yamada*', []],
    ["o'brien^jos?", [3]],
    ['*a*', [1, 2]],
    ['_', []],
  ])('finds the name %s', async (name, expected) => {
    expect(await studies(`PatientName=${encodeURIComponent(name)}`)).toEqual(expected);
  });

  it.each([
    ['anna smi', [2]],
    ['JONES', [2]],
    ['mith', []],
    ["o'br jos", [3]],
    ['やまだ', [1]],
    ["'&|!:*\\", []],
  ])('finds the name %s fuzzily', async (name, expected) => {
    const query = `PatientName=${encodeURIComponent(name)}&fuzzymatching=true`;
    expect(await studies(query)).toEqual(expected);
  });

  it('answers what a study needs, with its counts and where to retrieve it', async () => {
    const { found, warning } = await ask(`/studies?StudyInstanceUID=${CHEST}`);
    expect(warning).toBeNull();
    expect(found).toMatchObject([
      {
        '00080005': { vr: 'CS', Value: ['ISO_IR 192'] },
        '00080020': { vr: 'DA', Value: ['20260101'] },
        '00080056': { vr: 'CS', Value: ['ONLINE'] },
        '00080061': { vr: 'CS', Value: ['CR', 'SR'] },
        '00081190': { vr: 'UR', Value: [`${web.url}/dicomweb/studies/${CHEST}`] },
        '00100010': {
          vr: 'PN',
          Value: [
            { Alphabetic: 'Yamada^Tarou', Ideographic: '山田^太郎', Phonetic: 'やまだ^たろう' },
          ],
        },
        '00200010': { vr: 'SH', Value: ['S1'] },
        '00201206': { vr: 'IS', Value: [2] },
        '00201208': { vr: 'IS', Value: [3] },
      },
    ]);
    const tags = Object.keys(found[0] ?? {});
    expect(tags).toEqual([...tags].sort());
  });

  it('gives pages in one order, and says how many are left', async () => {
    const page = async (query: string) => {
      const { found, warning } = await ask(`/studies?${query}`);
      return [found.map((each) => each[STUDY_UID]?.Value?.[0]), warning];
    };
    const of = (count: number) =>
      `299 ${web.url}/dicomweb: There are ${count} additional results that can be requested`;
    expect(await page('limit=2')).toEqual([['2.25.9003', '2.25.9002'], of(1)]);
    expect(await page('limit=1&offset=1')).toEqual([['2.25.9002'], of(1)]);
    expect(await page('limit=2&offset=2')).toEqual([[CHEST], null]);
    expect(await page('offset=3')).toEqual([[], null]);
    expect(await page('limit=0')).toEqual([[], of(3)]);
  });

  it('gives what else is wanted of a study, and nothing of a lower level', async () => {
    const of = async (includefield: string) => {
      const path = `/studies?StudyInstanceUID=${CHEST}&includefield=${includefield}`;
      const [found = {}] = (await ask(path)).found;
      return found;
    };
    const plain = await of('StudyDate');
    expect(plain).not.toHaveProperty('00101010');
    const more = await of('PatientAge,Manufacturer,Rows');
    expect(Object.keys(more).length - Object.keys(plain).length).toBeLessThanOrEqual(1);
    expect(more).not.toHaveProperty('00080070');
    expect(more).not.toHaveProperty('00280010');
    const [series] = (await ask(`/studies/${CHEST}/series?includefield=Manufacturer,Rows`)).found;
    expect(series).toMatchObject({ '00080070': { vr: 'LO', Value: ['Minimal'] } });
    expect(series).not.toHaveProperty('00280010');
    const all = (await ask(`/studies/${CHEST}/instances?includefield=all&Modality=CR`)).found;
    expect(all[0]).toMatchObject({
      '00280004': { Value: ['MONOCHROME2'] },
      '00080070': { Value: ['Minimal'] },
    });
    expect(all[0]).not.toHaveProperty('7FE00010');
  });

  it('finds series in a study and everywhere', async () => {
    const { found } = await ask(`/studies/${CHEST}/series`);
    expect(found.map((each) => [each['00080060']?.Value, each['00201209']?.Value])).toEqual([
      [['CR'], [2]],
      [['SR'], [1]],
    ]);
    expect(found[0]).not.toHaveProperty('00100010');
    const uid = found[0]?.['0020000E']?.Value?.[0];
    expect(found[0]).toMatchObject({
      '00081190': { Value: [`${web.url}/dicomweb/studies/${CHEST}/series/${uid}`] },
      '00400275': { vr: 'SQ' },
    });
    const everywhere = await ask('/series?Modality=CT&limit=1');
    expect(everywhere.found).toMatchObject([
      { [STUDY_UID]: { Value: ['2.25.9003'] }, '00100020': { Value: ['PID_10'] } },
    ]);
    expect(everywhere.warning).toMatch(/There are 1 additional results/);
    expect(await uidsOf('/series?PatientID=PIDX1&SeriesNumber=1')).toEqual(['2.25.9002']);
    expect(await uidsOf(`/series?SeriesInstanceUID=${uid}`)).toEqual([CHEST]);
    expect(await uidsOf('/series?Modality=MG')).toEqual([]);
    expect(await uidsOf('/studies/2.25.77/series')).toEqual([]);
  });

  it('finds instances in a series, in a study and everywhere', async () => {
    const inStudy = await ask(`/studies/${CHEST}/instances`);
    expect(inStudy.found).toHaveLength(3);
    const [first] = inStudy.found;
    const series = first?.['0020000E']?.Value?.[0];
    expect(first).toMatchObject({
      '00080060': { Value: ['CR'] },
      '00280010': { vr: 'US', Value: [16] },
      '00280100': { vr: 'US', Value: [8] },
    });
    const inSeries = await ask(`/studies/${CHEST}/series/${series}/instances`);
    expect(inSeries.found.map((each) => each['00200013']?.Value)).toEqual([[1], [2]]);
    expect(inSeries.found[0]).not.toHaveProperty('00080060');
    const uid = z.string().parse(first?.['00080018']?.Value?.[0]);
    expect(await uidsOf(`/instances?SOPInstanceUID=${uid}`, '00080018')).toEqual([uid]);
    expect(await uidsOf('/instances?InstanceNumber=2')).toEqual([CHEST, '2.25.9002', '2.25.9003']);
    expect(await uidsOf('/instances?SOPClassUID=1.2.840.10008.5.1.4.1.1.88.33')).toEqual([CHEST]);
  });

  it('names what it leaves out in a warning and what it does not know in a refusal', async () => {
    const { found, warning } = await ask('/studies?InstitutionName=Secret&limit=1');
    expect(found).toHaveLength(1);
    expect(warning).toMatch(/299 \S+: InstitutionName cannot be searched by here/);
    expect(warning).not.toContain('Secret');
    const refused = await call('/dicomweb/studies?PatientNam=Secret');
    expect([refused.status, await refused.json()]).toMatchObject([
      400,
      { code: 'REQUEST_INVALID', details: { parameter: 'PatientNam' } },
    ]);
    const xml = await call('/dicomweb/studies', { headers: { accept: 'application/dicom+xml' } });
    expect(xml.status).toBe(406);
  });

  it('answers what OHIF asks', async () => {
    const list = await ask(
      '/studies?limit=101&offset=0&fuzzymatching=false&includefield=00081030,00080060,00080090,00100030&PatientName=*yama*&StudyDate=20260101-20260301&ModalitiesInStudy=CR',
    );
    expect(list.found).toMatchObject([
      {
        '0020000D': { Value: [CHEST] },
        '00080020': { Value: ['20260101'] },
        '00080030': { Value: ['0930'] },
        '00080050': { Value: ['ACC-1'] },
        '00080061': { Value: ['CR', 'SR'] },
        '00080090': { Value: [{ Alphabetic: 'House^Gregory' }] },
        '00100030': { Value: ['19500101'] },
        '00201208': { Value: [3] },
      },
    ]);
    const series = await ask(`/studies/${CHEST}/series?includefield=0008103E,00080021`);
    expect(series.found).toMatchObject([
      { '00080060': { Value: ['CR'] }, '00200011': { Value: [1] }, '00201209': { Value: [2] } },
      { '00080060': { Value: ['SR'] } },
    ]);
  });

  it('lets a page of another origin ask when the site says so, by a token alone', async () => {
    const place = {
      ...{ database: server.database, databaseUrl: server.url, directory: directory.path },
    };
    const origin = 'https://viewer.example';
    const open = await startTestWeb(place, { dicomweb: { allowedOrigins: [origin] } });
    onTestFinished(() => open.close());
    const ask = async (path: string, from: string, init: RequestInit = {}) => {
      const headers = { origin: from, ...init.headers };
      const { status, headers: told } = await fetch(`${open.url}${path}`, { ...init, headers });
      return [status, told.get('access-control-allow-origin')];
    };
    const token = await createToken(server.database, { name: 'page', roles: ['service'] });
    const bearer = { headers: { authorization: `Bearer ${token}` } };
    expect(await ask('/dicomweb/studies', origin, { method: 'OPTIONS' })).toEqual([204, origin]);
    expect(await ask('/dicomweb/studies', origin, bearer)).toEqual([200, origin]);
    expect(await ask(`/dicomweb/studies/${CHEST}/metadata`, origin, bearer)).toEqual([200, origin]);
    expect(await ask('/dicomweb/studies', origin)).toEqual([401, origin]);
    expect(await ask('/dicomweb/studies', 'https://other.example', bearer)).toEqual([200, null]);
    expect(await ask('/api/worklist', origin, bearer)).toMatchObject([expect.anything(), null]);
    const answer = await fetch(`${open.url}/dicomweb/studies`, {
      headers: { origin, ...bearer.headers },
    });
    expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
    const closed = await fetch(`${web.url}/dicomweb/studies`, {
      method: 'OPTIONS',
      headers: { origin },
    });
    expect([closed.status, closed.headers.get('access-control-allow-origin')]).toEqual([404, null]);
  });

  it('writes one entry into the audit log for a search that is repeated', async () => {
    const entries = await server.database
      .selectFrom('auditLog')
      .select(['action', 'studyInstanceUid'])
      .where('actor', '=', 'token:searcher')
      .execute();
    expect(entries.filter((each) => each.action === 'studies.searched')).toHaveLength(1);
    expect(entries.filter((each) => each.studyInstanceUid === CHEST)).toHaveLength(1);
  });
});
