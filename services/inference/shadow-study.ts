import { constants, setPriority } from 'node:os';
import type { Kysely } from 'kysely';
import type { RadTriageError } from '#core/errors.ts';
import type { AnalysisEngine } from '#models/analysis/analyse-images.ts';
import type { Preparer } from '#models/analysis/preparer.ts';
import { versionKey } from '#models/registry/model-states.ts';
import type { RegisteredModel } from '#models/registry/registry.ts';
import type { Runtime } from '#models/runtime/runtime.ts';
import type { Database } from '#platform/database/connect.ts';
import type { DatabaseSchema } from '#platform/database/schema.ts';
import type { JobPayload } from '#queue/contracts.ts';
import type { ActiveWork } from './active-work.ts';
import { analyseStudy } from './analyse-images.ts';
import { lockRun, readImageRows } from './begin-run.ts';
import { concludeModel, type ModelConclusion } from './conclude-run.ts';
import type { TriageDependencies } from './dependencies.ts';
import { planModels } from './plan-models.ts';
import { readImages } from './read-images.ts';
import { insertModelRun } from './store-result.ts';
import type { ImageRow, ModelAnalysis } from './triage-types.ts';

export type ShadowJob = JobPayload<'shadow'>;

interface ShadowEngine extends AnalysisEngine {
  readonly preparer: AnalysisEngine['preparer'] & Pick<Preparer, 'processIds'>;
  readonly runtime: AnalysisEngine['runtime'] & Pick<Runtime, 'processIds'>;
}

export interface ShadowDependencies
  extends Pick<TriageDependencies, 'database' | 'registry' | 'blobs' | 'logger'> {
  /** Not the one that active models run in: a hang of a model in shadow must not hold them up. */
  readonly engine: ShadowEngine;
  readonly activeWork: Pick<ActiveWork, 'whenIdle'>;
}

interface OpenShadow {
  readonly images: readonly ImageRow[];
  /** Versions whose word on this run is recorded already, as versionKey names them. */
  readonly recorded: ReadonlySet<string>;
}

async function settleShadow(
  transaction: Kysely<DatabaseSchema>,
  runKey: string,
  end: { state: 'done' | 'failed' | 'superseded'; reason?: string },
): Promise<void> {
  await transaction
    .updateTable('analysisRun')
    .set({
      shadowState: end.state,
      shadowReason: end.reason ?? null,
      shadowFinishedAt: new Date(),
    })
    .where('runKey', '=', runKey)
    .execute();
}

/** Undefined when there is nothing to do, or nothing any more: newer images or a newer run have come. */
async function openShadow(
  transaction: Kysely<DatabaseSchema>,
  job: ShadowJob,
): Promise<OpenShadow | undefined> {
  const locked = await lockRun(transaction, job);
  if (locked === undefined || locked.run.shadowState !== 'queued') return undefined;
  if (!locked.isCurrent) {
    await settleShadow(transaction, job.runKey, { state: 'superseded' });
    return undefined;
  }
  const rows = await transaction
    .selectFrom('modelRun')
    .select(['modelId', 'modelVersion'])
    .where('runKey', '=', job.runKey)
    .execute();
  return {
    images: await readImageRows(transaction, job.studyKey),
    recorded: new Set(rows.map((row) => versionKey(row.modelId, row.modelVersion))),
  };
}

/** Frame by frame they let whatever somebody waits for go first, here and, by their priority, on this machine. */
function standAside({ engine, activeWork }: ShadowDependencies): AnalysisEngine {
  const { preparer, runtime, reader } = engine;
  const wait = async () => {
    await activeWork.whenIdle();
    for (const id of [...preparer.processIds(), ...runtime.processIds()]) lowerPriority(id);
  };
  const after =
    <A extends unknown[], R>(work: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      await wait();
      return work(...args);
    };
  return {
    reader,
    preparer: {
      processes: preparer.processes,
      prepare: after((...args: Parameters<typeof preparer.prepare>) => preparer.prepare(...args)),
    },
    runtime: {
      processes: runtime.processes,
      load: after((model) => runtime.load(model)),
      run: after((...args: Parameters<typeof runtime.run>) => runtime.run(...args)),
      runBatch: after((...args: Parameters<typeof runtime.runBatch>) => runtime.runBatch(...args)),
    },
  };
}

