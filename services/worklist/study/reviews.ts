import type { Kysely, Selectable } from 'kysely';
import type { Review } from '#contracts/study.ts';
import type { ReadingMode } from '#core/finding.ts';
import type { FindingVerdictTable, ReviewTable } from '#platform/database/review-tables.ts';
import type { DatabaseSchema } from '#platform/database/schema.ts';

type ReviewRow = Selectable<ReviewTable>;
type VerdictRow = Selectable<FindingVerdictTable>;

function boxOf(row: VerdictRow): [number, number, number, number] | null {
  const { boxX, boxY, boxWidth, boxHeight } = row;
  if (boxX === null || boxY === null || boxWidth === null || boxHeight === null) return null;
  return [boxX, boxY, boxWidth, boxHeight];
}

/** An earlier reader's mark may repeat the AI's, so triage-only mode withholds those places as well. */
function toVerdict(row: VerdictRow, readingMode: ReadingMode): Review['verdicts'][number] {
  const isShown = readingMode === 'assist';
  return {
    findingId: row.findingId,
    verdict: row.verdict,
    reason: row.reason,
    label: row.label,
    sopInstanceUid: isShown ? row.sopInstanceUid : null,
    frame: isShown ? row.frame : null,
    box: isShown ? boxOf(row) : null,
  };
}

function toReview(row: ReviewRow, verdicts: Review['verdicts']): Review {
  return {
    id: row.reviewId,
    kind: row.kind,
    state: row.state,
    reader: row.reader,
    readingMode: row.readingMode,
    imageRevision: row.imageRevision,
    seenVersion: row.seenVersion,
    positive: row.positive,
    comment: row.comment,
    openedAt: row.openedAt?.toISOString() ?? null,
    createdAt: row.createdAt.toISOString(),
    undoneAt: row.undoneAt?.toISOString() ?? null,
    verdicts,
  };
}

/** The reviews of each study, the newest first, by study key. */
export async function readReviews(
  database: Kysely<DatabaseSchema>,
  studyKeys: readonly string[],
  readingMode: ReadingMode,
): Promise<ReadonlyMap<string, Review[]>> {
  const byStudy = new Map<string, Review[]>();
  if (studyKeys.length === 0) return byStudy;
  const rows = await database
    .selectFrom('review')
    .selectAll()
    .where('studyKey', 'in', studyKeys)
    .orderBy('createdAt', 'desc')
    .orderBy('reviewId')
    .execute();
  const verdicts = new Map<string, Review['verdicts']>();
  if (rows.length > 0) {
    const verdictRows = await database
      .selectFrom('findingVerdict')
      .selectAll()
      .where(
        'reviewId',
        'in',
        rows.map((row) => row.reviewId),
      )
      .execute();
    for (const row of verdictRows) {
      const list = verdicts.get(row.reviewId) ?? [];
      list.push(toVerdict(row, readingMode));
      verdicts.set(row.reviewId, list);
    }
  }
  for (const row of rows) {
    const list = byStudy.get(row.studyKey) ?? [];
    list.push(toReview(row, verdicts.get(row.reviewId) ?? []));
    byStudy.set(row.studyKey, list);
  }
  return byStudy;
}
