import { RadTriageError } from './errors.ts';
import type { Priority } from './priority.ts';

/** Where one notification stands on its way to its receiver. */
export const NOTIFICATION_STATES = [
  /** To be sent, now or when its next attempt is due. */
  'waiting',
  /** The receiver has answered that it took it. */
  'sent',
  /** Refused for good, or not taken within the time that its rule gives it. */
  'dead',
  /** An administrator left it at that. */
  'dismissed',
] as const;
export type NotificationState = (typeof NOTIFICATION_STATES)[number];

type NotificationEvent = 'taken' | 'given-up' | 'resent' | 'dismissed';

/** The one transition table. A pair that is not here is illegal and throws. */
const TRANSITIONS: Readonly<
  Record<NotificationState, Partial<Record<NotificationEvent, NotificationState>>>
> = {
  waiting: { taken: 'sent', 'given-up': 'dead', dismissed: 'dismissed' },
  sent: {},
  dead: { resent: 'waiting', dismissed: 'dismissed' },
  dismissed: { resent: 'waiting' },
};

/** @throws RadTriageError ILLEGAL_TRANSITION for a pair that the table does not hold. */
export function nextNotificationState(
  state: NotificationState,
  event: NotificationEvent,
): NotificationState {
  const next = TRANSITIONS[state][event];
  if (next === undefined) {
    const message = `a notification that is ${state} cannot take the event ${event}`;
    throw new RadTriageError('ILLEGAL_TRANSITION', message, { details: { state, event } });
  }
  return next;
}

/** A label that a model flagged, as a notification names it: no place, nothing of the patient. */
export interface NotifiedFinding {
  readonly label: string;
  readonly code: { readonly scheme: string; readonly value: string; readonly meaning: string };
  /** 0 to 1: how strongly the model reacts, no probability. */
  readonly score: number;
  /** Flagged from here on. */
  readonly threshold: number;
  readonly modelId: string;
  readonly modelVersion: string;
}

/** What a notification says, fixed when its run was concluded: every try sends the same. */
export interface NotificationContent {
  readonly studyInstanceUid: string;
  readonly accessionNumber: string | null;
  readonly modality: string | null;
  readonly site: string;
  readonly priority: Priority;
  /** Why the study has this priority and why this is sent, in words without patient data. */
  readonly reasons: readonly string[];
  readonly findings: readonly NotifiedFinding[];
}

/** Two models that flag the same finding say the same, whatever each calls it. */
export function findingKey({ code }: Pick<NotifiedFinding, 'code'>): string {
  return `${code.scheme}:${code.value}`;
}
