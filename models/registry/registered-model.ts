import { join } from 'node:path';
import { RadTriageError } from '#core/errors.ts';
import type { ModelRole } from '#core/finding.ts';
import type { ModelEvaluation } from '#core/model-evaluation.ts';
import { outputNames } from '../manifest/outputs.ts';
import type { Manifest } from '../manifest/schema.ts';
import type { RunnableModel } from '../runtime/runtime.ts';
import { describeDeviation, type ModelState, versionKey } from './model-states.ts';
import type { ModelFolder } from './read-model-folder.ts';

/** A version of a model as it stands now: what its folder holds, and the role that an administrator gave it. */
export interface RegisteredModel {
  readonly id: string;
  /** Empty when the manifest cannot be read. */
  readonly version: string;
  /** Empty when it is gone. */
  readonly folder: string;
  readonly manifest: Manifest | undefined;
  /** Of the ONNX file as the manifest names it, else as it was pinned; empty when neither is known. */
  readonly sha256: string;
  readonly manifestSha256: string;
  /** Why it is refused, or undefined. */
  readonly problem: RadTriageError | undefined;
  /** 'shadow' until promoted. */
  readonly role: ModelRole;
  /** Whether its files are pinned in the database: since it was added, or given a role. */
  readonly pinned: boolean;
  readonly changedBy: string | undefined;
  readonly changedAt: Date | undefined;
  readonly note: string | undefined;
  /** How it did at this site, as it was given with its promotion. */
  readonly evaluation?: ModelEvaluation | undefined;
}

/** One that may run. */
export interface UsableModel extends RegisteredModel {
  readonly manifest: Manifest;
  readonly problem: undefined;
}

export function isUsable(model: RegisteredModel): model is UsableModel {
  return model.problem === undefined && model.manifest !== undefined;
}

/** What the runtime needs of it. */
export function runnableModel({
  folder,
  manifest,
}: Pick<UsableModel, 'folder' | 'manifest'>): RunnableModel {
  const { input, outputs } = manifest;
  return {
    path: join(folder, manifest.file),
    sha256: manifest.sha256,
    inputName: input.name,
    dims: [1, input.channels, ...input.size],
    maximumBatch: input.maximumBatch,
    outputNames: outputNames(outputs),
  };
}

/** Orders versions by their numbers, the highest first; a pre-release stands behind its release. */
export function newestFirst(
  a: Pick<RegisteredModel, 'version'>,
  b: Pick<RegisteredModel, 'version'>,
): number {
  const [coreA = '', preA] = splitVersion(a.version);
  const [coreB = '', preB] = splitVersion(b.version);
  const byCore = coreB.localeCompare(coreA, 'en', { numeric: true });
  if (byCore !== 0) return byCore;
  if (preA === undefined || preB === undefined) {
    return Number(preA !== undefined) - Number(preB !== undefined);
  }
  return preB.localeCompare(preA, 'en', { numeric: true });
}

function splitVersion(version: string): string[] {
  const dash = version.indexOf('-');
  return dash < 0 ? [version] : [version.slice(0, dash), version.slice(dash + 1)];
}

/** Folders with the roles and pins of the database; versions with a role whose folder is gone are listed too. */
export function joinStates(
  folders: readonly ModelFolder[],
  states: ReadonlyMap<string, ModelState>,
): RegisteredModel[] {
  const taken = new Set<string>();
  const found = folders.map((folder) => {
    const key = versionKey(folder.id, folder.manifest?.version ?? '');
    const state = states.get(key);
    const isRepeated = taken.has(key);
    taken.add(key);
    const problem = isRepeated ? repetition(folder) : (folder.problem ?? deviation(folder, state));
    // The folder that came first has the role; a second one is nothing but a mistake.
    return registered({ folder, state: isRepeated ? undefined : state, problem });
  });
  const gone = [...states.values()].filter(
    (state) => state.role !== 'retired' && !taken.has(versionKey(state.modelId, state.version)),
  );
  return [...found, ...gone.map(missing)];
}

function registered(parts: {
  folder: ModelFolder;
  state: ModelState | undefined;
  problem: RadTriageError | undefined;
}): RegisteredModel {
  const { folder, state, problem } = parts;
  const { manifest, manifestSha256 } = folder;
  return {
    id: folder.id,
    version: manifest?.version ?? '',
    folder: folder.folder,
    manifest,
    sha256: manifest?.sha256 ?? '',
    manifestSha256,
    problem,
    ...stateFields(state),
  };
}

function stateFields(state: ModelState | undefined) {
  return {
    role: state?.role ?? 'shadow',
    pinned: state !== undefined,
    changedBy: state?.changedBy,
    changedAt: state?.changedAt,
    note: state?.note ?? undefined,
    evaluation: state?.evaluation ?? undefined,
  };
}

function missing(state: ModelState): RegisteredModel {
  const { modelId, version, sha256, manifestSha256 } = state;
  return {
    ...{ id: modelId, version, folder: '', manifest: undefined, sha256 },
    manifestSha256: manifestSha256 ?? '',
    problem: new RadTriageError('MODEL_MISSING', `the folder of ${modelId} ${version} is gone`),
    ...stateFields(state),
  };
}

function deviation(
  { manifest, manifestSha256 }: ModelFolder,
  state: ModelState | undefined,
): RadTriageError | undefined {
  if (manifest === undefined || state === undefined) return undefined;
  const { id: modelId, version, sha256 } = manifest;
  const changed = describeDeviation(state, { modelId, version, sha256, manifestSha256 });
  return changed === undefined ? undefined : new RadTriageError('MODEL_ALTERED', changed);
}

function repetition({ folder, id, manifest }: ModelFolder): RadTriageError {
  const message = `${folder}: another folder has ${id} ${manifest?.version ?? ''}`.trim();
  return new RadTriageError('MODEL_MANIFEST_INVALID', message);
}
