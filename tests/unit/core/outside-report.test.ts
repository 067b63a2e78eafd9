import { describe, expect, it } from 'vitest';
import { isReportOfPatient, isSurelyLater, judgeReportedStudy } from '#core/outside-report.ts';

describe('whose report it is', () => {
  const study = { patientId: 'P1', issuerOfPatientId: 'HOSP', patientBirthDate: '19500101' };
  const of = (id: string, issuers: string[] = [], birthDate: string | null = null) => ({
    ids: [{ id, issuers }],
    birthDate,
  });

  it.each([
    ['the same id and issuer', of('P1', ['HOSP'])],
    ['an id without an issuer', of('P1')],
    ['one of several names of the issuer', of('P1', ['H', 'HOSP'])],
    [
      'one of several ids',
      { ids: [{ id: 'X', issuers: ['Y'] }, ...of('P1').ids], birthDate: null },
    ],
    ['the same day of birth', of('P1', [], '19500101')],
  ])('is the patient of the study by %s', (_by, reported) => {
    expect(isReportOfPatient(reported, study)).toBe(true);
  });

  it.each([
    ['another id', of('P2', ['HOSP'])],
    ['another issuer', of('P1', ['OTHER'])],
    ['another day of birth', of('P1', ['HOSP'], '19500102')],
    ['no id', { ids: [], birthDate: '19500101' }],
    ['another case', of('p1', ['HOSP'])],
  ])('is another by %s', (_by, reported) => {
    expect(isReportOfPatient(reported, study)).toBe(false);
  });

  it('is nobody where the id stands for nobody', () => {
    const anonymous = { ...study, patientId: 'ANON' };
    expect(isReportOfPatient(of('ANON', ['HOSP']), anonymous)).toBe(false);
    expect(isReportOfPatient(of('E1'), { ...study, patientId: 'E1' }, ['E1'])).toBe(false);
    expect(isReportOfPatient(of(''), { ...study, patientId: null })).toBe(false);
  });

  it('counts an issuer that only one side names for nothing', () => {
    expect(isReportOfPatient(of('P1', ['X']), { ...study, issuerOfPatientId: null })).toBe(true);
  });
});

describe('what a report does to a study', () => {
  const now = new Date('2026-11-27T14:02:00Z');
  const study = {
    ...({ status: 'analysed', readingStatus: 'unread', openedAt: null } as const),
    ...{ studyDate: '20261127', imageRevision: 'r1' },
  };
  const judge = (change: Partial<Parameters<typeof judgeReportedStudy>[0]>, held?: string | null) =>
    judgeReportedStudy(
      { ...study, ...change },
      { receivedAt: now, heldRevision: held },
      { now, idleMinutes: 60 },
    );
  const minutesAgo = (minutes: number) => new Date(now.getTime() - minutes * 60_000);

  it.each([
    [{}, 'move'],
    [{ status: 'failed' }, 'move'],
    [{ status: 'receiving' }, 'wait'],
    [{ readingStatus: 'reviewed' }, 'leave'],
    [{ readingStatus: 'reviewed', status: 'receiving' }, 'leave'],
    [{ readingStatus: 'reported-elsewhere' }, 'leave'],
    [{ readingStatus: 'open', openedAt: minutesAgo(59) }, 'hold'],
    [{ readingStatus: 'open', openedAt: minutesAgo(61) }, 'move'],
    [{ studyDate: '20261128' }, 'move'],
    [{ studyDate: '20261129' }, 'leave'],
    [{ studyDate: null }, 'move'],
  ] as const)('%o: %s', (change, verdict) => {
    expect(judge(change)).toBe(verdict);
  });

  it('leaves a study that was held and has images since that nobody has seen', () => {
    expect(judge({}, 'r1')).toBe('move');
    expect(judge({ imageRevision: 'r2' }, 'r1')).toBe('leave');
    expect(judge({ imageRevision: 'r2', status: 'receiving' }, 'r1')).toBe('wait');
  });
});

describe('which of two words came later', () => {
  it.each([
    ['20261127140201', '20261127140200', true],
    ['20261127140200', '20261127140201', false],
    ['20261127140200', '20261127140200', false],
    ['202611271402', '20261127140200', false],
    ['2026112714', '20261127130559', true],
    ['20261127140200.5', '20261127140200.25', true],
    ['20261127140200+0000', '20261127140200+0100', true],
    ['20261127143000+0100', '20261127140000+0000', false],
    ['20261127140201', '20261127140200+0000', false],
    ['tomorrow', '20261127', false],
    [null, '20261127', false],
    ['20261127', null, false],
  ])('%s after %s: %s', (one, other, isLater) => {
    expect(isSurelyLater(one, other)).toBe(isLater);
  });
});
