import { join } from 'node:path';
import type { DicomAttributes } from '#dicom/attributes/attribute-schema.ts';
import { imageFacts } from '#models/manifest/image-facts.ts';
import { selectImage } from '#models/manifest/select-image.ts';
import {
  findModelFolders,
  type ModelFolder,
  readModelFolder,
} from '#models/registry/read-model-folder.ts';
import { BUILT_IN_MODELS } from '#models/registry/registry.ts';
import type { Config } from '#platform/config/config.ts';

export interface ModelVerdict {
  readonly id: string;
  readonly version: string;
  /** Images of the study that it would take. */
  readonly images: number;
  /** Why it declines images that it is made for. */
  readonly declines: readonly string[];
}

interface Tally {
  images: number;
  readonly declines: Set<string>;
}

/** Counts which models would take which images, by their manifests alone: no database is needed, so no role is known. */
export class ModelTally {
  private readonly models: readonly ModelFolder[];
  private readonly studies = new Map<string, Map<ModelFolder, Tally>>();

  private constructor(models: readonly ModelFolder[]) {
    this.models = models;
  }

  static async open(config: Config): Promise<ModelTally> {
    const { builtInModels, modelDirectories } = config.inference;
    const directories = [...(builtInModels ? [BUILT_IN_MODELS] : []), ...modelDirectories];
    const folders = await findModelFolders(directories, join(config.dataDirectory, 'models'));
    return new ModelTally(await Promise.all(folders.map((folder) => readModelFolder(folder))));
  }

  add(studyInstanceUid: string, attributes: DicomAttributes): void {
    const facts = imageFacts(attributes);
    const tallies = this.studies.get(studyInstanceUid) ?? new Map<ModelFolder, Tally>();
    this.studies.set(studyInstanceUid, tallies);
    for (const model of this.models) {
      if (model.manifest === undefined || model.problem !== undefined) continue;
      const selection = selectImage(model.manifest, facts);
      if (!selection.selected && !selection.fits) continue;
      const tally = tallies.get(model) ?? { images: 0, declines: new Set<string>() };
      tallies.set(model, tally);
      if (selection.selected) tally.images += 1;
      else tally.declines.add(selection.reason);
    }
  }

  of(studyInstanceUid: string): ModelVerdict[] {
    return [...(this.studies.get(studyInstanceUid) ?? [])].map(([{ id, manifest }, tally]) => ({
      id,
      version: manifest?.version ?? '',
      images: tally.images,
      declines: [...tally.declines],
    }));
  }
}
