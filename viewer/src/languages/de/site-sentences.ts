import type { Sentence } from '../sentences.ts';

/** Answers of the API that a reader meets in the course of work. */
const ANSWERS: readonly Sentence[] = [
  [
    'the study has changed since it was shown',
    'Die Untersuchung hat sich geändert, seit sie gezeigt wurde.',
  ],
  [
    'another reader has this study open: take it over first',
    'Jemand anderes hat diese Untersuchung geöffnet: Übernehmen Sie sie zuerst.',
  ],
  ['there is no such study', 'Diese Untersuchung gibt es nicht.'],
  ['no such study', 'Diese Untersuchung gibt es nicht.'],
  ['there is nothing under this address', 'Unter dieser Adresse gibt es nichts.'],
  ['user name or password is wrong', 'Benutzername oder Passwort ist falsch.'],
  ['log in', 'Melden Sie sich an.'],
  ['your account has no role that may do this', 'Ihr Konto hat keine Rolle, die dies erlaubt.'],
  [
    'only its own reader can take a review back',
    'Nur wer freigegeben hat, kann die Freigabe zurücknehmen.',
  ],
  ['the review was taken back already', 'Die Freigabe wurde bereits zurückgenommen.'],
  ['only administrators share views', 'Nur die Verwaltung teilt Ansichten.'],
];

export const SITE_SENTENCES: readonly Sentence[] = [...ANSWERS];
