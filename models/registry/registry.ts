import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { type Kysely, sql } from 'kysely';
import { RadTriageError } from '#core/errors.ts';
import type { ModelRole } from '#core/finding.ts';
import { appendAudit } from '#platform/audit-log/audit-log.ts';
import { asDatabaseError, type Database } from '#platform/database/connect.ts';
import type { DatabaseSchema } from '#platform/database/schema.ts';
import type { InspectedFolder } from './inspect-folder.ts';
import { installModel, uninstallModel } from './install-model.ts';
import {
  type Author,
  assignRole,
  type ModelPin,
  pinVersion,
  readModelStates,
} from './model-states.ts';
import {
  CARD_FILE,
  findModelFolders,
  type ModelFolder,
  readModelFolder,
} from './read-model-folder.ts';
import { joinStates, newestFirst, type RegisteredModel } from './registered-model.ts';

export {
  isUsable,
  type RegisteredModel,
  runnableModel,
  type UsableModel,
} from './registered-model.ts';

/** The models that come with the product. */
export const BUILT_IN_MODELS = resolve(import.meta.dirname, '..');

/** Of pg_advisory_xact_lock: what is pinned, and which version is active, changes one after the other. */
const MODELS_LOCK = 7_236_014_202;

/** One version of a model; without `version` the active one, else the newest. */
export interface ModelReference {
  readonly modelId: string;
  readonly version?: string | undefined;
}

export interface RoleChange {
  readonly modelId: string;
  readonly version: string;
  /** The weights that are meant: a role is never given to others by mistake. */
  readonly sha256: string;
  readonly role: ModelRole;
  readonly actor: string;
  /** Why; a promotion has to say it. */
  readonly note?: string | undefined;
  /** What becomes of the version that was active before; 'shadow' without it. */
  readonly previousRole?: Exclude<ModelRole, 'active'> | undefined;
  /** A model for demonstration is made active only when this is said. */
  readonly allowDemonstration?: boolean | undefined;
}

export interface RoleResult {
  /** The version whose place was taken, and the role that it has now. */
  readonly displaced: { readonly version: string; readonly role: ModelRole } | undefined;
}

export interface InstallResult {
  readonly folder: string;
  /** False when it had been added before. */
  readonly isNew: boolean;
}

