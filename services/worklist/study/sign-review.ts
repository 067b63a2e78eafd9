import { randomUUID } from 'node:crypto';
import type { Insertable, Transaction } from 'kysely';
import type { z } from 'zod';
import type { ReadingState } from '#contracts/reading.ts';
import type { Review, reviewRequestSchema } from '#contracts/study.ts';
import { RadTriageError } from '#core/errors.ts';
import type { ReadingMode, ReviewMode } from '#core/finding.ts';
import { REVIEW_UNDO_MS } from '#core/result-objects.ts';
import type { FindingVerdictTable } from '#platform/database/review-tables.ts';
import type { DatabaseSchema } from '#platform/database/schema.ts';
import { hasAnyRole, type Principal } from '#platform/http/principal.ts';
import type { FindingRow } from '#platform/study-results/finding-row.ts';
import { mergeFindings } from '#platform/study-results/merge-findings.ts';
import { findCurrentRuns, readFindings } from '#platform/study-results/read-findings.ts';
import { requestResults, withdrawReview } from '#platform/study-results/request-results.ts';
import type { WebContext } from '../context.ts';
import type { StudyRow } from '../list/study-item.ts';
import { readImpression } from './impressions.ts';
import { requireOwnImages } from './own-images.ts';
import {
  changeStudy,
  moveReading,
  requireFree,
  requireVersion,
  toReadingState,
} from './reading.ts';
import { readReviews } from './reviews.ts';
import { refuseWithheld, sightOf } from './sight.ts';

type ReviewInput = z.output<typeof reviewRequestSchema>;
type VerdictInput = ReviewInput['verdicts'][number];
type VerdictColumns = Omit<Insertable<FindingVerdictTable>, 'reviewId'>;

const NOTHING: VerdictColumns = {
  findingId: null,
  verdict: 'add',
  reason: null,
  label: null,
  sopInstanceUid: null,
  frame: null,
  boxX: null,
  boxY: null,
  boxWidth: null,
  boxHeight: null,
};

function boxColumns(box: readonly [number, number, number, number]) {
  const [boxX, boxY, boxWidth, boxHeight] = box;
  return { boxX, boxY, boxWidth, boxHeight };
}

/**
 * Judges each verdict against the findings that the reader was shown. A verdict on what several models say of one place
 * is kept for each of them.
 * @throws RadTriageError REQUEST_INVALID for a finding that is not this study's current one, or judged twice
 * @throws RadTriageError LOCATION_WITHHELD for a moved box in triage-only mode, in which no box was shown
 */
function toVerdictRows(
  verdicts: readonly VerdictInput[],
  findings: readonly FindingRow[],
  readingMode: ReadingMode,
): VerdictColumns[] {
  const unjudged = new Map(
    mergeFindings(findings).map(({ main, members }) => [main.findingId, members]),
  );
  return verdicts.flatMap((verdict) => {
    if (verdict.verdict === 'add') {
      const { label, sopInstanceUid, frame, box } = verdict;
      return { ...NOTHING, label, sopInstanceUid, frame, ...boxColumns(box) };
    }
    const members = unjudged.get(verdict.findingId);
    if (members === undefined || !unjudged.delete(verdict.findingId)) {
      throw new RadTriageError(
        'REQUEST_INVALID',
        'a verdict names a finding that is not a current one of this study, or was judged already',
        { details: { findingId: verdict.findingId } },
      );
    }
    return members.map((member) => toVerdictRow(verdict, member, readingMode));
  });
}

function toVerdictRow(
  verdict: Exclude<VerdictInput, { verdict: 'add' }>,
  { findingId, sopInstanceUid, frame }: FindingRow,
  readingMode: ReadingMode,
): VerdictColumns {
  const base = { ...NOTHING, findingId, verdict: verdict.verdict };
  if (verdict.verdict === 'confirm') return base;
  if (verdict.verdict === 'reject') return { ...base, reason: verdict.reason ?? null };
  const amended = { ...base, label: verdict.label ?? null };
  if (verdict.box === undefined) return amended;
  if (readingMode !== 'assist') {
    throw new RadTriageError('LOCATION_WITHHELD', 'in triage-only mode no box can be amended');
  }
  return { ...amended, sopInstanceUid, frame, ...boxColumns(verdict.box) };
}

async function currentRun(trx: Transaction<DatabaseSchema>, row: StudyRow): Promise<string | null> {
  return (await findCurrentRuns(trx, [row])).get(row.studyKey) ?? null;
}

/** Where no place is ever shown, that is the mode; the reader's impression stands beside it all the same. */
function reviewMode(siteMode: ReadingMode, hasImpression: boolean): ReviewMode {
  return siteMode === 'assist' && hasImpression ? 'blind-first' : siteMode;
}

