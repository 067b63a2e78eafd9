import { birthDatesDisagree, isDummyPatientId } from './patient-identity.ts';
import { isStillOpen } from './reading-state.ts';
import { isToBeRead, type ReadingStatus, type StudyStatus } from './study-state.ts';

/** A patient's id as another system names it. */
export interface OutsidePatientId {
  readonly id: string;
  /** Every name of who issued it (namespace, universal id); none where it is not said. */
  readonly issuers: readonly string[];
}

/** What is known of a patient on either side. */
export interface OutsidePatient {
  readonly ids: readonly OutsidePatientId[];
  /** `YYYYMMDD`, or null. */
  readonly birthDate: string | null;
}

/** What another system says of its report on a study. */
export const OUTSIDE_WORDS = [
  'reported',
  /** Not reported, or not any more: preliminary, in work again. */
  'open',
  /** Its order was cancelled. */
  'cancelled',
  /** Its patient was merged with another one. */
  'merged',
] as const;
export type OutsideWord = (typeof OUTSIDE_WORDS)[number];
/** Why a study that was reported elsewhere is back on the list. */
export const TAKEN_BACK_AS = ['open', 'cancelled'] as const satisfies readonly OutsideWord[];
export type TakenBackAs = (typeof TAKEN_BACK_AS)[number];

/** What has become of a word that a study was reported elsewhere. */
export const OUTSIDE_REPORT_STATES = [
  /** Its study is not here yet, or its images still come. */
  'waiting',
  /** A reader has the study open: it is not taken from under the hand. */
  'held',
  /** A study left the list. */
  'applied',
  /** Nothing was to be changed: signed here, or off the list already. */
  'unchanged',
  /** The patient is another one, not named, or merged with another one. */
  'refused',
  /** Its sender took it back, before it was acted on or after. */
  'withdrawn',
  /** No study came in time. */
  'expired',
  /** An administrator has seen that it was refused. */
  'dismissed',
] as const;
export type OutsideReportState = (typeof OUTSIDE_REPORT_STATES)[number];

interface StudyPatient {
  readonly patientId: string | null;
  readonly issuerOfPatientId: string | null;
  readonly patientBirthDate: string | null;
}

/**
 * Whether a report is about a study's patient: one id of it is the study's, no issuer and no birth date says otherwise.
 * An issuer that only one side names contradicts nothing. An id that stands for nobody proves nothing.
 */
export function isReportOfPatient(
  reported: OutsidePatient,
  study: StudyPatient,
  siteDummies: readonly string[] = [],
): boolean {
  const own = (study.patientId ?? '').trim();
  const ownIssuer = (study.issuerOfPatientId ?? '').trim();
  if (isDummyPatientId(own, siteDummies)) return false;
  if (birthDatesDisagree(reported.birthDate, study.patientBirthDate)) return false;
  return reported.ids.some(({ id, issuers }) => {
    if (id.trim() !== own) return false;
    return ownIssuer === '' || issuers.length === 0 || issuers.includes(ownIssuer);
  });
}

interface ReadStudy {
  readonly status: StudyStatus;
  readonly readingStatus: ReadingStatus;
  readonly openedAt: Date | null;
  readonly studyDate: string | null;
  readonly imageRevision: string | null;
}

export type StudyVerdict = 'move' | 'wait' | 'hold' | 'leave';

/** A study on the day after the word came was not what it is about, wherever on earth the day began. */
const ZONES_MS = 14 * 3_600_000;

function dayBefore(receivedAt: Date): string {
  const latest = new Date(receivedAt.getTime() + ZONES_MS);
  return latest.toISOString().slice(0, 10).replaceAll('-', '');
}

/**
 * What a word that came at `receivedAt` does to a study of its number and patient.
 * @param heldRevision the images that the study had when the word was held; undefined when it was not
 */
export function judgeReportedStudy(
  study: ReadStudy,
  word: { receivedAt: Date; heldRevision: string | null | undefined },
  reading: { now: Date; idleMinutes: number },
): StudyVerdict {
  if (!isToBeRead(study.readingStatus)) return 'leave';
  // Images that come after it was closed would put it back: its turn comes when it is whole.
  if (study.status === 'receiving') return 'wait';
  if (word.heldRevision !== undefined && word.heldRevision !== study.imageRevision) return 'leave';
  if ((study.studyDate ?? '').replaceAll('.', '') > dayBefore(word.receivedAt)) return 'leave';
  return study.readingStatus === 'open' && isStillOpen(study.openedAt, reading) ? 'hold' : 'move';
}

interface TimeStamp {
  readonly parts: readonly number[];
  /** Minutes east of UTC; undefined when it is not said. */
  readonly offset: number | undefined;
}

/** TS of HL7 v2 (2.A.76): YYYY[MM[DD[HH[MM[SS[.S[S[S[S]]]]]]]]][+/-ZZZZ]. */
function readTimeStamp(text: string): TimeStamp | undefined {
  const match =
    /^(\d{4})(?:(\d\d)(?:(\d\d)(?:(\d\d)(?:(\d\d)(?:(\d\d(?:\.\d{1,4})?))?)?)?)?)?([+-]\d{4})?$/.exec(
      text,
    );
  if (match === null) return undefined;
  const parts = match
    .slice(1, 7)
    .filter((part) => part !== undefined)
    .map(Number);
  const zone = match[7];
  if (zone === undefined) return { parts, offset: undefined };
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(3));
  return { parts, offset: zone.startsWith('-') ? -minutes : minutes };
}

function toInstant({ parts, offset = 0 }: TimeStamp): number {
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = parts;
  return Date.UTC(year, month - 1, day, hour, minute) + second * 1_000 - offset * 60_000;
}

/**
 * Whether one TS of HL7 is surely later than another. Two that cannot be compared (one is missing or none, only one names
 * its zone, or they are only as precise as the unit in which they agree) are not.
 */
export function isSurelyLater(one: string | null, other: string | null): boolean {
  const [first, second] = [one, other].map((text) => readTimeStamp(text ?? ''));
  if (first === undefined || second === undefined) return false;
  if ((first.offset === undefined) !== (second.offset === undefined)) return false;
  const shared = Math.min(first.parts.length, second.parts.length);
  const cut = (stamp: TimeStamp) => toInstant({ ...stamp, parts: stamp.parts.slice(0, shared) });
  return cut(first) > cut(second);
}
