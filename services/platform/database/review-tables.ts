import type { ReviewMode, Verdict } from '#core/finding.ts';
import type { CreatedAt, Timestamp } from './column-types.ts';

export interface ReviewTable {
  reviewId: string;
  studyKey: string;
  imageRevision: string | null;
  runKey: string | null;
  /** The study version that the reader saw. */
  seenVersion: number;
  kind: 'reading' | 'second-reading';
  state: 'signed' | 'undone';
  reader: string;
  readingMode: ReviewMode;
  comment: string | null;
  /** True when at least one finding was confirmed, amended or added. */
  positive: boolean;
  openedAt: Timestamp | null;
  createdAt: CreatedAt;
  undoneAt: Timestamp | null;
}

export interface FindingVerdictTable {
  reviewId: string;
  /** Null for a finding that the reader added. */
  findingId: string | null;
  verdict: Verdict | 'add';
  reason: string | null;
  label: string | null;
  sopInstanceUid: string | null;
  frame: number | null;
  boxX: number | null;
  boxY: number | null;
  boxWidth: number | null;
  boxHeight: number | null;
}