export interface ModelRegistry {
  /** Every version: reads roles anew, and folders whose files changed. Refused ones are listed with their problem. */
  list(): Promise<readonly RegisteredModel[]>;
  /** @throws RadTriageError NOT_FOUND */
  find(reference: ModelReference): Promise<RegisteredModel>;
  /**
   * Records the role and who gave it, in the table and the audit log, and pins the files. At most one version of a
   * model is active.
   * @throws RadTriageError NOT_FOUND, STALE_VERSION (other weights than meant), REQUEST_INVALID (a promotion without a
   *   note, or of a demonstration that was not allowed); the model's own problem when a refused one is to be active
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

export interface RegistryOptions {
  /** Each folder below them with a manifest.json is a version of a model. */
  readonly directories: readonly string[];
  /** Where added models are kept; it need not exist yet. */
  readonly installDirectory?: string | undefined;
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
    try {
      return joinStates(folders, await readModelStates(this.#options.database));
    } catch (error) {
      throw asDatabaseError(error);
    }
  }

  async find({ modelId, version }: ModelReference): Promise<RegisteredModel> {
    const versions = (await this.list()).filter((model) => model.id === modelId);
    const found =
      version === undefined
        ? (versions.find((model) => model.role === 'active') ?? versions.sort(newestFirst)[0])
        : versions.find((model) => model.version === version);
    if (found !== undefined) return found;
    const known = versions.map((model) => model.version).join(', ');
    const which = version === undefined ? modelId : `${modelId} ${version}`;
    throw new RadTriageError(
      'NOT_FOUND',
      known === '' ? `no model ${modelId}` : `no model ${which}; there is ${known}`,
    );
  }

  async setRole(change: RoleChange): Promise<RoleResult> {
    const model = await this.find(change);
    checkChange(model, change);
    const { modelId, version, role, actor, note } = change;
    const previousRole = change.previousRole ?? 'shadow';
    const pin = pinOf(model);
    const displaced = await this.#change(async (transaction) => {
      const taken = await assignRole(transaction, { pin, role, actor, note, previousRole });
      const replaces = taken === undefined ? {} : { replaces: taken, previousRole };
      await appendAudit(transaction, {
        actor,
        action: 'model-role-changed',
        details: {
          ...{ modelId, version, sha256: pin.sha256, manifestSha256: pin.manifestSha256 },
          ...{ role, note: note ?? null, ...replaces },
        },
      });
      return taken;
    });
    return {
      displaced: displaced === undefined ? undefined : { version: displaced, role: previousRole },
    };
  }

  async install(model: InspectedFolder, author: Author): Promise<InstallResult> {
    const directory = this.#installDirectory();
    const { manifest, manifestSha256 } = model;
    const { id: modelId, version, sha256 } = manifest;
    const pin = { modelId, version, sha256, manifestSha256 };
    return this.#change(async (transaction) => {
      const there = (await this.list()).find(
        (known) => known.id === modelId && known.version === version,
      );
      const isNew = await pinVersion(transaction, pin, author);
      const folder = folderInPlace(there, pin) ?? (await installModel(model, directory));
      if (isNew) {
        const details = { ...pin, licence: manifest.licence, note: author.note ?? null };
        await appendAudit(transaction, { actor: author.actor, action: 'model-added', details });
      }
      return { folder, isNew };
    });
  }

  async remove({ modelId, version }: Required<ModelReference>, actor: string): Promise<boolean> {
    const model = await this.find({ modelId, version });
    if (model.role === 'active') {
      throw new RadTriageError(
        'REQUEST_INVALID',
        `${modelId} ${model.version} is active: retire it first`,
      );
    }
    const directory = this.#options.installDirectory;
    const isOurs = directory !== undefined && dirname(model.folder) === resolve(directory);
    await this.#change(async (transaction) => {
      await transaction
        .deleteFrom('modelState')
        .where('modelId', '=', modelId)
        .where('version', '=', model.version)
        .execute();
      const details = {
        modelId,
        version: model.version,
        sha256: model.sha256,
        filesDeleted: isOurs,
      };
      await appendAudit(transaction, { actor, action: 'model-removed', details });
      if (isOurs) await uninstallModel(model.folder, directory);
    });
    return isOurs;
  }

  async activateAll(actor: string): Promise<readonly string[]> {
    const versions = Map.groupBy(await this.list(), (model) => model.id);
    const activated: string[] = [];
    for (const [id, models] of versions) {
      if (models.some((model) => model.role === 'active')) continue;
      const candidate = models
        .filter((model) => model.role === 'shadow' && model.problem === undefined)
        .sort(newestFirst)[0];
      if (candidate === undefined) continue;
      const { version, sha256 } = candidate;
      const note = 'activated at start on request';
      const allowDemonstration = true;
      const change = { modelId: id, version, sha256, actor, note, allowDemonstration };
      await this.setRole({ ...change, role: 'active' });
      activated.push(id);
    }
    return activated;
  }

  async readCard(reference: ModelReference): Promise<string> {
    const model = await this.find(reference);
    try {
      return await readFile(join(model.folder, CARD_FILE), 'utf8');
    } catch (error) {
      throw new RadTriageError('NOT_FOUND', `the model ${model.id} has no card`, { cause: error });
    }
  }

  #installDirectory(): string {
    const { installDirectory } = this.#options;
    if (installDirectory !== undefined) return resolve(installDirectory);
    throw new RadTriageError('CONFIG_INVALID', 'there is no directory for added models');
  }

  async #change<T>(work: (transaction: Kysely<DatabaseSchema>) => Promise<T>): Promise<T> {
    try {
      return await this.#options.database.transaction().execute(async (transaction) => {
        await sql`SELECT pg_advisory_xact_lock(${MODELS_LOCK})`.execute(transaction);
        return work(transaction);
      });
    } catch (error) {
      throw asDatabaseError(error);
    }
  }

  async #readFolders(): Promise<ModelFolder[]> {
    const before = this.#folders;
    const { directories, installDirectory } = this.#options;
    const folders = await findModelFolders(directories, installDirectory);
    const read: ModelFolder[] = [];
    for (const folder of folders) read.push(await readModelFolder(folder, before.get(folder)));
    this.#folders = new Map(read.map((found) => [found.folder, found]));
    return read;
  }
}

/** The folder when it holds these very files; undefined when there is none. */
function folderInPlace(there: RegisteredModel | undefined, pin: ModelPin): string | undefined {
  if (there === undefined || there.folder === '') return undefined;
  const isSame = there.sha256 === pin.sha256 && there.manifestSha256 === pin.manifestSha256;
  if (isSame && there.problem === undefined) return there.folder;
  const problem = there.problem === undefined ? 'other files' : there.problem.message;
  throw new RadTriageError(
    'MODEL_ALTERED',
    `${pin.modelId} ${pin.version} is there already (${there.folder}) with ${problem}: give it a new version`,
  );
}

function pinOf({ id, version, sha256, manifestSha256 }: RegisteredModel): ModelPin {
  return { modelId: id, version, sha256, manifestSha256 };
}

function checkChange(model: RegisteredModel, change: RoleChange): void {
  if (model.sha256 !== change.sha256) {
    throw new RadTriageError('STALE_VERSION', `the model ${change.modelId} has other weights`);
  }
  if (model.problem !== undefined && model.version === '') throw model.problem;
  if (change.role !== 'active') return;
  if (model.problem !== undefined) throw model.problem;
  if ((change.note ?? '').trim() === '') {
    throw new RadTriageError('REQUEST_INVALID', 'a promotion needs a note: why this model');
  }
  if (model.manifest?.demonstration === true && change.allowDemonstration !== true) {
    throw new RadTriageError(
      'REQUEST_INVALID',
      `${model.id} is for demonstration and not for patients: allow that explicitly`,
    );
  }
}

/** @throws RadTriageError CONFIG_INVALID when a directory cannot be read */
export async function openRegistry(options: RegistryOptions): Promise<ModelRegistry> {
  const registry = new FolderRegistry(options);
  await registry.list();
  return registry;
}
