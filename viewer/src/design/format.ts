import { formatBytes as formatEnglishBytes } from '#core/format-bytes.ts';
import { language } from '../languages/language.ts';
import { FORMAT_TEXT as T } from './format-text.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** English as it is written where the day stands before the month: 11/27 and 27/11 are told apart nowhere. */
function locale(): string {
  return language() === 'en' ? 'en-GB' : language();
}

const made = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat>();

/** Making one costs a thousand times what using it costs. */
function keep<F extends Intl.NumberFormat | Intl.DateTimeFormat>(key: string, make: () => F): F {
  const name = `${locale()} ${key}`;
  const format = (made.get(name) as F | undefined) ?? make();
  made.set(name, format);
  return format;
}

type Shape = 'date' | 'day' | 'time' | 'second';

const SHAPES: Readonly<Record<Shape, Intl.DateTimeFormatOptions>> = {
  date: { day: 'numeric', month: 'short', year: 'numeric' },
  day: { day: 'numeric', month: 'short' },
  time: { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  second: { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' },
};

/** @param zone the reader's own without it */
function show(time: Date, shape: Shape, zone?: 'UTC'): string {
  const options = zone === undefined ? SHAPES[shape] : { ...SHAPES[shape], timeZone: zone };
  return keep(`${shape} ${zone ?? ''}`, () => new Intl.DateTimeFormat(locale(), options)).format(
    time,
  );
}

const FAMILY_FIRST = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u;

function formatNameGroup(group: string): string {
  const [family = '', given = '', middle = '', prefix = '', suffix = ''] = group
    .split('^')
    .map((part) => part.trim());
  const forenames = [given, middle].filter((part) => part !== '').join(' ');
  const titles = [prefix, suffix].filter((part) => part !== '').join(', ');
  // Names in Han, kana and hangul put the family first of themselves: a comma would be foreign to them.
  const comma = FAMILY_FIRST.test(group) ? ' ' : ', ';
  const main = [family, forenames].filter((part) => part !== '').join(comma);
  return titles === '' ? main : `${main} (${titles})`;
}

/**
 * A person name (PS3.5 6.2.1.1) for people: `DOE^JANE^^DR` becomes `DOE, JANE (DR)`, and an ideographic group stands
 * after the alphabetic one. The phonetic group is left out; the letters are left as sent.
 */
export function formatPersonName(name: string | null): string {
  const [alphabetic = '', ideographic = ''] = (name ?? '').split('=').map(formatNameGroup);
  const shown = [alphabetic, ideographic].filter((group) => group !== '').join(' · ');
  return shown === '' ? T.noName : shown;
}

/** A DICOM date (YYYYMMDD) as `27 Nov 2026`; anything else as it is, so that nothing is hidden. */
export function formatDicomDate(date: string | null): string | null {
  if (date === null || date.trim() === '') return null;
  const [, year, month, day] = /^(\d{4})\.?(\d{2})\.?(\d{2})$/.exec(date.trim()) ?? [];
  const iso = `${year}-${month}-${day}`;
  const time = new Date(`${iso}T00:00:00Z`);
  // The 31st of February is none.
  const isDate = Number.isFinite(time.getTime()) && time.toISOString().startsWith(iso);
  return isDate ? show(time, 'date', 'UTC') : date;
}

function isAgeUnit(unit: string | undefined): unit is keyof typeof T.ages {
  return unit !== undefined && unit in T.ages;
}

/** An age string (PS3.5, VR AS) such as `045Y`, else whole years from the birth date to `today`. */
export function formatAge(
  age: string | null,
  birthDate: string | null,
  today: Date,
): string | null {
  const parts = /^(\d{3})([DWMY])$/.exec(age?.trim() ?? '');
  if (parts !== null && isAgeUnit(parts[2])) return T.ages[parts[2]](Number(parts[1]));
  const born = /^(\d{4})(\d{2})(\d{2})$/.exec(birthDate?.trim() ?? '');
  if (born === null) return null;
  const month = today.getMonth() + 1;
  const hadBirthday =
    month > Number(born[2]) || (month === Number(born[2]) && today.getDate() >= Number(born[3]));
  const years = today.getFullYear() - Number(born[1]) - (hadBirthday ? 0 : 1);
  return years < 0 || years > 130 ? null : T.ages.Y(years);
}

function isSex(sex: string): sex is keyof typeof T.sexes {
  return sex in T.sexes;
}

/** PatientSex (0010,0040) as a word; anything that is none of its values as it is. */
export function formatSex(sex: string | null): string | null {
  const given = sex?.trim() ?? '';
  if (given === '') return null;
  return isSex(given) ? T.sexes[given] : given;
}

/** PatientSex (0010,0040) as a letter. */
export function formatSexLetter(sex: string | null): string | null {
  const given = sex?.trim() ?? '';
  if (given === '') return null;
  return isSex(given) ? T.sexLetters[given] : given;
}

/** Time waited: `0:42`, `17:05` (minutes and seconds), `2 h 14`, `3 d 4 h`. */
export function formatWait(milliseconds: number): string {
  const waited = Math.max(0, milliseconds);
  if (waited < HOUR) {
    const seconds = Math.floor((waited % MINUTE) / 1000);
    return `${Math.floor(waited / MINUTE)}:${String(seconds).padStart(2, '0')}`;
  }
  if (waited < DAY) {
    const minutes = Math.floor((waited % HOUR) / MINUTE);
    return `${Math.floor(waited / HOUR)} h ${String(minutes).padStart(2, '0')}`;
  }
  return `${Math.floor(waited / DAY)} d ${Math.floor((waited % DAY) / HOUR)} h`;
}

/** Hours and minutes of the reader's own zone. @param iso ISO 8601, as all that follow */
export function formatTime(iso: string): string {
  return show(new Date(iso), 'time');
}

/** `27 Nov 2026`, in the reader's own zone. */
export function formatDate(iso: string): string {
  return show(new Date(iso), 'date');
}

/** `14:02` for today, else `21 Nov 14:02`, or `21 Nov 2025 14:02` of another year. */
export function formatWhen(iso: string, today: Date): string {
  const time = new Date(iso);
  if (time.toDateString() === today.toDateString()) return formatTime(iso);
  const shape = time.getFullYear() === today.getFullYear() ? 'day' : 'date';
  return `${show(time, shape)} ${formatTime(iso)}`;
}

/** To the second: `27 Nov 2026 14:02:09`. */
export function formatInstant(iso: string): string {
  return `${formatDate(iso)} ${show(new Date(iso), 'second')}`;
}

/** A number with so many decimals, and no more or fewer. */
export function formatDecimal(value: number, decimals: number): string {
  const digits = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
  return keep(`number ${decimals}`, () => new Intl.NumberFormat(locale(), digits)).format(value);
}

export function formatScore(score: number): string {
  return formatDecimal(score, 2);
}

/** `12,345`. */
export function formatCount(count: number): string {
  return formatDecimal(count, 0);
}

/** `84%`. @param share 0 to 1 */
export function formatPercent(share: number): string {
  return T.percent(formatDecimal(100 * share, 0));
}

/** `84% (71 to 92)`. */
export function formatProportion(
  estimate: number | null,
  interval: readonly [number, number] | null,
): string {
  if (estimate === null) return T.noData;
  if (interval === null) return formatPercent(estimate);
  const [low, high] = interval.map((end) => formatDecimal(100 * end, 0));
  return T.interval(formatPercent(estimate), low ?? '', high ?? '');
}

/** `0.71 to 0.92`. */
export function formatRange([low, high]: readonly [number, number], decimals: number): string {
  return T.range(formatDecimal(low, decimals), formatDecimal(high, decimals));
}

/** `0.84 (0.71 to 0.92)`. */
export function formatEstimate(
  value: number,
  interval: readonly [number, number] | null,
  decimals: number,
): string {
  const shown = formatDecimal(value, decimals);
  if (interval === null) return shown;
  const [low, high] = interval.map((end) => formatDecimal(end, decimals));
  return T.interval(shown, low ?? '', high ?? '');
}

/** `12 of 80`. */
export function formatShare(some: number, all: number): string {
  return T.of(formatCount(some), formatCount(all));
}

/** `512 KB`, `1.4 GB`. */
export function formatBytes(bytes: number): string {
  const [value = '', unit = ''] = formatEnglishBytes(bytes).split(' ');
  const decimals = value.split('.')[1]?.length ?? 0;
  return `${decimals === 0 ? value : formatDecimal(Number(value), decimals)} ${unit}`;
}

/** How long something took, from seconds: `40 ms`, `1.4 s`, `12 s`, `3 min`, `2.5 h`. */
export function formatDuration(seconds: number): string {
  if (seconds < 0.9995) return `${formatDecimal(seconds * 1000, 0)} ms`;
  if (seconds < 10) return `${formatDecimal(seconds, 1)} s`;
  if (seconds < 120) return `${formatDecimal(seconds, 0)} s`;
  if (seconds < 7200) return `${formatDecimal(seconds / 60, 0)} min`;
  return `${formatDecimal(seconds / 3600, 1)} h`;
}

/** `now`, `12 s ago`, `5 min ago`, `3 h ago`, `2 d ago`. */
export function formatAgo(iso: string, now: number): string {
  const passed = Math.max(0, now - Date.parse(iso));
  if (passed < 3000) return T.now;
  if (passed < MINUTE) return T.ago(`${Math.floor(passed / 1000)} s`);
  if (passed < HOUR) return T.ago(`${Math.floor(passed / MINUTE)} min`);
  if (passed < DAY) return T.ago(`${Math.floor(passed / HOUR)} h`);
  return T.ago(`${Math.floor(passed / DAY)} d`);
}