async function insertReview(
  transaction: Transaction<DatabaseSchema>,
  row: StudyRow,
  review: { input: ReviewInput; reader: string; siteMode: ReadingMode; readingMode: ReviewMode },
): Promise<string> {
  const { input, reader, siteMode, readingMode } = review;
  const runKey = await currentRun(transaction, row);
  const findings = await readFindings(transaction, runKey === null ? [] : [runKey]);
  const verdicts = toVerdictRows(input.verdicts, findings, siteMode);
  const added = input.verdicts.filter((verdict) => verdict.verdict === 'add');
  await requireOwnImages(transaction, row.studyKey, added);
  const reviewId = randomUUID();
  await transaction
    .insertInto('review')
    .values({
      reviewId,
      studyKey: row.studyKey,
      imageRevision: row.imageRevision,
      runKey,
      seenVersion: input.version,
      kind: 'reading',
      state: 'signed',
      reader,
      readingMode,
      comment: input.comment ?? null,
      positive: input.verdicts.some((verdict) => verdict.verdict !== 'reject'),
      openedAt: input.openedAt ?? null,
    })
    .execute();
  if (verdicts.length > 0) {
    await transaction
      .insertInto('findingVerdict')
      .values(verdicts.map((verdict) => ({ ...verdict, reviewId })))
      .execute();
  }
  return reviewId;
}

/**
 * Signs a study off with the reader's word on its findings.
 * @throws RadTriageError STALE_VERSION, FORBIDDEN (no radiologist), STUDY_HELD (open elsewhere), ILLEGAL_TRANSITION
 * (signed already),
 * REQUEST_INVALID, LOCATION_WITHHELD, AI_WITHHELD (read blind first, without an impression yet)
 */
export function signReview(
  context: WebContext,
  studyInstanceUid: string,
  signed: { input: ReviewInput; signer: Principal },
): Promise<{ review: Review; version: number }> {
  const { readingMode: siteMode } = context.config;
  return changeStudy(context.database, studyInstanceUid, async (transaction, row) => {
    const { input, signer } = signed;
    requireVersion(row, input.version);
    // What is signed here becomes VERIFIED in the PACS: that is a person's word, not a script's.
    if (!hasAnyRole(signer, ['radiologist']) || signer.via !== 'session') {
      throw new RadTriageError(
        'FORBIDDEN',
        'only a radiologist who has logged in signs a study off',
      );
    }
    requireFree(row, signer.name, context.config.sessionIdleMinutes);
    await refuseWithheld(transaction, sightOf(context.config, signer), studyInstanceUid);
    const impression = await readImpression(transaction, row.studyKey, signer.name);
    const readingMode = reviewMode(siteMode, impression !== null);
    const change = { openedBy: null, openedAt: null, raisesVersion: true };
    const moved = await moveReading(transaction, row, 'signed', change);
    const reviewId = await insertReview(transaction, row, {
      input,
      reader: signer.name,
      siteMode,
      readingMode,
    });
    const reviews = await readReviews(transaction, [row.studyKey], siteMode);
    const review = reviews.get(row.studyKey)?.find((candidate) => candidate.id === reviewId);
    if (review === undefined) throw new TypeError('a review that was inserted is read back');
    await requestResults(transaction, {
      studyKey: row.studyKey,
      runKey: await currentRun(transaction, row),
      reviewId,
      dueAt: new Date(Date.now() + REVIEW_UNDO_MS),
    });
    const details = { reviewId, readingMode, verdicts: input.verdicts.length };
    const entry = { actor: signer.name, action: 'review.signed', details };
    return [{ review, version: moved.version }, entry];
  });
}

/**
 * Takes a review back, by its own reader: it stays on record as undone and the study is unread again.
 * @throws RadTriageError NOT_FOUND, FORBIDDEN (another reader's), ILLEGAL_TRANSITION (undone already)
 */
export function undoReview(
  context: WebContext,
  studyInstanceUid: string,
  undone: { reviewId: string; reader: string },
): Promise<ReadingState> {
  return changeStudy(context.database, studyInstanceUid, async (transaction, row) => {
    const review = await transaction
      .selectFrom('review')
      .select(['reader', 'state'])
      .where('reviewId', '=', undone.reviewId)
      .where('studyKey', '=', row.studyKey)
      .where('kind', '=', 'reading')
      .executeTakeFirst();
    if (review === undefined) throw new RadTriageError('NOT_FOUND', 'there is no such review');
    if (review.reader !== undone.reader) {
      throw new RadTriageError('FORBIDDEN', 'only its own reader can take a review back');
    }
    if (review.state === 'undone') {
      throw new RadTriageError('ILLEGAL_TRANSITION', 'the review was taken back already');
    }
    await transaction
      .updateTable('review')
      .set({ state: 'undone', undoneAt: new Date() })
      .where('reviewId', '=', undone.reviewId)
      .execute();
    const change = { openedBy: null, openedAt: null, raisesVersion: true };
    // Late images may have made it unread meanwhile: then there is nothing to move.
    const isReviewed = row.readingStatus === 'reviewed';
    const moved = isReviewed ? await moveReading(transaction, row, 'undone', change) : row;
    const runKey = await currentRun(transaction, row);
    const { studyKey } = row;
    await withdrawReview(transaction, { studyKey, reviewId: undone.reviewId, runKey });
    const details = { reviewId: undone.reviewId };
    return [toReadingState(moved), { actor: undone.reader, action: 'review.undone', details }];
  });
}
