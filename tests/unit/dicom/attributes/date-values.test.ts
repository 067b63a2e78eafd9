import { describe, expect, it } from 'vitest';
import {
  isDate,
  isTime,
  isTimezoneOffset,
  patientAgeYears,
} from '#dicom/attributes/date-values.ts';

describe('dates and times (PS3.5 table 6.2-1)', () => {
  it.each(['20240229', '19000101', '00010101'])('takes the day %s', (day) => {
    expect(isDate(day)).toBe(true);
  });
  it.each(['20230229', '20241301', '20240100', '2024', '2024-01-01', ''])(
    'refuses the day %j',
    (day) => {
      expect(isDate(day)).toBe(false);
    },
  );
  it.each(['07', '0730', '073015', '073015.1', '235960.999999'])('takes the time %s', (time) => {
    expect(isTime(time)).toBe(true);
  });
  it.each(['7', '24', '0760', '07:30', '073015.', '073015.1234567', '0730.5'])(
    'refuses the time %j',
    (time) => {
      expect(isTime(time)).toBe(false);
    },
  );
  it('knows offsets from UTC', () => {
    const given = ['+0000', '-1200', '+1400', '+0545', '-0000', '+1401', '-1201', '0100', '+1'];
    expect(given.filter(isTimezoneOffset)).toEqual(['+0000', '-1200', '+1400', '+0545']);
  });
});

describe('patientAgeYears', () => {
  it.each([
    ['045Y', 45],
    ['018M', 1.5],
    ['000D', 0],
  ])('reads PatientAge %s', (patientAge, years) => {
    expect(patientAgeYears({ patientAge })).toBe(years);
  });
  it('counts birthdays passed at the study', () => {
    const age = (patientBirthDate: string, studyDate: string) =>
      patientAgeYears({ patientBirthDate, studyDate });
    expect(age('19800615', '20200614')).toBe(39);
    expect(age('19800615', '20200615')).toBe(40);
    expect(age('20000229', '20250228')).toBe(24);
    expect(age('20250101', '20200101')).toBeUndefined();
    expect(age('15000101', '20200101')).toBeUndefined();
    expect(age('bad', '20200101')).toBeUndefined();
  });
  it('prefers what the device stated, and falls back when that is no age', () => {
    const dates = { patientBirthDate: '19800101', studyDate: '20200101' };
    expect(patientAgeYears({ ...dates, patientAge: '041Y' })).toBe(41);
    expect(patientAgeYears({ ...dates, patientAge: '999Y' })).toBe(40);
  });
});
