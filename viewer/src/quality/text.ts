import type { QUALITY_FILTERS } from '#contracts/quality.ts';
import { translated } from '../languages/language.ts';

export const QUALITY_TEXT = translated('QUALITY_TEXT', {
  title: 'Quality',
  summary: 'Summary',
  lead: 'What the models said against what radiologists signed. Intervals are 95% (Wilson).',
  counts: { analysed: 'Analysed', notAnalysed: 'Not analysed', failed: 'Failed' },
  proportions: {
    flagged: 'Flagged by AI',
    reviewed: 'Signed off',
    positivePredictiveValue: 'Flags that a reader upheld',
    negativePredictiveValue: 'Unflagged that a reader left empty',
    agreement: 'Agreement',
    secondReadings: 'Read a second time',
  },
  findings: 'Findings judged',
  confirmed: 'confirmed',
  amended: 'amended',
  rejected: 'rejected',
  added: 'added',
  blindFirst: {
    title: 'Read blind first',
    lead: 'The impression recorded before the AI result, and the verdict signed after it, as one word for each study.',
    before: 'Before the AI result',
    afterAgrees: 'Signed as the AI says',
    afterDiffers: 'Signed otherwise',
    agreed: 'as the AI says',
    differed: 'otherwise',
    kept: 'kept',
    toAgree: 'changed to agree',
    away: 'changed away',
  },
  studies: 'Studies',
  filter: 'Show',
  columns: ['Study', 'AI', 'Radiologist', 'Agreement', 'Second reading', ''],
  agree: 'agree',
  disagree: 'disagree',
  unread: 'not signed off yet',
  positive: 'Finding present',
  negative: 'No finding',
  second: 'Second reading',
  secondLead: 'Your own reading of the same images, apart from the report.',
  comment: 'Comment (optional)',
  save: 'Save the second reading',
  saved: 'Second reading saved.',
  open: 'Open',
  emptyTitle: 'No study here yet',
  emptyDetail: 'Studies appear as models analyse them and radiologists sign them off.',
});

type QualityFilter = (typeof QUALITY_FILTERS)[number];

export const FILTER_WORDS: Readonly<Record<QualityFilter, string>> = translated('FILTER_WORDS', {
  flagged: 'Flagged',
  disagreement: 'Disagreement',
  agreement: 'Agreement',
  missed: 'Missed by AI',
  'second-read': 'Read twice',
  all: 'All',
});
