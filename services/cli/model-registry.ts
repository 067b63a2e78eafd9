import { join } from 'node:path';
import { BUILT_IN_MODELS, type ModelRegistry, openRegistry } from '#models/registry/registry.ts';
import type { Config } from '#platform/config/config.ts';
import type { Database } from '#platform/database/connect.ts';

/** The registry over the models that ship with RadTriage, those of the site's directories, and added ones. */
export function openSiteRegistry(config: Config, database: Database): Promise<ModelRegistry> {
  const { builtInModels, modelDirectories } = config.inference;
  const directories = [...(builtInModels ? [BUILT_IN_MODELS] : []), ...modelDirectories];
  const installDirectory = join(config.dataDirectory, 'models');
  return openRegistry({ directories, installDirectory, database });
}

export async function activateAllModels(
  config: Config,
  database: Database,
  actor: string,
): Promise<readonly string[]> {
  const registry = await openSiteRegistry(config, database);
  return await registry.activateAll(actor);
}
