import type { ResultKind } from '#core/result-objects.ts';
import type { Database } from '#platform/database/connect.ts';
import type { StudyFacts } from '../destinations/choose-objects.ts';
import { factsOf, keepsPictures, wantedKinds } from './choose-kinds.ts';
import type { ResultSetRow } from './claim-set.ts';
import { identityOf } from './identify-object.ts';
import { readStoredResult, type StoredResult } from './read-study.ts';
import type { ObjectsToBuild, ResultMaking, ResultObjectRow } from './result-making.ts';
import { toAiResult } from './to-ai-result.ts';

/** What is to be made of a result set. */
export interface Plan {
  readonly state: 'planned';
  readonly order: ObjectsToBuild;
  readonly facts: StudyFacts;
  /** What these objects take the place of. */
  readonly replaced: readonly ResultObjectRow[];
}

/** Decides what is made, and why nothing is. */
export async function planObjects(
  set: ResultSetRow,
  making: ResultMaking,
): Promise<Plan | { readonly state: 'cancelled'; readonly reason: string }> {
  const { database, config } = making;
  const { destinations, readingMode } = config;
  const stored = await readStoredResult(database, set);
  if (stored.images.length === 0) return { state: 'cancelled', reason: 'the study has no images' };
  if (set.reviewId === null && !(await isOfPresentImages(database, stored, set.runKey))) {
    return { state: 'cancelled', reason: 'other images have come' };
  }
  const titles = await readTitles(stored, making);
  const titleOf = (id: string, version: string) => titles.get(`${id} ${version}`);
  const result = toAiResult(stored, { readingMode, titleOf });
  const facts = factsOf(stored, result.review?.isVerified ?? false);
  const wanted = wantedKinds(destinations, facts);
  if (wanted.size === 0) return { state: 'cancelled', reason: 'no destination wants it' };
  const standing = await readStanding(database, set.studyKey);
  const keeps = keepsPictures(stored) && standing.some(({ kind }) => kind !== 'sr');
  const replaced = standing.filter(({ kind }) => kind === 'sr' || !keeps);
  const kinds = new Set([...wanted].filter((kind) => kind === 'sr' || !keeps));
  const by = { installation: making.installation, timeZone: config.timeZone };
  const order = {
    ...{ result, stored, kinds },
    predecessor: replaced.findLast(({ kind }) => kind === 'sr'),
    outdated: kinds.has('rejection') ? replaced.filter(({ kind }) => kind !== 'sr') : [],
    identify: (kind: ResultKind, index: number) => identityOf(set, { kind, index }, by),
  };
  return { state: 'planned', order, facts, replaced };
}

/** A result over images that are not the study's any more is overtaken by the run over the present ones. */
async function isOfPresentImages(
  database: Database,
  { study }: StoredResult,
  runKey: string | null,
): Promise<boolean> {
  if (runKey === null) return true;
  const run = await database
    .selectFrom('analysisRun')
    .select('imageRevision')
    .where('runKey', '=', runKey)
    .executeTakeFirstOrThrow();
  return run.imageRevision === study.imageRevision;
}

async function readTitles(
  { modelRuns }: StoredResult,
  { titleOf }: ResultMaking,
): Promise<ReadonlyMap<string, string>> {
  const titles = new Map<string, string>();
  for (const { modelId, modelVersion } of modelRuns) {
    const title = await titleOf(modelId, modelVersion);
    if (title !== undefined) titles.set(`${modelId} ${modelVersion}`, title);
  }
  return titles;
}

/** What earlier sets of the study made and nothing has taken the place of. */
function readStanding(database: Database, studyKey: string): Promise<ResultObjectRow[]> {
  return database
    .selectFrom('resultObject')
    .selectAll()
    .where('studyKey', '=', studyKey)
    .where('supersededAt', 'is', null)
    .where('kind', '<>', 'rejection')
    .orderBy('resultObjectKey')
    .execute();
}
