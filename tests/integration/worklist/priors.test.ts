import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { priorsSchema } from '#contracts/priors.ts';
import type { Attributes } from '#test-data/part10-writer.ts';
import { versionOf } from '#tests/support/corrections.ts';
import { receiveFile, startTestIntake, type TestIntake } from '#tests/support/intake.ts';
import { type Caller, callerFor, startTestWeb } from '#tests/support/web-server.ts';
import type { Web } from '#worklist/start-web.ts';

let intake: TestIntake;
let web: Web;
let reader: Caller;

beforeAll(async () => {
  intake = await startTestIntake({
    overrides: {
      dicom: {
        peers: [
          { aeTitle: 'NORTH', site: 'North', issuerOfPatientId: 'HOSPITAL' },
          { aeTitle: 'CLINIC', site: 'Clinic' },
          { aeTitle: 'CLINIC2', site: 'Clinic' },
        ],
        dummyPatientIds: ['NOTFALL'],
      },
    },
  });
  const { database, url } = intake.db;
  const place = { database, databaseUrl: url, directory: intake.blobDirectory };
  web = await startTestWeb(place, {}, { blobStore: intake.blobStore });
  reader = await callerFor(web, database, { role: 'radiologist', name: 'reader' });
});
afterAll(async () => {
  await web.close();
  await intake.stop();
});

/** Sends a study of one image. */
async function study(seed: string, attributes: Attributes, callingAe = 'CLINIC') {
  const image = versionOf(seed, attributes);
  await receiveFile(intake.receiver, image.bytes, { callingAe });
  return image.studyInstanceUid;
}

async function priorsOf(uid: string) {
  return priorsSchema.parse(await (await reader(`/api/studies/${uid}/priors`)).json());
}

const uidsOf = async (uid: string) =>
  (await priorsOf(uid)).priors.map((prior) => prior.studyInstanceUid);

describe('the priors of a study', () => {
  it('are those of the same issuer and id, the newest first, whatever the name', async () => {
    const id = { PatientID: 'P-1', IssuerOfPatientID: 'HOSPITAL' };
    const now = await study('now', { ...id, StudyDate: '20260301' });
    const old = await study('old', { ...id, StudyDate: '20200301', PatientName: 'Maiden^Name' });
    const newer = await study('newer', { ...id, StudyDate: '20250301' }, 'CLINIC2');
    const other = await study('other issuer', { ...id, IssuerOfPatientID: 'ELSEWHERE' });
    // The sender's issuer stands in where the images name none.
    const { IssuerOfPatientID: _, ...bare } = id;
    const north = await study('north', { ...bare, StudyDate: '20240301' }, 'NORTH');
    const clinic = await study('clinic', { ...bare, StudyDate: '20230301' });
    expect(await uidsOf(now)).toEqual([newer, north, old]);
    expect(await uidsOf(north)).toEqual([now, newer, old]);
    expect(await uidsOf(other)).toEqual([]);
    expect(await uidsOf(clinic)).toEqual([]);
  });

  it('without an issuer are those of the same site', async () => {
    const id = { PatientID: 'P-2' };
    const one = await study('site one', id, 'CLINIC');
    const two = await study('site two', id, 'CLINIC2');
    await study('site three', id, 'UNKNOWN');
    expect(await uidsOf(one)).toEqual([two]);
  });

  it('never have another birth date, and say so', async () => {
    const id = { PatientID: 'P-3', IssuerOfPatientID: 'HOSPITAL' };
    const one = await study('born one', id);
    const two = await study('born two', { ...id, PatientBirthDate: '' });
    await study('born three', { ...id, PatientBirthDate: '19610101' });
    expect(await priorsOf(one)).toMatchObject({
      priors: [{ studyInstanceUid: two, imageCount: 1 }],
      withheld: null,
      otherBirthDate: 1,
    });
  });

  it.each(['ANON', '', '0000', 'Notfall', 'TEST 1'])('of %j are none', async (PatientID) => {
    const one = await study(`dummy one ${PatientID}`, { PatientID });
    await study(`dummy two ${PatientID}`, { PatientID });
    expect(await priorsOf(one)).toEqual({
      priors: [],
      withheld: 'no-patient-id',
      otherBirthDate: 0,
    });
  });

  it('follow a corrected id', async () => {
    const right = await study('right', { PatientID: 'P-4' });
    const wrong = await study('wrong', { PatientID: 'P-5' });
    expect(await uidsOf(right)).toEqual([]);
    await study('wrong', { PatientID: 'P-4' });
    expect(await uidsOf(right)).toEqual([wrong]);
  });

  it('of nothing are not found', async () => {
    expect((await reader('/api/studies/1.2.3/priors')).status).toBe(404);
  });
});
