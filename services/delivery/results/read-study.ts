import type { Kysely, Selectable } from 'kysely';
import type { HeatmapTable, ModelRunTable } from '#platform/database/analysis-tables.ts';
import type { FindingVerdictTable, ReviewTable } from '#platform/database/review-tables.ts';
import type { DatabaseSchema } from '#platform/database/schema.ts';
import type { InstanceTable, StudyTable } from '#platform/database/study-tables.ts';
import type { FindingRow } from '#platform/study-results/finding-row.ts';
import { readFindings } from '#platform/study-results/read-findings.ts';
import { currentImages } from '#platform/study-store/current-images.ts';

/** An image that a result speaks of. */
export type ImageRow = Pick<
  Selectable<InstanceTable>,
  | 'sopInstanceUid'
  | 'seriesInstanceUid'
  | 'transferSyntaxUid'
  | 'blobPath'
  | 'dataSetOffset'
  | 'callingAe'
>;

type HeatmapRow = Selectable<HeatmapTable> & Pick<Selectable<ModelRunTable>, 'modelId'>;

/** All that is stored of one result: what active models found in a run, and what a reader made of it. */
export interface StoredResult {
  readonly study: Selectable<StudyTable>;
  /** In the order in which they are read. */
  readonly images: readonly ImageRow[];
  /** Of the run; without one, of the last run over these images, in which no model came to a result. */
  readonly modelRuns: readonly Selectable<ModelRunTable>[];
  /** The last analysis of these images was given up, and there is no other result. */
  readonly isAnalysisFailed: boolean;
  /** The highest score first. */
  readonly findings: readonly FindingRow[];
  /** The highest peak first. */
  readonly heatmaps: readonly HeatmapRow[];
  readonly review:
    | (Selectable<ReviewTable> & { readonly verdicts: readonly Selectable<FindingVerdictTable>[] })
    | undefined;
}

export interface ResultReference {
  readonly studyKey: string;
  readonly runKey: string | null;
  readonly reviewId: string | null;
}

export async function readStoredResult(
  database: Kysely<DatabaseSchema>,
  { studyKey, runKey, reviewId }: ResultReference,
): Promise<StoredResult> {
  const study = await database
    .selectFrom('study')
    .selectAll()
    .where('studyKey', '=', studyKey)
    .executeTakeFirstOrThrow();
  const unheard = runKey === null ? await findUnheardRun(database, study) : undefined;
  const toldRun = runKey ?? unheard?.runKey;
  return {
    study,
    images: await readImageRows(database, studyKey),
    modelRuns: toldRun === undefined ? [] : await readModelRuns(database, toldRun),
    isAnalysisFailed: unheard?.state === 'failed',
    findings: await readFindings(database, runKey === null ? [] : [runKey]),
    heatmaps: runKey === null ? [] : await readHeatmaps(database, runKey),
    review: reviewId === null ? undefined : await readReview(database, reviewId),
  };
}

function readImageRows(database: Kysely<DatabaseSchema>, studyKey: string): Promise<ImageRow[]> {
  return currentImages(database, studyKey)
    .select(['sopInstanceUid', 'seriesInstanceUid', 'transferSyntaxUid', 'blobPath'])
    .select(['dataSetOffset', 'callingAe'])
    .execute();
}

/** The last run over the present images, if it ended without a result: what became of each model stands there. */
async function findUnheardRun(
  database: Kysely<DatabaseSchema>,
  { studyKey, imageRevision }: Selectable<StudyTable>,
) {
  if (imageRevision === null) return undefined;
  const last = await database
    .selectFrom('analysisRun')
    .select(['runKey', 'state'])
    .where('studyKey', '=', studyKey)
    .where('imageRevision', '=', imageRevision)
    .orderBy('number', 'desc')
    .limit(1)
    .executeTakeFirst();
  return last?.state === 'not-analysed' || last?.state === 'failed' ? last : undefined;
}

function readModelRuns(database: Kysely<DatabaseSchema>, runKey: string) {
  return database
    .selectFrom('modelRun')
    .selectAll()
    .where('runKey', '=', runKey)
    .where('role', '=', 'active')
    .orderBy('modelRunKey')
    .execute();
}

function readHeatmaps(database: Kysely<DatabaseSchema>, runKey: string): Promise<HeatmapRow[]> {
  return database
    .selectFrom('heatmap')
    .innerJoin('modelRun', 'modelRun.modelRunKey', 'heatmap.modelRunKey')
    .selectAll('heatmap')
    .select('modelRun.modelId')
    .where('modelRun.runKey', '=', runKey)
    .where('modelRun.role', '=', 'active')
    .where('heatmap.withdrawnAt', 'is', null)
    .orderBy('heatmap.peak', 'desc')
    .orderBy('heatmap.heatmapId')
    .execute();
}

async function readReview(database: Kysely<DatabaseSchema>, reviewId: string) {
  const review = await database
    .selectFrom('review')
    .selectAll()
    .where('reviewId', '=', reviewId)
    .executeTakeFirstOrThrow();
  const verdicts = await database
    .selectFrom('findingVerdict')
    .selectAll()
    .where('reviewId', '=', reviewId)
    .orderBy('findingId')
    .orderBy('label')
    .orderBy('sopInstanceUid')
    .orderBy('boxX')
    .orderBy('boxY')
    .execute();
  return { ...review, verdicts };
}
