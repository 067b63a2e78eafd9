import { dirname, resolve } from 'node:path';
import { RadTriageError } from '#core/errors.ts';
import { appendAudit } from '#platform/audit-log/audit-log.ts';
import type { Database } from '#platform/database/connect.ts';
import { changeModels } from './change-models.ts';
import type { InspectedFolder } from './inspect-folder.ts';
import { installModel, uninstallModel } from './install-model.ts';
import type { ModelList } from './list-models.ts';
import { type Author, type ModelPin, pinVersion } from './model-states.ts';
import type { RegisteredModel } from './registered-model.ts';

export interface InstallResult {
  readonly folder: string;
  /** False when it had been added before. */
  readonly isNew: boolean;
}

/** Where added models are kept, and on record. */
export interface ModelKeeping {
  readonly list: ModelList;
  readonly database: Database;
  /** Where added models lie; undefined where none can be added. */
  readonly directory: string | undefined;
}

/** As ModelRegistry.install. */
export async function keepModel(
  model: InspectedFolder,
  author: Author,
  keeping: ModelKeeping,
): Promise<InstallResult> {
  const { manifest, manifestSha256 } = model;
  const { id: modelId, version, sha256 } = manifest;
  const pin = { modelId, version, sha256, manifestSha256 };
  const { directory } = keeping;
  if (directory === undefined) {
    throw new RadTriageError('CONFIG_INVALID', 'there is no directory for added models');
  }
  return changeModels(keeping.database, async (transaction) => {
    const there = (await keeping.list.read()).find(
      (known) => known.id === modelId && known.version === version,
    );
    const isNew = await pinVersion(transaction, pin, author);
    const folder = folderInPlace(there, pin) ?? (await installModel(model, resolve(directory)));
    if (isNew) {
      const details = { ...pin, licence: manifest.licence, note: author.note ?? null };
      await appendAudit(transaction, { actor: author.actor, action: 'model-added', details });
    }
    return { folder, isNew };
  });
}

/** As ModelRegistry.remove, of a version that was found. */
export async function forgetModel(
  model: RegisteredModel,
  actor: string,
  { database, directory }: ModelKeeping,
): Promise<boolean> {
  const { id: modelId, version, sha256 } = model;
  if (model.role === 'active') {
    throw new RadTriageError('REQUEST_INVALID', `${modelId} ${version} is active: retire it first`);
  }
  const isOurs = directory !== undefined && dirname(model.folder) === resolve(directory);
  await changeModels(database, async (transaction) => {
    await transaction
      .deleteFrom('modelState')
      .where('modelId', '=', modelId)
      .where('version', '=', version)
      .execute();
    const details = { modelId, version, sha256, filesDeleted: isOurs };
    await appendAudit(transaction, { actor, action: 'model-removed', details });
    if (isOurs) await uninstallModel(model.folder, directory);
  });
  return isOurs;
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
