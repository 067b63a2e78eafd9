import type { Box, ImpressionWord } from '#core/finding.ts';
import type { CreatedAt, Json, Timestamp } from './column-types.ts';

/** A place that a reader marked before any mark of the AI was shown; frames count from 1. */
export interface ImpressionMark {
  readonly sopInstanceUid: string;
  readonly frame: number;
  readonly box: Box;
}

/** What a reader thought of a study before the AI's word was shown: one for each study and reader, never changed. */
export interface ImpressionTable {
  impressionId: string;
  studyKey: string;
  reader: string;
  word: ImpressionWord;
  comment: string | null;
  marks: Json<readonly ImpressionMark[]>;
  imageRevision: string | null;
  openedAt: Timestamp | null;
  createdAt: CreatedAt;
}
