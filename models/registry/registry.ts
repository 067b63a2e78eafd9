import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { RadTriageError } from '#core/errors.ts';
import {
  candidatesToActivate,
  changeRole,
  type RoleChange,
  type RoleResult,
} from './change-role.ts';
import type { InspectedFolder } from './inspect-folder.ts';
import { forgetModel, type InstallResult, keepModel } from './keep-model.ts';
import { ModelList, type ModelReference, type RegistryOptions } from './list-models.ts';
import type { Author } from './model-states.ts';
import { CARD_FILE } from './read-model-folder.ts';
import type { RegisteredModel } from './registered-model.ts';

export type { RoleChange, RoleResult } from './change-role.ts';
export type { ModelReference } from './list-models.ts';
export {
  isUsable,
  type RegisteredModel,
  runnableModel,
  type UsableModel,
} from './registered-model.ts';

/** The models that come with the product. */
export const BUILT_IN_MODELS = resolve(import.meta.dirname, '..');

export interface ModelRegistry {
  /** Every version: reads roles anew, and folders whose files changed. Refused ones are listed with their problem. */
  list(): Promise<readonly RegisteredModel[]>;
  /** @throws RadTriageError NOT_FOUND */
  find(reference: ModelReference): Promise<RegisteredModel>;
  /**
   * Records the role and who gave it, in the table and the audit log, and pins the files. At most one version of a
   * model is active.
   * @throws RadTriageError NOT_FOUND, STALE_VERSION (other weights than meant), REQUEST_INVALID (a promotion without a
   *   note, of a demonstration that was not allowed, or with the evaluation of another); the model's own problem when
   *   a refused one is to be active
   */
  setRole(change: RoleChange): Promise<RoleResult>;
  /**
   * Copies a folder that was inspected into the directory of added models, where it is not there already, and pins it
   * in shadow. Of a process that dies in between nothing half remains.
   * @throws RadTriageError MODEL_ALTERED when that version is there, or was pinned, with other files; STORAGE_FAILED
   */
  install(model: InspectedFolder, author: Author): Promise<InstallResult>;
  /**
   * Forgets a version's pin and role, and deletes its files when they lie in the directory of added models.
   * @returns whether files were deleted
   * @throws RadTriageError NOT_FOUND, REQUEST_INVALID while it is active
   */
  remove(reference: Required<ModelReference>, actor: string): Promise<boolean>;
  /** Makes of each model without an active version the newest usable one in shadow active. Gives the ids. */
  activateAll(actor: string): Promise<readonly string[]>;
  /** @throws RadTriageError NOT_FOUND for an unknown model or one without a card */
  readCard(reference: ModelReference): Promise<string>;
}

/** @throws RadTriageError CONFIG_INVALID when a directory cannot be read */
export async function openRegistry(options: RegistryOptions): Promise<ModelRegistry> {
  const { database, installDirectory } = options;
  const list = new ModelList(options);
  const keeping = { list, database, directory: installDirectory };
  await list.read();
  const setRole = async (change: RoleChange) =>
    changeRole(database, await list.find(change), change);
  return {
    list: () => list.read(),
    find: (reference) => list.find(reference),
    setRole,
    install: (model, author) => keepModel(model, author, keeping),
    remove: async (reference, actor) => forgetModel(await list.find(reference), actor, keeping),
    activateAll: async (actor) => {
      const candidates = candidatesToActivate(await list.read());
      for (const { id: modelId, version, sha256 } of candidates) {
        const note = 'activated at start on request';
        const change = { modelId, version, sha256, actor, note, allowDemonstration: true };
        await setRole({ ...change, role: 'active' });
      }
      return candidates.map(({ id }) => id);
    },
    readCard: async (reference) => readCard(await list.find(reference)),
  };
}

async function readCard({ id, folder }: RegisteredModel): Promise<string> {
  try {
    return await readFile(join(folder, CARD_FILE), 'utf8');
  } catch (error) {
    throw new RadTriageError('NOT_FOUND', `the model ${id} has no card`, { cause: error });
  }
}
