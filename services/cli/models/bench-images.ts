import { RadTriageError } from '#core/errors.ts';
import { analyseStudy } from '#inference/analyse-images.ts';
import { planModels } from '#inference/plan-models.ts';
import { readImages } from '#inference/read-images.ts';
import type { ImageRow, ModelAnalysis } from '#inference/triage-types.ts';
import { type ReadStudies, readStudies } from '#intake/rule-tester/read-studies.ts';
import type { Engine } from '#models/analysis/engine.ts';
import type { UsableModel } from '#models/registry/registry.ts';
import { readFileImage } from '../file-image.ts';
import { startProgress } from '../output.ts';
import { type Quantiles, quantilesOf } from './quantiles.ts';

/** How a model does on files as they lie in a folder, study by study, with decoding and all. */
export interface ImageBench {
  readonly studies: number;
  readonly images: number;
  /** Studies that it gave a score: the times are of these alone. */
  readonly analysed: number;
  /** Images of these studies that the manifest selects. */
  readonly selected: number;
  /** Studies without a score, by reason, the commonest first. */
  readonly notAnalysed: readonly { readonly reason: string; readonly studies: number }[];
  /** Files that look like DICOM and cannot be read, and files that are no DICOM. */
  readonly unreadable: number;
  readonly others: number;
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

async function readStudyRows({ studies }: ReadStudies): Promise<ImageRow[][]> {
  const rows: ImageRow[][] = [];
  for (const { objects } of studies) {
    const images = objects.filter((object) => object.kind === 'image');
    const read = await Promise.all(images.map(({ path }) => readFileImage(path)));
    rows.push(read.map(({ row }) => row));
  }
  return rows;
}

interface TimedStudy {
  /** Why there is no score, or undefined. */
  readonly reason: string | undefined;
  readonly selected: number;
  readonly ms: number;
  readonly networkMs: number;
}

function describeMiss(analysis: ModelAnalysis | undefined, declined: string | undefined) {
  if (analysis === undefined) return declined ?? 'no image that the manifest selects';
  if (analysis.results.length > 0) return undefined;
  const [undecodable] = analysis.undecodable;
  const failure = analysis.failure ?? undecodable;
  if (failure !== undefined) return `failed: ${failure.code}: ${failure.message}`;
  return analysis.declined[0] ?? 'no frame was analysed';
}

async function timeStudy(
  model: UsableModel,
  rows: readonly ImageRow[],
  engine: Engine,
): Promise<TimedStudy> {
  const begin = performance.now();
  const plans = planModels([model], await readImages(rows, FILES));
  const [analysis] = await analyseStudy(plans, { engine, blobs: FILES });
  const ms = performance.now() - begin;
  const [plan] = plans;
  return {
    reason: describeMiss(analysis, plan?.declined),
    selected: plan?.images.length ?? 0,
    ms,
    networkMs: analysis?.timings.inference ?? 0,
  };
}

/**
 * Runs a model over every study below a folder; the first that is analysed is run once more, so that nothing is
 * measured cold.
 * @throws RadTriageError NOT_FOUND when there is nothing to measure, saying why
 */
export async function benchImages(
  model: UsableModel,
  directory: string,
  engine: Engine,
): Promise<ImageBench> {
  const found = await readStudies({ directory });
  const studies = await readStudyRows(found);
  if (studies.length === 0) throw nothingToRead(directory, found);
  const progress = startProgress('studies');
  const timed: TimedStudy[] = [];
  // A retired version is never planned; here its speed alone is asked for.
  const candidate: UsableModel = { ...model, role: 'shadow' };
  try {
    let isWarm = false;
    for (const [index, rows] of studies.entries()) {
      let study = await timeStudy(candidate, rows, engine);
      if (study.reason === undefined && !isWarm) {
        study = await timeStudy(candidate, rows, engine);
        isWarm = true;
      }
      timed.push(study);
      progress.advance(index + 1, studies.length);
    }
  } finally {
    progress.stop();
  }
  return summarise(timed, { images: studies.flat().length, found, directory });
}

function nothingToRead(directory: string, { others, unreadable }: ReadStudies): RadTriageError {
  const [first] = unreadable;
  const faulty = first === undefined ? '' : `; ${first.path}: ${first.message}`;
  const plain =
    others === 0
      ? ''
      : `; ${others} other files: \`radtriage wrap\` makes DICOM of plain radiographs`;
  return new RadTriageError('NOT_FOUND', `no DICOM study below ${directory}${faulty}${plain}`);
}

function countReasons(timed: readonly TimedStudy[]): ImageBench['notAnalysed'] {
  const reasons = timed.flatMap(({ reason }) => (reason === undefined ? [] : [reason]));
  return [...Map.groupBy(reasons, (reason) => reason)]
    .map(([reason, same]) => ({ reason, studies: same.length }))
    .sort((a, b) => b.studies - a.studies);
}

function summarise(
  timed: readonly TimedStudy[],
  { images, found, directory }: { images: number; found: ReadStudies; directory: string },
): ImageBench {
  const analysed = timed.filter(({ reason }) => reason === undefined);
  const notAnalysed = countReasons(timed);
  if (analysed.length === 0) {
    const reasons = notAnalysed.map(({ reason, studies }) => `${reason} (${studies})`).join('; ');
    const message = `none of the ${timed.length} studies below ${directory} was analysed: ${reasons}`;
    throw new RadTriageError('NOT_FOUND', message);
  }
  return {
    ...{ studies: timed.length, images, analysed: analysed.length, notAnalysed },
    selected: analysed.reduce((sum, { selected }) => sum + selected, 0),
    ...{ unreadable: found.unreadable.length, others: found.others },
    whole: quantilesOf(analysed.map(({ ms }) => ms)),
    network: quantilesOf(analysed.map(({ networkMs }) => networkMs)),
    wholePerImage: quantilesOf(analysed.map(({ ms, selected }) => ms / Math.max(1, selected))),
  };
}
