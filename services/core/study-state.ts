import { RadTriageError } from './errors.ts';

/** Where a study stands on its road from receipt to result. */
export const STUDY_STATUSES = [
  'receiving',
  'queued',
  'analysing',
  'analysed',
  'not-analysed',
  'failed',
] as const;
export type StudyStatus = (typeof STUDY_STATUSES)[number];

/** What a reader has done with it. Apart from the status: a study is read whether or not it was analysed. */
export const READING_STATUSES = ['unread', 'open', 'reviewed', 'reported-elsewhere'] as const;
export type ReadingStatus = (typeof READING_STATUSES)[number];
/** It waits for a reader, or has one. */
export const TO_BE_READ = ['unread', 'open'] as const satisfies readonly ReadingStatus[];

export function isToBeRead(status: ReadingStatus): boolean {
  return status === 'unread' || status === 'open';
}

export const STUDY_EVENTS = [
  /** An image that changes the study arrived. */
  'image-received',
  /** Images were withdrawn or moved away: what is left is judged anew. */
  'images-withdrawn',
  /** Quiet time or a completeness rule closed the study; an outbox row is written in the same transaction. */
  'completed',
  /** Complete, but outside what is triaged (a prior older than the site's limit, or no image at all). */
  'set-aside',
  'analysis-started',
  'analysis-finished',
  /** No model fits, or every fitting model declined: it stays in its place and says why. */
  'analysis-declined',
  'analysis-failed',
  /** A retry, a promoted model, or the sweep asks for another run. */
  'rerun-requested',
] as const;
export type StudyEvent = (typeof STUDY_EVENTS)[number];

/** The one transition table. A pair that is not here is illegal and throws. */
const TRANSITIONS: Readonly<Record<StudyStatus, Partial<Record<StudyEvent, StudyStatus>>>> = {
  receiving: {
    'image-received': 'receiving',
    'images-withdrawn': 'receiving',
    completed: 'queued',
    'set-aside': 'not-analysed',
  },
  queued: {
    'image-received': 'receiving',
    'images-withdrawn': 'receiving',
    'analysis-started': 'analysing',
    'analysis-failed': 'failed',
    'rerun-requested': 'queued',
  },
  analysing: {
    'image-received': 'receiving',
    'images-withdrawn': 'receiving',
    // A worker that died leaves its study here: whoever takes the job over starts again.
    'analysis-started': 'analysing',
    'analysis-finished': 'analysed',
    'analysis-declined': 'not-analysed',
    'analysis-failed': 'failed',
    'rerun-requested': 'queued',
  },
  analysed: {
    'image-received': 'receiving',
    'images-withdrawn': 'receiving',
    'rerun-requested': 'queued',
  },
  'not-analysed': {
    'image-received': 'receiving',
    'images-withdrawn': 'receiving',
    'rerun-requested': 'queued',
  },
  failed: {
    'image-received': 'receiving',
    'images-withdrawn': 'receiving',
    'rerun-requested': 'queued',
  },
};

export function canTransition(status: StudyStatus, event: StudyEvent): boolean {
  return TRANSITIONS[status][event] !== undefined;
}

/** @throws RadTriageError ILLEGAL_TRANSITION for a pair that the table does not hold. */
export function nextStatus(status: StudyStatus, event: StudyEvent): StudyStatus {
  const next = TRANSITIONS[status][event];
  if (next === undefined) {
    throw new RadTriageError(
      'ILLEGAL_TRANSITION',
      `a study that is ${status} cannot take the event ${event}`,
      {
        details: { status, event },
      },
    );
  }
  return next;
}
