import { latin1, readBytes } from '../attributes/element-values.ts';
import type { DataSet } from '../attributes/parse-elements.ts';

const TIMEZONE_OFFSET_FROM_UTC = 0x00080201;

/** A moment as DICOM writes it. */
export interface LocalTime {
  /** DA */
  readonly date: string;
  /** TM */
  readonly time: string;
  /** DT with its offset from UTC. */
  readonly dateTime: string;
}

/**
 * A moment in the zone that the object's dates and times stand in: that of TimezoneOffsetFromUTC, which is taken over
 * from the source, else the site's.
 */
export function localTime(at: Date, source: DataSet, siteOffsetMinutes: number): LocalTime {
  const offset = statedOffset(source) ?? siteOffsetMinutes;
  const local = new Date(at.getTime() + offset * 60_000).toISOString();
  const date = local.slice(0, 10).replaceAll('-', '');
  const time = local.slice(11, 19).replaceAll(':', '');
  return { date, time, dateTime: `${date}${time}${formatOffset(offset)}` };
}

function statedOffset(source: DataSet): number | undefined {
  const bytes = readBytes(source, TIMEZONE_OFFSET_FROM_UTC);
  const match = /^([+-])(\d{2})(\d{2})$/.exec(bytes === undefined ? '' : latin1(bytes).trim());
  if (match === null) return undefined;
  return (match[1] === '-' ? -1 : 1) * (Number(match[2]) * 60 + Number(match[3]));
}

function formatOffset(minutes: number): string {
  const size = Math.abs(minutes);
  const hours = String(Math.floor(size / 60)).padStart(2, '0');
  return `${minutes < 0 ? '-' : '+'}${hours}${String(size % 60).padStart(2, '0')}`;
}
