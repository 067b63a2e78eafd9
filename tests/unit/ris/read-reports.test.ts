import { describe, expect, it } from 'vitest';
import { type Hl7Sender, hl7 } from '#platform/config/hl7.ts';
import { MessageFault } from '#ris/hl7/message-fault.ts';
import { readMessage } from '#ris/hl7/read-message.ts';
import { isMerge, readMerges } from '#ris/read-merges.ts';
import { readReports } from '#ris/read-reports.ts';
import { adtMerge, oru } from '#tests/support/hl7.ts';

function sender(settings: Partial<Hl7Sender> = {}): Hl7Sender {
  const { senders } = hl7.parse({ senders: [{ name: 'RIS', addresses: ['10.0.0.1'] }] });
  const [only] = senders;
  if (only === undefined) throw new Error('one sender was given');
  return { ...only, ...settings };
}
const read = (text: string, settings: Partial<Hl7Sender> = {}) =>
  readReports(readMessage(text), sender(settings));
const answerOf = (text: string): string => {
  try {
    read(text);
  } catch (error) {
    if (error instanceof MessageFault) return `${error.answer} ${error.message}`;
    throw error;
  }
  return 'taken';
};

describe('what a message says of studies', () => {
  it('names report, number and patient', () => {
    const text = oru({
      pid: 'P1^^^HOSP&1.2.3&ISO^MR~N9^^^NAT',
      birthDate: '19500101',
      changedAt: '20261127',
    });
    expect(read(text, { site: 'Main' }).reports).toEqual([
      {
        ...{ source: 'RIS', via: 'hl7', messageId: 'M1', word: 'reported', site: 'Main' },
        ...{ accessionNumber: 'A1', studyInstanceUid: null, madeAt: 'F 20261127' },
        saidAt: '20261127140200',
        patient: {
          ids: [
            { id: 'P1', issuers: ['HOSP', '1.2.3'] },
            { id: 'N9', issuers: ['NAT'] },
          ],
          birthDate: '19500101',
        },
      },
    ]);
  });

  it.each([
    ['F', ['reported']],
    ['C', ['reported']],
    ['P', ['open']],
    ['R', ['open']],
    ['X', ['cancelled']],
    ['Y', []],
    ['Q', []],
  ])('takes the result status %s as %j', (status, words) => {
    expect(read(oru({ status })).reports.map(({ word }) => word)).toEqual(words);
  });

  it('finds the accession number where the site says that it is', () => {
    const numberAt = (accessionNumber: string) =>
      read(oru(), { accessionNumber }).reports[0]?.accessionNumber;
    expect(['OBR-18', 'OBR-3', 'ORC-2', 'OBR-4.2'].map(numberAt)).toEqual([
      'A1',
      'FI1',
      'PL1',
      'Chest',
    ]);
  });

  it('names issuers by what the images call them', () => {
    const idsOf = (pid: string, settings: Partial<Hl7Sender>) =>
      read(oru({ pid }), settings).reports[0]?.patient.ids;
    expect(idsOf('P1^^^KIS', { issuers: { KIS: 'HOSP' } })).toEqual([
      { id: 'P1', issuers: ['KIS', 'HOSP'] },
    ]);
    expect(idsOf('P1', { issuerOfPatientId: 'HOSP' })).toEqual([{ id: 'P1', issuers: ['HOSP'] }]);
    expect(idsOf('P1', {})).toEqual([{ id: 'P1', issuers: [] }]);
  });

  it('judges each order of a message', () => {
    const second = oru({ accession: 'A2', status: 'Y' }).split('\r').slice(2).join('\r');
    const third = oru({ accession: 'A3' }).split('\r').slice(2).join('\r');
    const { reports, ignored } = read(oru() + second + third);
    expect(reports.map(({ accessionNumber }) => accessionNumber)).toEqual(['A1', 'A3']);
    expect(ignored).toBe(1);
  });

  it('takes a completed order for a report only where the site says so', () => {
    const orm = oru().replace('ORU^R01^ORU_R01', 'ORM^O01');
    expect(read(orm).reports).toEqual([]);
    expect(read(orm, { completedOrderMeansReported: true }).reports).toHaveLength(1);
    const wordsAt = (status: string, completedOrderMeansReported: boolean) =>
      read(orm.replace('|CM', `|${status}`), { completedOrderMeansReported }).reports.map(
        ({ word }) => word,
      );
    expect(wordsAt('IP', true)).toEqual(['open']);
    expect(wordsAt('IP', false)).toEqual([]);
    expect([wordsAt('CA', true), wordsAt('CA', false)]).toEqual([['cancelled'], ['cancelled']]);
  });

  it.each([
    ['AR MSH-9', oru().replace('ORU^R01^ORU_R01', 'ADT^A08')],
    ['AR MSH-11', oru({ processing: 'T' })],
    ['AR MSH-12', oru().replace('|2.5.1|', '|3.0|')],
    ['AE MSH-10', oru({ controlId: '' })],
    ['AE OBR-25', oru({ status: '' })],
    ['AE OBR-18', oru({ accession: '' })],
    ['AE OBR-18', oru({ accession: 'A'.repeat(65) })],
    ['AE PID-3', oru({ pid: '' })],
    ['AE PID-3', oru({ pid: '^^^HOSP' })],
    ['AE the message holds no order', oru().split('\r').slice(0, 2).join('\r')],
  ])('answers %s', (answer, text) => {
    expect(answerOf(text)).toContain(answer);
  });
});

describe('what a message says of merged patients', () => {
  const merge = (text: string) => readMerges(readMessage(text), sender({ site: 'Main' }));

  it('names who was given up for whom, each behind its own patient', () => {
    const second = adtMerge('O2^^^HOSP', 'N2^^^HOSP').split('\r').slice(2).join('\r');
    const text = adtMerge('O1^^^HOSP~X1^^^OLD', 'N1^^^HOSP') + second;
    expect(isMerge(readMessage(text))).toBe(true);
    expect(merge(text)).toEqual([
      {
        ...{ source: 'RIS', messageId: 'G1', site: 'Main' },
        from: [
          { id: 'O1', issuers: ['HOSP'] },
          { id: 'X1', issuers: ['OLD'] },
        ],
        into: [{ id: 'N1', issuers: ['HOSP'] }],
      },
      {
        ...{ source: 'RIS', messageId: 'G1', site: 'Main' },
        from: [{ id: 'O2', issuers: ['HOSP'] }],
        into: [{ id: 'N2', issuers: ['HOSP'] }],
      },
    ]);
  });

  it('is refused where one of both is nobody, and is no merge without MRG', () => {
    expect(() => merge(adtMerge('', 'N1'))).toThrow('MRG-1');
    expect(() => merge(adtMerge('O1', ''))).toThrow('PID-3');
    expect(isMerge(readMessage(oru().replace('ORU^R01', 'ADT^A08')))).toBe(false);
  });
});
