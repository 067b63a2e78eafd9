import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  birthDatesDisagree,
  isDummyPatientId,
  isSamePatient,
  type PatientFacts,
  patientKeyOf,
} from '#core/patient-identity.ts';
import { propertyRun } from '#tests/support/property-run.ts';

const NOBODY = [
  ...['', ' ', 'ANON', 'anon', 'Anonymous', 'ANONYMIZED', 'ANON-0001', 'ANON 12', 'UNKNOWN', 'unk'],
  ...[
    '0',
    '000',
    '00000000',
    '99999',
    'XXX',
    '---',
    '***',
    'TEST',
    'Test_1',
    'NULL',
    'N/A',
    'none',
  ],
  ...['Patient ID', 'PATIENT UNKNOWN', 'DUMMY', 'QA-2'],
];
const SOMEBODY = ['1', '12345', 'A-1000', 'ANONA', 'TESTER', 'NAUMANN', '0815', '100', 'MIN-7'];

const facts = (over: Partial<PatientFacts> = {}): PatientFacts => ({
  patientId: 'P1',
  issuer: 'HOSPITAL',
  site: 'NORTH',
  birthDate: '19600101',
  ...over,
});

/** Few values, so that equal ones are met. */
const anyFacts: fc.Arbitrary<PatientFacts> = fc.record({
  patientId: fc.oneof(
    fc.constantFrom('P1', 'P1 ', 'p1', 'P2', 'ANON', '', '","', 'A","B'),
    fc.string(),
    fc.constant(null),
  ),
  issuer: fc.constantFrom('HOSPITAL', 'CLINIC', '', ' ', null, undefined, 'A","B'),
  site: fc.constantFrom('', 'NORTH', 'SOUTH', 'HOSPITAL'),
  birthDate: fc.constantFrom('19600101', '1960.01.01', '19600102', '', null, '19601399', 'x'),
});

/** Signs by which two parts written as one text could be cut in another place. */
const tricky = fc.string({
  unit: fc.constantFrom('"', ',', '[', ']', '\\', 'a', ' '),
  maxLength: 4,
});

describe('ids that name nobody', () => {
  it.each(NOBODY)('%j', (id) => expect(isDummyPatientId(id)).toBe(true));
  it.each(SOMEBODY)('%j names somebody', (id) => expect(isDummyPatientId(id)).toBe(false));
  it('adds those of the site, whatever their case and blanks', () => {
    expect(isDummyPatientId('Not Fall', ['NOTFALL'])).toBe(true);
    expect(isDummyPatientId('NOTFALL1', ['NOTFALL'])).toBe(false);
  });
});

describe('one patient', () => {
  it('is issuer and id, never a name', () => {
    expect(isSamePatient(facts(), facts())).toBe(true);
    expect(isSamePatient(facts(), facts({ issuer: 'CLINIC' }))).toBe(false);
    expect(isSamePatient(facts(), facts({ patientId: 'P2' }))).toBe(false);
    expect(isSamePatient(facts(), facts({ patientId: 'p1' }))).toBe(false);
  });

  it('with an issuer is one at every site, without one only at its own', () => {
    expect(isSamePatient(facts(), facts({ site: 'SOUTH' }))).toBe(true);
    const unissued = facts({ issuer: null });
    expect(isSamePatient(unissued, unissued)).toBe(true);
    expect(isSamePatient(unissued, { ...unissued, site: 'SOUTH' })).toBe(false);
    expect(isSamePatient(unissued, facts())).toBe(false);
    // A site that bears the issuer's name is still no issuer.
    expect(isSamePatient({ ...unissued, site: 'HOSPITAL' }, facts())).toBe(false);
  });

  it('never has two birth dates', () => {
    expect(isSamePatient(facts(), facts({ birthDate: '19610101' }))).toBe(false);
    expect(isSamePatient(facts(), facts({ birthDate: '1960.01.01' }))).toBe(true);
    expect(isSamePatient(facts(), facts({ birthDate: null }))).toBe(true);
    expect(birthDatesDisagree('19600231', '19600101')).toBe(false);
  });

  it('is the same seen from either side, and itself unless the id names nobody', () => {
    fc.assert(
      fc.property(anyFacts, anyFacts, (one, other) => {
        expect(isSamePatient(one, other)).toBe(isSamePatient(other, one));
        expect(isSamePatient(one, one)).toBe(patientKeyOf(one) !== undefined);
        if (isDummyPatientId(one.patientId ?? '')) expect(isSamePatient(one, other)).toBe(false);
        if (birthDatesDisagree(one.birthDate, other.birthDate)) {
          expect(isSamePatient(one, other)).toBe(false);
        }
      }),
      propertyRun({ numRuns: 2_000 }),
    );
  });

  it('has one key for one pair of issuer and id, however either is written', () => {
    fc.assert(
      fc.property(tricky, tricky, tricky, tricky, (id, issuer, id2, issuer2) => {
        const key = patientKeyOf({ patientId: id, issuer, site: '' });
        const other = patientKeyOf({ patientId: id2, issuer: issuer2, site: '' });
        if (key === undefined || key !== other) return;
        const clean = (value: string) => value.replaceAll('\0', '').trim();
        expect([clean(id2), clean(issuer2)]).toEqual([clean(id), clean(issuer)]);
      }),
      propertyRun({ numRuns: 2_000 }),
    );
  });
});
