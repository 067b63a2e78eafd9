export { formatBytes } from '#core/format-bytes.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

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
  return shown === '' ? 'Name not given' : shown;
}

/** A DICOM date (YYYYMMDD) as YYYY-MM-DD; anything else as it is, so that nothing is hidden. */
export function formatDicomDate(date: string | null): string | null {
  if (date === null || date.trim() === '') return null;
  const parts = /^(\d{4})\.?(\d{2})\.?(\d{2})$/.exec(date.trim());
  return parts === null ? date : `${parts[1]}-${parts[2]}-${parts[3]}`;
}

const AGE_UNITS: Readonly<Record<string, string>> = { Y: 'y', M: 'months', W: 'weeks', D: 'days' };

/** An age string (PS3.5, VR AS) such as `045Y`, else whole years from the birth date to `today`. */
export function formatAge(
  age: string | null,
  birthDate: string | null,
  today: Date,
): string | null {
  const parts = /^(\d{3})([DWMY])$/.exec(age?.trim() ?? '');
  const unit = AGE_UNITS[parts?.[2] ?? ''];
  if (parts !== null && unit !== undefined) return `${Number(parts[1])} ${unit}`;
  const born = /^(\d{4})(\d{2})(\d{2})$/.exec(birthDate?.trim() ?? '');
  if (born === null) return null;
  const month = today.getMonth() + 1;
  const hadBirthday =
    month > Number(born[2]) || (month === Number(born[2]) && today.getDate() >= Number(born[3]));
  const years = today.getFullYear() - Number(born[1]) - (hadBirthday ? 0 : 1);
  return years < 0 || years > 130 ? null : `${years} y`;
}

export function formatSex(sex: string | null): string | null {
  if (sex === null || sex.trim() === '') return null;
  return { M: 'male', F: 'female', O: 'other' }[sex.trim()] ?? sex;
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

/** Hours and minutes of the reader's own zone. */
export function formatTime(iso: string): string {
  const time = new Date(iso);
  return `${String(time.getHours()).padStart(2, '0')}:${String(time.getMinutes()).padStart(2, '0')}`;
}

/** `14:02` for today, else `11-21 14:02`. */
export function formatWhen(iso: string, today: Date): string {
  const time = new Date(iso);
  if (time.toDateString() === today.toDateString()) return formatTime(iso);
  const month = String(time.getMonth() + 1).padStart(2, '0');
  return `${month}-${String(time.getDate()).padStart(2, '0')} ${formatTime(iso)}`;
}

export function formatScore(score: number): string {
  return score.toFixed(2);
}

/** `84% (71 to 92)`. */
export function formatProportion(
  estimate: number | null,
  interval: readonly [number, number] | null,
): string {
  if (estimate === null) return 'no data yet';
  const percent = (value: number) => Math.round(value * 100);
  if (interval === null) return `${percent(estimate)}%`;
  return `${percent(estimate)}% (${percent(interval[0])} to ${percent(interval[1])})`;
}

/** How long something took, from seconds: `40 ms`, `1.4 s`, `12 s`, `3 min`, `2.5 h`. */
export function formatDuration(seconds: number): string {
  if (seconds < 0.9995) return `${(seconds * 1000).toFixed(0)} ms`;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 120) return `${seconds.toFixed(0)} s`;
  if (seconds < 7200) return `${(seconds / 60).toFixed(0)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

/** `12,345`, whatever the browser's language: the page is in English. */
export function formatCount(count: number): string {
  return count.toLocaleString('en');
}

/** `now`, `12 s ago`, `5 min ago`, `3 h ago`, `2 d ago`. */
export function formatAgo(iso: string, now: number): string {
  const passed = Math.max(0, now - Date.parse(iso));
  if (passed < 3000) return 'now';
  if (passed < MINUTE) return `${Math.floor(passed / 1000)} s ago`;
  if (passed < HOUR) return `${Math.floor(passed / MINUTE)} min ago`;
  if (passed < DAY) return `${Math.floor(passed / HOUR)} h ago`;
  return `${Math.floor(passed / DAY)} d ago`;
}
