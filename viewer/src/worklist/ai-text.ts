import type { ModelRole } from '#core/finding.ts';
import type { StudyStatus } from '#core/study-state.ts';
import { translated } from '../languages/language.ts';

const STATES: Readonly<Record<StudyStatus, string>> = {
  receiving: 'receiving',
  queued: 'queued',
  analysing: 'analysing',
  analysed: 'analysed',
  'not-analysed': 'not analysed',
  failed: 'failed',
};

/** What is said of the work of models, in the worklist and beside the images. Never that a study is fine. */
export const AI_TEXT = translated('AI_TEXT', {
  states: STATES,
  images: (count: number) => (count === 1 ? '1 image' : `${count} images`),
  waitsFor: (what: string) => `waits for ${what}`,
  atTheLatest: (time: string) => `${time} at the latest`,
  delayed: (time: string) => `AI delayed since ${time}`,
  noReason: 'no reason given',
  notAnalysed: (reason: string) => `not analysed: ${reason}`,
  failed: (reason: string) => `failed: ${reason}`,
  withheld: 'shown after your own impression',
  flagged: 'flagged',
  flaggedNothing: 'flagged nothing',
  score: (score: string) => `score ${score}`,
  threshold: (threshold: string) => `at a threshold of ${threshold}`,
  flagsFrom: (threshold: string) => `flags from ${threshold}`,
});

export const MODEL_ROLE_WORDS: Readonly<Record<ModelRole, string>> = translated(
  'MODEL_ROLE_WORDS',
  { shadow: 'in shadow', active: 'active', retired: 'retired' },
);
