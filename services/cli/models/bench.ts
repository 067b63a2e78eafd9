import { Command, InvalidArgumentError } from 'commander';
import { RadTriageError } from '#core/errors.ts';
import { createEngine, type Engine } from '#models/analysis/engine.ts';
import { isUsable, runnableModel, type UsableModel } from '#models/registry/registry.ts';
import { type BenchResult, benchModel } from '#models/runtime/bench.ts';
import { withDatabase } from '../database-access.ts';
import { engineOptions } from '../engine-options.ts';
import { openSiteRegistry } from '../model-registry.ts';
import { configFor, type DataOption, withDataOption } from '../options.ts';
import { print, printJson, printTable } from '../output.ts';
import { benchImages, type ImageBench } from './bench-images.ts';
import { nameOf } from './describe.ts';
import { describeQuantiles } from './quantiles.ts';
import { parseModelReference } from './reference.ts';

interface BenchOptions extends DataOption {
  readonly runs: number;
  readonly images?: string;
  readonly json?: boolean;
}

interface BenchReport extends Omit<BenchResult, 'memoryMb' | 'loaded'> {
  readonly model: string;
  /** Providers that were tried before, and why each declined. */
  readonly declined: readonly string[];
  readonly threads: number;
  /** Settings that had no effect. */
  readonly notes: readonly string[];
  /** Milliseconds to read, verify, load and run once. */
  readonly warmUpMs: number;
  /** Images of one run, and why not as many as the manifest allows. */
  readonly batch: number;
  readonly batchDeclined: string | null;
  /** The most that the child process took, MB of 2^20 bytes; null where the system does not tell. */
  readonly memoryMb: number | null;
  readonly images: ImageBench | null;
}

async function bench(
  model: UsableModel,
  engine: Engine,
  options: BenchOptions,
): Promise<Omit<BenchReport, 'threads'>> {
  const runnable = runnableModel(model);
  const { loaded, ...result } = await benchModel(engine.runtime, runnable, options.runs);
  const images =
    options.images === undefined ? null : await benchImages(model, options.images, engine);
  const { declined, notes, batch, batchDeclined, ms: warmUpMs } = loaded;
  return {
    ...result,
    model: nameOf(model),
    ...{ declined, notes, batch, warmUpMs },
    batchDeclined: batchDeclined ?? null,
    memoryMb: result.memoryMb ?? null,
    images,
  };
}

function printBench(report: BenchReport): void {
  const { provider, declined, threads, runs, memoryMb, images, batchDeclined } = report;
  printTable([
    ['model', report.model],
    ['ran on', `${provider}, ${threads} thread(s), one process`],
    ...declined.map((why) => ['declined', why]),
    ...report.notes.map((note) => ['note', note]),
    ['load and warm-up, ms', report.warmUpMs.toFixed(0)],
    ['images a run', `${report.batch}${batchDeclined === null ? '' : ` (${batchDeclined})`}`],
    [`zeros, ${runs} runs, ms`, ''],
    ['  network', describeQuantiles(report.network)],
    ['  with the way to its process', describeQuantiles(report.roundTrip)],
    ...(images === null ? [] : describeImages(images)),
    ['memory of its process', memoryMb === null ? 'not told' : `${memoryMb} MB`],
  ]);
  print('\nNothing else should run meanwhile: what is measured is this machine as it is now.');
}

function describeImages(images: ImageBench): string[][] {
  const { studies, analysed, selected, notAnalysed, unreadable, others } = images;
  const passedOver = [
    ...(unreadable === 0 ? [] : [`${unreadable} unreadable`]),
    ...(others === 0 ? [] : [`${others} no DICOM`]),
  ];
  return [
    ['files, ms a study', `${analysed} of ${studies} studies analysed, ${selected} image(s)`],
    ['  network', describeQuantiles(images.network)],
    ['  from file to score', describeQuantiles(images.whole)],
    ...(selected === analysed
      ? []
      : [['  the same, an image', describeQuantiles(images.wholePerImage)]]),
    ...notAnalysed.map(({ reason, studies: count }) => ['  not analysed', `${count}: ${reason}`]),
    ...(passedOver.length === 0 ? [] : [['  files passed over', passedOver.join(', ')]]),
  ];
}

function parseRuns(text: string): number {
  const runs = Number(text);
  if (Number.isInteger(runs) && runs >= 1 && runs <= 10_000) return runs;
  throw new InvalidArgumentError('a number from 1 to 10000');
}

const HELP = `
Times from files are those of the studies that were analysed; why the others were not is told with their number.
Plain radiographs (JPEG, PNG) become DICOM with \`radtriage wrap\` first.

Examples:
  radtriage models bench cxr-opacity
  radtriage models bench cxr-opacity@1.1.0 --images /srv/some-studies --json`;

export function benchCommand(): Command {
  const command = new Command('bench')
    .description(
      'how fast a version runs here, on zeros and on real files, and the memory it takes',
    )
    .argument('<model>', 'ID or ID@VERSION')
    .option('--runs <number>', 'runs on zeros, after the warm-up', parseRuns, 50)
    .option('--images <dir>', 'also over the DICOM studies below a folder, from file to score')
    .option('--json', 'as JSON')
    .addHelpText('after', HELP);
  return withDataOption(command).action(async (name: string, options: BenchOptions) => {
    const config = configFor(options);
    const model = await withDatabase(config, async (database) =>
      (await openSiteRegistry(config, database)).find(parseModelReference(name)),
    );
    if (model.problem !== undefined) throw model.problem;
    if (!isUsable(model)) throw new RadTriageError('NOT_FOUND', `no usable model ${name}`);
    const engine = createEngine(engineOptions(config.inference, 1));
    try {
      const measured = await bench(model, engine, options);
      const report = { ...measured, threads: config.inference.threads };
      if (options.json === true) printJson(report);
      else printBench(report);
    } finally {
      await engine.close();
    }
  });
}
