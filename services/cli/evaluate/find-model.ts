import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { RadTriageError } from '#core/errors.ts';
import { defaultOperatingPoint } from '#models/manifest/labels.ts';
import type { Manifest } from '#models/manifest/schema.ts';
import { findModelFolders, readModelFolder } from '#models/registry/read-model-folder.ts';
import { isUsable, newestFirst, type UsableModel } from '#models/registry/registered-model.ts';
import { BUILT_IN_MODELS } from '#models/registry/registry.ts';
import type { Config } from '#platform/config/config.ts';
import type { ModelDescription } from '#quality/evaluation/model-description.ts';

/**
 * The model of an id among those that the site knows, or that of a folder. Its role does not matter here: a model is
 * evaluated before it is promoted.
 * @throws RadTriageError NOT_FOUND, and why it is refused
 */
export async function findModel(text: string, config: Config): Promise<UsableModel> {
  const folder = existsSync(join(text, 'manifest.json'))
    ? resolve(text)
    : await findFolder(text, config);
  const found = await readModelFolder(folder);
  const model = {
    ...found,
    version: found.manifest?.version ?? '',
    sha256: found.manifest?.sha256 ?? '',
    pinned: false,
    role: 'active',
    changedBy: undefined,
    changedAt: undefined,
    note: undefined,
  } as const;
  if (model.problem !== undefined) throw model.problem;
  if (!isUsable(model)) throw new RadTriageError('NOT_FOUND', `no usable model in ${folder}`);
  return model;
}

/** Among the site's models, added ones included; of several versions the newest, unless one is named. */
async function findFolder(text: string, config: Config): Promise<string> {
  const { builtInModels, modelDirectories } = config.inference;
  const directories = [...(builtInModels ? [BUILT_IN_MODELS] : []), ...modelDirectories];
  const [id, version] = text.split('@');
  const installDirectory = join(config.dataDirectory, 'models');
  const known: { name: string; version: string; folder: string }[] = [];
  for (const folder of await findModelFolders(directories, installDirectory)) {
    const found = await readModelFolder(folder);
    known.push({ name: found.id, version: found.manifest?.version ?? '', folder });
  }
  const [newest] = known
    .filter((one) => one.name === id && (version === undefined || one.version === version))
    .sort(newestFirst);
  if (newest !== undefined) return newest.folder;
  const names = known.map((one) => `${one.name}@${one.version}`);
  const list = names.length === 0 ? 'there are none' : `known: ${names.join(', ')}`;
  throw new RadTriageError(
    'NOT_FOUND',
    `no model ${text}, and no folder with a manifest (${list})`,
  );
}

/**
 * The model without the explanations that it would make of flagged images: they take long and change no score, and
 * marks on flagged images alone would flatter a FROC curve.
 */
export function withoutExplanation(model: UsableModel): UsableModel {
  const { explanation: _left, ...manifest } = model.manifest;
  return { ...model, manifest };
}

/** What decides about scores: a changed operating point does not make images be scored again. */
function manifestDigest(manifest: Manifest): string {
  const { select, input, inputCheck, outputs, labels } = manifest;
  const scoring = labels.map(({ id, index, calibration, heatmap }) => ({
    id,
    index,
    calibration,
    heatmap,
  }));
  const parts = { select, input, inputCheck, outputs, scoring };
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

export function describeModel({ manifest }: UsableModel): ModelDescription {
  const { id, version, sha256, title, demonstration, intendedUse } = manifest;
  return {
    id,
    version,
    sha256,
    scoringSha256: manifestDigest(manifest),
    title,
    demonstration,
    intendedUse,
    labels: manifest.labels.map((label) => ({
      id: label.id,
      label: label.label,
      operatingPoints: label.operatingPoints.map((point) => ({
        id: point.id,
        threshold: point.threshold,
        isDefault: point.id === defaultOperatingPoint(label).id,
      })),
    })),
  };
}
