import type {
  QuarantineDecision,
  QuarantineReason,
  QuarantineState,
} from '#core/quarantine-state.ts';
import { translated } from '../languages/language.ts';

export const QUARANTINE_TEXT = translated('QUARANTINE_TEXT', {
  title: 'Quarantine',
  lead: 'Images that came with other pixels under a known UID, and rejection notes. Both contents are kept whatever you decide.',
  empty: 'Nothing waits for a decision.',
  emptyAll: 'Nothing was ever held back.',
  showAll: 'Show decided ones too',
  showWaiting: 'Show what waits',
  waiting: (count: number) => `${count} waiting`,
  columns: ['What came', 'From', 'When', 'Why', 'State', ''],
  look: 'Look',
  image: 'Image',
  object: 'Object',
  note: (title: string, named: number) =>
    `Rejection note: ${title} (${named} ${named === 1 ? 'instance' : 'instances'})`,
  kept: 'Kept',
  arrived: 'Came later',
  noPicture: 'No picture can be shown.',
  nothingKept: 'Nothing is current under this UID.',
  attribute: 'Attribute',
  absent: 'absent',
  differs: 'What differs',
  onlyPixels: 'The pixels alone.',
  reason: 'Reason for the record (no patient data)',
  decided: (by: string, at: string, reason: string) => `by ${by}, ${at}: ${reason}`,
  done: { adopted: 'Adopted.', dismissed: 'Dismissed.', waiting: 'It waits again.' },
});

export const REASON_WORDS: Readonly<Record<QuarantineReason, string>> = translated('REASON_WORDS', {
  'pixels-changed': 'Other pixels under the same UID',
  'pixels-not-compared': 'The pixels could not be compared',
  'content-changed': 'Another content under the same UID',
  'note-permitted': 'Obeyed: its sender may reject these images',
  'note-not-permitted': 'Its sender may not reject all of these images',
});

export const QUARANTINE_STATE_WORDS: Readonly<Record<QuarantineState, string>> = translated(
  'QUARANTINE_STATE_WORDS',
  {
    waiting: 'waits',
    adopted: 'adopted',
    dismissed: 'dismissed',
  },
);

/** What each decision does, for an image and for a note. */
export const DECISION_WORDS: Readonly<
  Record<QuarantineDecision, { button: string; instance: string; note: string }>
> = translated('DECISION_WORDS', {
  adopt: {
    button: 'Adopt',
    instance: 'What came later becomes current. The study is analysed anew and is unread again.',
    note: 'What the note names is withdrawn, with our results on it. The study is analysed anew.',
  },
  dismiss: {
    button: 'Dismiss',
    instance: 'What is kept stays current. What came later stays kept, and is shown nowhere else.',
    note: 'The note stays kept, and withdraws nothing.',
  },
  undo: {
    button: 'Undo',
    instance: 'It is as it was before the decision, and waits again.',
    note: 'What the note withdrew comes back, unless another note names it.',
  },
});
