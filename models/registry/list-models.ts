import { RadTriageError } from '#core/errors.ts';
import { asDatabaseError, type Database } from '#platform/database/connect.ts';
import { readModelStates } from './model-states.ts';
import { findModelFolders, type ModelFolder, readModelFolder } from './read-model-folder.ts';
import { joinStates, newestFirst, type RegisteredModel } from './registered-model.ts';

export interface RegistryOptions {
  /** Each folder below them with a manifest.json is a version of a model. */
  readonly directories: readonly string[];
  /** Where added models are kept; it need not exist yet. */
  readonly installDirectory?: string | undefined;
  readonly database: Database;
}

/** One version of a model; without `version` the active one, else the newest. */
export interface ModelReference {
  readonly modelId: string;
  readonly version?: string | undefined;
}

/** Folders and roles, read anew each time; a file is hashed again only when it has changed. */
export class ModelList {
  readonly #options: RegistryOptions;
  #folders: ReadonlyMap<string, ModelFolder> = new Map();

  constructor(options: RegistryOptions) {
    this.#options = options;
  }

  /** Every version, with its role; refused ones with their problem. */
  async read(): Promise<readonly RegisteredModel[]> {
    const folders = await this.#readFolders();
    try {
      return joinStates(folders, await readModelStates(this.#options.database));
    } catch (error) {
      throw asDatabaseError(error);
    }
  }

  /** @throws RadTriageError NOT_FOUND, naming the versions that there are */
  async find({ modelId, version }: ModelReference): Promise<RegisteredModel> {
    const versions = (await this.read()).filter((model) => model.id === modelId);
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
