import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { RadTriageError } from '#core/errors.ts';
import type { ModelRole } from '#core/finding.ts';
import { type AuditEntry, appendAudit } from '#platform/audit-log/audit-log.ts';
import { asDatabaseError, type Database } from '#platform/database/connect.ts';
import { outputNames } from '../manifest/outputs.ts';
import type { Manifest } from '../manifest/schema.ts';
import type { RunnableModel } from '../runtime/runtime.ts';
import { findModelFolders, type ModelFolder, readModelFolder } from './read-model-folder.ts';

/** The models that come with the product. */
export const BUILT_IN_MODELS = resolve(import.meta.dirname, '..');
const CARD_FILE = 'MODEL_CARD.md';

/** A model as it stands now: what its folder holds, and the role that an administrator gave these very weights. */
export interface RegisteredModel {
  readonly id: string;
  readonly folder: string;
  readonly manifest: Manifest | undefined;
  /** Why it is refused, or undefined. */
  readonly problem: RadTriageError | undefined;
  /** 'shadow' until promoted; other weights under the same id start in shadow again. */
  readonly role: ModelRole;
  readonly changedBy: string | undefined;
  readonly changedAt: Date | undefined;
  readonly note: string | undefined;
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
export function runnableModel({ folder, manifest }: UsableModel): RunnableModel {
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

interface RoleChange {
  readonly modelId: string;
  /** The weights that are meant: a role is never given to others by mistake. */
  readonly sha256: string;
  readonly role: ModelRole;
  readonly actor: string;
  readonly note?: string | undefined;
}

export interface ModelRegistry {
  /** Reads roles anew, and folders whose files changed. Refused models are listed with their problem. */
  list(): Promise<readonly RegisteredModel[]>;
  /**
   * Records the role and who gave it, in the table and the audit log.
   * @throws RadTriageError NOT_FOUND, STALE_VERSION (other weights than meant); the model's own problem when a
   *   refused one is to be made active
   */
  setRole(change: RoleChange): Promise<void>;
  /** Makes every usable model in shadow active; retired ones stay so. Gives the ids. */
  activateAll(actor: string): Promise<readonly string[]>;
  /** @throws RadTriageError NOT_FOUND for an unknown model or one without a card */
  readCard(modelId: string): Promise<string>;
}

export interface RegistryOptions {
  /** Each folder below them with a manifest.json is a model. */
  readonly directories: readonly string[];
  readonly database: Database;
}

class FolderRegistry implements ModelRegistry {
  readonly #options: RegistryOptions;
  #folders: ReadonlyMap<string, ModelFolder> = new Map();

  constructor(options: RegistryOptions) {
    this.#options = options;
  }

  async list(): Promise<readonly RegisteredModel[]> {
    const folders = await this.#readFolders();
    const states = await this.#readStates();
    return folders.map((found) => {
      const { id, folder, manifest, problem } = found;
      const state = states.get(stateKey(id, manifest?.sha256 ?? ''));
      return {
        id,
        folder,
        manifest,
        problem,
        role: state?.role ?? 'shadow',
        changedBy: state?.changedBy,
        changedAt: state?.changedAt,
        note: state?.note ?? undefined,
      };
    });
  }

  async setRole(change: RoleChange): Promise<void> {
    const model = await this.#find(change.modelId);
    if (model.manifest?.sha256 !== change.sha256) {
      throw new RadTriageError('STALE_VERSION', `the model ${change.modelId} has other weights`);
    }
    if (change.role === 'active' && model.problem !== undefined) throw model.problem;
    const { database } = this.#options;
    const { modelId, sha256, role, actor } = change;
    const changed = { role, changedBy: actor, changedAt: new Date(), note: change.note ?? null };
    try {
      await database.transaction().execute(async (transaction) => {
        await transaction
          .insertInto('modelState')
          .values({ modelId, sha256, ...changed })
          .onConflict((conflict) => conflict.columns(['modelId', 'sha256']).doUpdateSet(changed))
          .execute();
        await appendAudit(transaction, auditEntry(change));
      });
    } catch (error) {
      throw asDatabaseError(error);
    }
  }

  async activateAll(actor: string): Promise<readonly string[]> {
    const shadows = (await this.list()).filter(isUsable).filter((model) => model.role === 'shadow');
    for (const { id, manifest } of shadows) {
      await this.setRole({
        modelId: id,
        sha256: manifest.sha256,
        role: 'active',
        actor,
        note: 'activated at start on request',
      });
    }
    return shadows.map((model) => model.id);
  }

  async readCard(modelId: string): Promise<string> {
    const model = await this.#find(modelId);
    try {
      return await readFile(join(model.folder, CARD_FILE), 'utf8');
    } catch (error) {
      throw new RadTriageError('NOT_FOUND', `the model ${modelId} has no card`, { cause: error });
    }
  }

  async #find(modelId: string): Promise<RegisteredModel> {
    const model = (await this.list()).find((candidate) => candidate.id === modelId);
    if (model === undefined) throw new RadTriageError('NOT_FOUND', `no model ${modelId}`);
    return model;
  }

  async #readFolders(): Promise<ModelFolder[]> {
    const before = this.#folders;
    const folders = await findModelFolders(this.#options.directories);
    const read: ModelFolder[] = [];
    for (const folder of folders) read.push(await readModelFolder(folder, before.get(folder)));
    this.#folders = new Map(read.map((found) => [found.folder, found]));
    return refuseRepeatedIds(read);
  }

  async #readStates() {
    try {
      const rows = await this.#options.database.selectFrom('modelState').selectAll().execute();
      return new Map(rows.map((row) => [stateKey(row.modelId, row.sha256), row]));
    } catch (error) {
      throw asDatabaseError(error);
    }
  }
}

function auditEntry({ modelId, sha256, role, actor, note }: RoleChange): AuditEntry {
  return {
    actor,
    action: 'model-role-changed',
    details: { modelId, sha256, role, note: note ?? null },
  };
}

function stateKey(modelId: string, sha256: string): string {
  return `${modelId} ${sha256}`;
}

function refuseRepeatedIds(folders: readonly ModelFolder[]): ModelFolder[] {
  const taken = new Set<string>();
  return folders.map((found) => {
    if (!taken.has(found.id)) {
      taken.add(found.id);
      return found;
    }
    const message = `${found.folder}: another folder has the model id ${found.id}`;
    return { ...found, problem: new RadTriageError('MODEL_MANIFEST_INVALID', message) };
  });
}

/** @throws RadTriageError CONFIG_INVALID when a directory cannot be read */
export async function openRegistry(options: RegistryOptions): Promise<ModelRegistry> {
  const registry = new FolderRegistry(options);
  await registry.list();
  return registry;
}