function lowerPriority(processId: number): void {
  try {
    setPriority(processId, constants.priority.PRIORITY_LOW);
  } catch {
    // It has ended, or this system lets nobody do so: then it competes like any other.
  }
}

async function runShadows(
  models: readonly RegisteredModel[],
  rows: readonly ImageRow[],
  dependencies: ShadowDependencies,
): Promise<{ conclusions: ModelConclusion[]; analyses: readonly ModelAnalysis[] }> {
  const images = await readImages(rows, dependencies.blobs);
  const plans = planModels(models, images);
  const engine = standAside(dependencies);
  const analyses = await analyseStudy(plans, { engine, blobs: dependencies.blobs });
  const conclusions = plans.map((plan) =>
    concludeModel(
      plan,
      analyses.find((analysis) => analysis.plan.model === plan.model),
    ),
  );
  return { conclusions, analyses };
}

/**
 * The job of the models in shadow, after the result of the active ones has been stored: runs them over the same images
 * and records what they say, with the run. The study's row, its place, its thumbnail and what readers see are not
 * touched. It may run more than once: what is recorded is not recorded again.
 *
 * @throws RadTriageError retryable, unless it is the last try: a model failed, and the others are recorded
 */
export async function shadowStudy(
  job: ShadowJob,
  dependencies: ShadowDependencies,
  isLastTry: boolean,
): Promise<void> {
  const { database, registry, logger } = dependencies;
  await dependencies.activeWork.whenIdle();
  const opened = await database.transaction().execute((trx) => openShadow(trx, job));
  if (opened === undefined) return;
  const models = (await registry.list()).filter(
    ({ id, version, role }) => role === 'shadow' && !opened.recorded.has(versionKey(id, version)),
  );
  const { conclusions, analyses } = await runShadows(models, opened.images, dependencies);
  const failed = conclusions.find((conclusion) => conclusion.outcome === 'failed');
  const failure = isLastTry
    ? undefined
    : analyses.find((analysis) => analysis.plan.model === failed?.model)?.failure;
  const kept = conclusions.filter(({ outcome }) => outcome !== 'failed' || isLastTry);
  const isStored = await storeShadows(database, job, { kept, isWhole: failure === undefined });
  const { runKey, traceId } = job;
  if (isStored) logger.info({ runKey, traceId, models: kept.length }, 'study seen in shadow');
  if (failure !== undefined) throw failure;
}

async function storeShadows(
  database: Database,
  job: ShadowJob,
  { kept, isWhole }: { kept: readonly ModelConclusion[]; isWhole: boolean },
): Promise<boolean> {
  return database.transaction().execute(async (transaction) => {
    // Again under the lock: another try may have stored meanwhile, or newer images have come.
    const opened = await openShadow(transaction, job);
    if (opened === undefined) return false;
    const { runKey, studyKey } = job;
    for (const model of kept) {
      const { id, version } = model.model;
      if (opened.recorded.has(versionKey(id, version))) continue;
      await insertModelRun(transaction, { model, runKey, studyKey });
    }
    if (isWhole) await settleShadow(transaction, runKey, { state: 'done' });
    return true;
  });
}

/** After the last try. Nobody waits for it: the study and its run are left as they are. */
export async function giveUpShadow(
  database: Database,
  job: ShadowJob,
  { code, message }: RadTriageError,
): Promise<void> {
  await database.transaction().execute(async (transaction) => {
    const locked = await lockRun(transaction, job);
    if (locked?.run.shadowState !== 'queued') return;
    await settleShadow(transaction, job.runKey, {
      state: 'failed',
      reason: `${code}: ${message}`,
    });
  });
}
