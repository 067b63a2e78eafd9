import { RadTriageError } from '#core/errors.ts';
import { analyseStudy } from '#inference/analyse-images.ts';
import { planModels } from '#inference/plan-models.ts';
import { readImages } from '#inference/read-images.ts';
import type { ImageRow, ModelAnalysis } from '#inference/triage-types.ts';
import { readStudies } from '#intake/rule-tester/read-studies.ts';
import type { Engine } from '#models/analysis/engine.ts';
import type { UsableModel } from '#models/registry/registry.ts';
import { readFileImage } from '../file-image.ts';
import { startProgress } from '../output.ts';
import { type Quantiles, quantilesOf } from './quantiles.ts';

/** How a model does on files as they lie in a folder, study by study, with decoding and all. */
export interface ImageBench {
  readonly studies: number;
  /** Images that the manifest selects, of all that were found. */
  readonly selected: number;
  readonly images: number;
  readonly failed: number;
  /** Milliseconds a study: from its files to its scores, and the network alone. */
  readonly whole: Quantiles;
  readonly network: Quantiles;
  readonly wholePerImage: Quantiles;
}

/** Blobs that are named by where they lie; nothing is written. */
const FILES = {
  pathOf: (path: string) => path,
  put: async () => {
    throw new RadTriageError('INTERNAL', 'a bench keeps nothing');
  },
};

async function readStudyRows(directory: string): Promise<ImageRow[][]> {
  const { studies } = await readStudies({ directory });
  const rows: ImageRow[][] = [];
  for (const { objects } of studies) {
    const images = objects.filter((object) => object.kind === 'image');
    const read = await Promise.all(images.map(({ path }) => readFileImage(path)));
    rows.push(read.map(({ row }) => row));
  }
  return rows;
}

interface TimedStudy {
  readonly analysis: ModelAnalysis;
  readonly selected: number;
  readonly ms: number;
}

/**
 * Runs a model over every study below a folder; the first study is run once more, so that nothing is measured cold.
 * @throws RadTriageError NOT_FOUND when there is nothing that the manifest selects
 */
export async function benchImages(
  model: UsableModel,
  directory: string,
  engine: Engine,
): Promise<ImageBench> {
  const studies = await readStudyRows(directory);
  const progress = startProgress('studies');
  const timed: TimedStudy[] = [];
  const run = async (rows: readonly ImageRow[]): Promise<TimedStudy | undefined> => {
    const begin = performance.now();
    const plans = planModels([model], await readImages(rows, FILES));
    const [analysis] = await analyseStudy(plans, { engine, blobs: FILES });
    const ms = performance.now() - begin;
    return analysis && { analysis, selected: plans[0]?.images.length ?? 0, ms };
  };
  try {
    let isWarm = false;
    for (const [index, rows] of studies.entries()) {
      let study = await run(rows);
      if (study !== undefined && !isWarm) study = await run(rows);
      isWarm ||= study !== undefined;
      if (study !== undefined) timed.push(study);
      progress.advance(index + 1, studies.length);
    }
  } finally {
    progress.stop();
  }
  if (timed.length === 0) {
    const message = `the model takes none of the images below ${directory}`;
    throw new RadTriageError('NOT_FOUND', message);
  }
  return summarise(timed, studies.flat().length);
}

function summarise(timed: readonly TimedStudy[], images: number): ImageBench {
  return {
    studies: timed.length,
    selected: timed.reduce((sum, { selected }) => sum + selected, 0),
    images,
    failed: timed.filter(({ analysis }) => analysis.failure !== undefined).length,
    whole: quantilesOf(timed.map(({ ms }) => ms)),
    network: quantilesOf(timed.map(({ analysis }) => analysis.timings.inference)),
    wholePerImage: quantilesOf(timed.map(({ ms, selected }) => ms / Math.max(1, selected))),
  };
}
