/** Checks of the VRs of time (PS3.5 table 6.2-1), and the patient's age. Values stay raw; nothing is moved to UTC. */

const DATE = /^(\d{4})(\d{2})(\d{2})$/;
const TIME = /^([01]\d|2[0-3])([0-5]\d([0-5]\d|60)?)?$/;
const TIMED = /^\d{6}\.\d{1,6}$/;
const AGE = /^(\d{3})([DWMY])$/;

function parseDate(text: string): Date | undefined {
  const match = DATE.exec(text);
  if (match === null) return undefined;
  const [, year, month, day] = match.map(Number);
  const date = new Date(0);
  date.setUTCFullYear(year ?? 0, (month ?? 0) - 1, day ?? 0);
  const isReal = date.getUTCMonth() + 1 === month && date.getUTCDate() === day;
  return isReal ? date : undefined;
}

/** A day that exists, as `YYYYMMDD`. */
export function isDate(text: string): boolean {
  return parseDate(text) !== undefined;
}

/** `HH`, `HHMM`, `HHMMSS` or `HHMMSS.F`. */
export function isTime(text: string): boolean {
  return TIME.test(TIMED.test(text) ? text.slice(0, 6) : text);
}

export function isAgeString(text: string): boolean {
  return AGE.test(text);
}

/** `&ZZXX` from -1200 to +1400 (PS3.3 C.12.1.1.8). */
export function isTimezoneOffset(text: string): boolean {
  const match = /^([+-])(\d{2})([0-5]\d)$/.exec(text);
  if (match === null) return false;
  const minutes = Number(match[2]) * 60 + Number(match[3]);
  return minutes <= (match[1] === '+' ? 14 * 60 : 12 * 60) && text !== '-0000';
}

const DAYS_PER_YEAR = 365.25;
const YEARS_PER_UNIT: Readonly<Record<string, number>> = {
  Y: 1,
  M: 1 / 12,
  W: 7 / DAYS_PER_YEAR,
  D: 1 / DAYS_PER_YEAR,
};
const OLDEST_YEARS = 150;

interface AgeSource {
  readonly patientAge?: string | undefined;
  readonly patientBirthDate?: string | undefined;
  readonly studyDate?: string | undefined;
}

/**
 * The patient's age at the study in years: what PatientAge says (below a year in fractions), else the whole birthdays
 * between birth date and study date. Undefined when neither is usable, or the result is not an age of a person: a
 * de-identified study may have a birth date after its study date.
 */
export function patientAgeYears(attributes: AgeSource): number | undefined {
  const stated = ageFromString(attributes.patientAge);
  if (stated !== undefined) return stated;
  const birth = parseDate(attributes.patientBirthDate ?? '');
  const study = parseDate(attributes.studyDate ?? '');
  if (birth === undefined || study === undefined) return undefined;
  const years = study.getUTCFullYear() - birth.getUTCFullYear();
  const months = study.getUTCMonth() - birth.getUTCMonth();
  const isBeforeBirthday = months < 0 || (months === 0 && study.getUTCDate() < birth.getUTCDate());
  const age = years - (isBeforeBirthday ? 1 : 0);
  return age >= 0 && age <= OLDEST_YEARS ? age : undefined;
}

function ageFromString(text: string | undefined): number | undefined {
  const match = AGE.exec(text ?? '');
  const unit = YEARS_PER_UNIT[match?.[2] ?? ''];
  if (match === null || unit === undefined) return undefined;
  const age = Number(match[1]) * unit;
  return age <= OLDEST_YEARS ? age : undefined;
}
