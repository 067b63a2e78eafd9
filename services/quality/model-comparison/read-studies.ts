import { type Kysely, sql } from 'kysely';
import type { Priority } from '#core/priority.ts';
import { patientAgeYears } from '#dicom/attributes/date-values.ts';
import type { DatabaseSchema } from '#platform/database/schema.ts';
import type { ComparisonInput } from './compare-models.ts';
import type { ComparedStudy, ModelResult, VersionReference } from './compared-study.ts';

export interface ComparisonWindow {
  readonly a: VersionReference;
  readonly b: VersionReference;
  /** By the receipt of the study; from the first, until before the second. */
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
}

type Side = 'a' | 'b';
type Columns<Prefix extends Side> = {
  readonly [Name in keyof ResultColumns as `${Prefix}${Capitalize<Name>}`]: ResultColumns[Name];
};

interface ResultColumns {
  readonly outcome: ModelResult['outcome'];
  readonly reason: string | null;
  readonly role: ModelResult['role'];
  readonly sha256: string;
  readonly score: number | null;
  readonly flagged: boolean;
  readonly timings: Record<string, number>;
  readonly labels: readonly LabelRow[];
}

interface LabelRow {
  readonly label: string;
  readonly code: { readonly scheme: string; readonly value: string };
  readonly score: number;
  readonly threshold: number;
}

interface StudyColumns {
  readonly studyInstanceUid: string;
  readonly receivedAt: Date;
  readonly modality: string | null;
  readonly site: string;
  readonly patientSex: string | null;
  readonly patientAge: string | null;
  readonly patientBirthDate: string | null;
  readonly studyDate: string | null;
  readonly basePriority: Priority;
  readonly confirmed: boolean | null;
}

type Row = StudyColumns & Columns<'a'> & Columns<'b'>;

/** The newest result of a version for each study and its images. */
function resultsOf({ modelId, version }: VersionReference) {
  return sql`
    SELECT DISTINCT ON (run.study_key, run.image_revision)
      run.study_key, run.image_revision, run.number, result.*
    FROM model_run result JOIN analysis_run run USING (run_key)
    WHERE result.model_id = ${modelId} AND result.model_version = ${version}
    ORDER BY run.study_key, run.image_revision, run.number DESC`;
}

function inWindow({ from, to }: ComparisonWindow) {
  return sql`
    (${from ?? null}::timestamptz IS NULL OR study.received_at >= ${from ?? null}::timestamptz)
    AND (${to ?? null}::timestamptz IS NULL OR study.received_at < ${to ?? null}::timestamptz)`;
}

async function countSeen(
  database: Kysely<DatabaseSchema>,
  model: VersionReference,
  window: ComparisonWindow,
): Promise<number> {
  const { rows } = await sql<{ seen: string }>`
    SELECT count(DISTINCT study.study_key) AS seen
    FROM model_run result JOIN analysis_run run USING (run_key) JOIN study USING (study_key)
    WHERE result.model_id = ${model.modelId} AND result.model_version = ${model.version}
      AND ${inWindow(window)}`.execute(database);
  return Number(rows[0]?.seen ?? 0);
}

function readRows(database: Kysely<DatabaseSchema>, window: ComparisonWindow) {
  return sql<Row>`
    WITH a AS (${resultsOf(window.a)}), b AS (${resultsOf(window.b)})
    SELECT DISTINCT ON (study.study_key)
      study.study_instance_uid, study.received_at, study.modality, study.site, study.patient_sex,
      study.patient_age, study.patient_birth_date, study.study_date, study.base_priority,
      a.outcome AS a_outcome, a.reason AS a_reason, a.role AS a_role, a.model_sha256 AS a_sha256,
      a.score AS a_score, a.flagged AS a_flagged, a.timings AS a_timings,
      a.label_scores AS a_labels,
      b.outcome AS b_outcome, b.reason AS b_reason, b.role AS b_role, b.model_sha256 AS b_sha256,
      b.score AS b_score, b.flagged AS b_flagged, b.timings AS b_timings,
      b.label_scores AS b_labels,
      (SELECT positive FROM review
       WHERE review.study_key = study.study_key AND review.image_revision = a.image_revision
         AND review.kind = 'reading' AND review.state = 'signed'
       ORDER BY review.created_at DESC, review.review_id LIMIT 1) AS confirmed
    FROM a JOIN b ON a.study_key = b.study_key AND a.image_revision = b.image_revision
    JOIN study ON study.study_key = a.study_key
    WHERE ${inWindow(window)}
    ORDER BY study.study_key, greatest(a.number, b.number) DESC`.execute(database);
}

function scoresOf(labels: readonly LabelRow[]): Pick<ModelResult, 'label' | 'scores'> {
  const scores = labels.map(({ label, code, score, threshold }) => ({
    code: `${code.scheme} ${code.value}`,
    ...{ label, score, threshold },
  }));
  return { label: scores[0]?.label ?? '', scores };
}

function toStudy(row: Row): ComparedStudy {
  const { patientAge, patientBirthDate, studyDate } = row;
  return {
    studyInstanceUid: row.studyInstanceUid,
    receivedAt: row.receivedAt,
    modality: row.modality,
    site: row.site,
    sex: row.patientSex,
    ageYears: patientAgeYears({
      patientAge: patientAge ?? undefined,
      patientBirthDate: patientBirthDate ?? undefined,
      studyDate: studyDate ?? undefined,
    }),
    basePriority: row.basePriority,
    confirmed: row.confirmed,
    a: {
      ...{ outcome: row.aOutcome, reason: row.aReason, role: row.aRole, sha256: row.aSha256 },
      ...{ score: row.aScore, flagged: row.aFlagged, timings: row.aTimings },
      ...scoresOf(row.aLabels),
    },
    b: {
      ...{ outcome: row.bOutcome, reason: row.bReason, role: row.bRole, sha256: row.bSha256 },
      ...{ score: row.bScore, flagged: row.bFlagged, timings: row.bTimings },
      ...scoresOf(row.bLabels),
    },
  };
}

/** The studies of the window that both versions saw on the same images, each once. */
export async function readComparedStudies(
  database: Kysely<DatabaseSchema>,
  window: ComparisonWindow,
): Promise<ComparisonInput> {
  const { a, b, from, to } = window;
  const [{ rows }, seenA, seenB] = await Promise.all([
    readRows(database, window),
    countSeen(database, a, window),
    countSeen(database, b, window),
  ]);
  return { a, b, from, to, seenA, seenB, studies: rows.map(toStudy) };
}
