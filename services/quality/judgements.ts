import { type Kysely, sql } from 'kysely';
import type { QUALITY_FILTERS } from '#contracts/quality.ts';
import type { DatabaseSchema } from '#platform/database/schema.ts';

export type QualityFilter = (typeof QUALITY_FILTERS)[number];

/**
 * Each study with the AI's word and the readers'. The reader's is that of the newest signed reading; the AI's, for
 * comparing, is what its active models said in the run that this reader had on the screen, whatever came after. A
 * study that was read before any result has no such word and is compared with nothing.
 */
const JUDGED = sql`
  SELECT study.study_key, study.study_instance_uid, study.status, study.flagged, study.received_at,
         reading.review_id AS reading_id,
         reading.positive AS reader_positive,
         reading.ai_flagged,
         second.positive AS second_positive
  FROM study
  LEFT JOIN (
    SELECT DISTINCT ON (study_key) study_key, review_id, positive, (
      SELECT bool_or(model_run.flagged) FROM model_run
      WHERE model_run.run_key = review.run_key AND role = 'active' AND outcome = 'analysed'
    ) AS ai_flagged
    FROM review WHERE kind = 'reading' AND state = 'signed'
    ORDER BY study_key, created_at DESC, review_id
  ) reading USING (study_key)
  LEFT JOIN (
    SELECT DISTINCT ON (study_key) study_key, positive
    FROM review WHERE kind = 'second-reading' AND state = 'signed'
    ORDER BY study_key, created_at DESC, review_id
  ) second USING (study_key)`;

const CONDITIONS = {
  all: sql`true`,
  flagged: sql`flagged`,
  agreement: sql`reader_positive = ai_flagged`,
  disagreement: sql`reader_positive <> ai_flagged`,
  missed: sql`reader_positive AND NOT ai_flagged`,
  'second-read': sql`second_positive IS NOT NULL`,
} as const satisfies Record<QualityFilter, unknown>;

export interface JudgedStudy {
  readonly studyKey: string;
  readonly studyInstanceUid: string;
  /** Null until a radiologist has signed the study off with a result before them. */
  readonly agreement: boolean | null;
}

/** A page of the studies that pass the filter, the newest first. */
export async function listJudged(
  database: Kysely<DatabaseSchema>,
  page: { filter: QualityFilter; limit: number; offset: number },
): Promise<{ studies: readonly JudgedStudy[]; total: number }> {
  const condition = CONDITIONS[page.filter];
  const [listed, counted] = await Promise.all([
    sql<JudgedStudy>`
      SELECT study_key, study_instance_uid, reader_positive = ai_flagged AS agreement
      FROM (${JUDGED}) judged WHERE ${condition}
      ORDER BY received_at DESC, study_key DESC LIMIT ${page.limit} OFFSET ${page.offset}
    `.execute(database),
    sql<{
      total: string;
    }>`SELECT count(*) AS total FROM (${JUDGED}) judged WHERE ${condition}`.execute(database),
  ]);
  return { studies: listed.rows, total: Number(counted.rows[0]?.total ?? 0) };
}

export interface JudgementCounts {
  readonly studies: number;
  readonly analysed: number;
  readonly notAnalysed: number;
  readonly failed: number;
  readonly flagged: number;
  readonly reviewed: number;
  readonly compared: number;
  readonly agreed: number;
  readonly comparedFlagged: number;
  readonly confirmedFlagged: number;
  readonly comparedUnflagged: number;
  readonly clearedUnflagged: number;
  readonly readTwice: number;
}

/** Plain counts over all studies. */
export async function countJudgements(database: Kysely<DatabaseSchema>): Promise<JudgementCounts> {
  const counted = await sql<Record<keyof JudgementCounts, string>>`
    SELECT count(*) AS studies,
      count(*) FILTER (WHERE status = 'analysed') AS analysed,
      count(*) FILTER (WHERE status = 'not-analysed') AS not_analysed,
      count(*) FILTER (WHERE status = 'failed') AS failed,
      count(*) FILTER (WHERE status = 'analysed' AND flagged) AS flagged,
      count(reading_id) AS reviewed,
      count(*) FILTER (WHERE reader_positive IS NOT NULL AND ai_flagged IS NOT NULL) AS compared,
      count(*) FILTER (WHERE reader_positive = ai_flagged) AS agreed,
      count(*) FILTER (WHERE reading_id IS NOT NULL AND ai_flagged) AS compared_flagged,
      count(*) FILTER (WHERE reader_positive AND ai_flagged) AS confirmed_flagged,
      count(*) FILTER (WHERE reading_id IS NOT NULL AND NOT ai_flagged) AS compared_unflagged,
      count(*) FILTER (WHERE NOT reader_positive AND NOT ai_flagged) AS cleared_unflagged,
      count(*) FILTER (WHERE reading_id IS NOT NULL AND second_positive IS NOT NULL) AS read_twice
    FROM (${JUDGED}) judged`.execute(database);
  const row = counted.rows[0];
  if (row === undefined) throw new TypeError('an aggregate gives a row');
  return {
    studies: Number(row.studies),
    analysed: Number(row.analysed),
    notAnalysed: Number(row.notAnalysed),
    failed: Number(row.failed),
    flagged: Number(row.flagged),
    reviewed: Number(row.reviewed),
    compared: Number(row.compared),
    agreed: Number(row.agreed),
    comparedFlagged: Number(row.comparedFlagged),
    confirmedFlagged: Number(row.confirmedFlagged),
    comparedUnflagged: Number(row.comparedUnflagged),
    clearedUnflagged: Number(row.clearedUnflagged),
    readTwice: Number(row.readTwice),
  };
}

/** How often each verdict was given in readings that stand. */
export async function countVerdicts(
  database: Kysely<DatabaseSchema>,
): Promise<Readonly<Record<'confirm' | 'reject' | 'amend' | 'add', number>>> {
  const rows = await database
    .selectFrom('findingVerdict')
    .innerJoin('review', 'review.reviewId', 'findingVerdict.reviewId')
    .select(({ fn }) => ['findingVerdict.verdict', fn.countAll<string>().as('count')])
    .where('review.kind', '=', 'reading')
    .where('review.state', '=', 'signed')
    .groupBy('findingVerdict.verdict')
    .execute();
  const counts = { confirm: 0, reject: 0, amend: 0, add: 0 };
  for (const row of rows) counts[row.verdict] = Number(row.count);
  return counts;
}
