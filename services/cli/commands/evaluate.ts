import { availableParallelism } from 'node:os';
import { Command, InvalidArgumentError, Option } from 'commander';
import { RadTriageError } from '#core/errors.ts';
import type { EvaluationSettings } from '#quality/evaluation/evaluate.ts';
import { DEFAULT_AGE_BANDS, parseAgeBands } from '#quality/evaluation/groups.ts';
import {
  type PatientPart,
  parsePatientPart,
  parseRowCondition,
  type RowCondition,
} from '#quality/evaluation/row-choice.ts';
import type { TruthOptions } from '#quality/evaluation/truth.ts';
import { EVALUATE_HELP } from '../evaluate/help-text.ts';
import { printComparison, printEvaluation } from '../evaluate/print-result.ts';
import { runComparison } from '../evaluate/run-comparison.ts';
import { runEvaluation } from '../evaluate/run-evaluation.ts';
import { configFor, type DataOption, withDataOption } from '../options.ts';
import { print, printNote } from '../output.ts';

const STOPPED_EXIT_CODE = 130;
const MOST_PROCESSES = 4;
const PREVALENCES = [0.01, 0.05, 0.2];

interface EvaluateOptions extends DataOption {
  readonly model?: string;
  readonly images?: string;
  readonly worklist?: string;
  readonly truth?: string;
  readonly column?: readonly string[];
  readonly positive?: readonly string[];
  readonly boxSize?: readonly [number, number];
  readonly only?: readonly RowCondition[];
  readonly patients?: PatientPart;
  readonly out: string;
  readonly scoresOnly?: boolean;
  readonly compare?: readonly string[];
  readonly again: boolean;
  readonly worst: number;
  readonly pictures: boolean;
  readonly faithfulness?: number;
  readonly showUids: boolean;
  readonly ageBands: readonly number[];
  readonly bootstrap: number;
  readonly seed: number;
  readonly processes: number;
}

function wholeNumber(low: number, high: number) {
  return (text: string): number => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= low && value <= high) return value;
    throw new InvalidArgumentError(`a whole number from ${low} to ${high}`);
  };
}

function collect(text: string, before: readonly string[] = []): string[] {
  return [...before, text];
}

function parseBoxSize(text: string): readonly [number, number] {
  const match = /^(\d{1,6})x(\d{1,6})$/.exec(text);
  const [width, height] = [Number(match?.[1]), Number(match?.[2])];
  if (width > 0 && height > 0) return [width, height];
  throw new InvalidArgumentError('width x height in pixels, such as 1024x1024');
}

function truthOptions(options: EvaluateOptions): Omit<TruthOptions, 'labels'> {
  const columns = (options.column ?? []).map((text): [string, string] => {
    const at = text.indexOf('=');
    if (at < 1) throw new RadTriageError('REQUEST_INVALID', '--column wants MEANING=COLUMN');
    return [text.slice(0, at), text.slice(at + 1)];
  });
  const { only = [], patients } = options;
  return {
    columns: new Map(columns),
    positiveValues: options.positive,
    boxSize: options.boxSize,
    choice: only.length === 0 && patients === undefined ? undefined : { only, patients },
  };
}

function settingsOf(options: EvaluateOptions): EvaluationSettings {
  return {
    bootstrapRepeats: options.bootstrap,
    seed: options.seed,
    prevalences: PREVALENCES,
    ageBands: options.ageBands,
    worst: options.worst,
    showUids: options.showUids,
  };
}

/** The first word to stop lets what is under way come to its end; a second one ends at once. */
function stopOnSignal(): AbortSignal {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (stop.signal.aborted) process.exit(STOPPED_EXIT_CODE);
      printNote('\nstopping after the images under way (once more: at once)');
      stop.abort();
    });
  }
  return stop.signal;
}

function chooseImages(options: EvaluateOptions): { folder: string } | { query: string } {
  const { images: folder, worklist } = options;
  if (folder !== undefined && worklist === undefined) return { folder };
  if (worklist !== undefined && folder === undefined) return { query: worklist };
  throw new RadTriageError('REQUEST_INVALID', 'give either --images or --worklist');
}

async function evaluateModel(options: EvaluateOptions): Promise<void> {
  const { model, truth, scoresOnly, out } = options;
  if (model === undefined) throw new RadTriageError('REQUEST_INVALID', '--model is needed');
  if (truth === undefined && scoresOnly !== true) {
    throw new RadTriageError('REQUEST_INVALID', 'give --truth, or --scores-only for scores alone');
  }
  if (options.faithfulness !== undefined && scoresOnly === true) {
    throw new RadTriageError(
      'REQUEST_INVALID',
      '--faithfulness is a part of the report: not with --scores-only',
    );
  }
  const result = await runEvaluation({
    config: configFor(options),
    model,
    images: chooseImages(options),
    truth: scoresOnly === true ? undefined : truth,
    truthOptions: truthOptions(options),
    out,
    again: options.again,
    withImages: options.pictures,
    faithfulness: options.faithfulness,
    processes: options.processes,
    settings: settingsOf(options),
    signal: stopOnSignal(),
  });
  printEvaluation(result);
  if (result.stopped) {
    printNote('stopped; the same command goes on from here');
    process.exitCode = STOPPED_EXIT_CODE;
    return;
  }
  print(result.report === undefined ? `\n${out}/scores.csv` : `\n${out}/report.html`);
  const failed = result.scored.records.filter((record) => record.outcome === 'model-failed').length;
  if (failed === 0) return;
  printNote(`the model failed on ${failed} images; the same command tries these again`);
  process.exitCode = 1;
}

async function compareModels(options: EvaluateOptions): Promise<void> {
  const [first, second, ...others] = options.compare ?? [];
  if (first === undefined || second === undefined || others.length > 0) {
    throw new RadTriageError('REQUEST_INVALID', '--compare wants two folders, or two files');
  }
  const { truth, out, bootstrap, seed } = options;
  const request = { first, second, truth, truthOptions: truthOptions(options), out };
  printComparison(await runComparison({ ...request, bootstrapRepeats: bootstrap, seed }));
  print(`\n${out}/comparison.html`);
}

/** Without images in the report: not the opposite of `--images`, which says where they are. */
class NoImagesOption extends Option {
  constructor() {
    super('--no-images', 'put no image of a patient into the report');
    this.default(true);
  }

  override attributeName(): string {
    return 'pictures';
  }
}

export function evaluateCommand(): Command {
  const command = new Command('evaluate')
    .description('score images with a model, and judge it against a truth; or compare two models')
    .option(
      '--model <id|folder>',
      'a model that the site knows (ID@VERSION for one of several), or a folder',
    )
    .option('--images <dir>', 'folder of DICOM files or plain images, at any depth')
    .option('--worklist <query>', 'images of the archive: modality= from= to= site= bodypart=')
    .option('--truth <csv>', 'what is known of the images')
    .option('--column <meaning=name>', 'a column of the truth under another name', collect)
    .option('--positive <value>', 'value of a label column that means 1 (repeatable)', collect)
    .option('--box-size <WxH>', 'size of the images that boxes are told in', parseBoxSize)
    .option(
      '--only <condition>',
      'rows of the truth: COLUMN=VALUE, != or >= NUMBER, or COLUMN (repeatable)',
      (text: string, before: readonly RowCondition[] = []) => [...before, parseRowCondition(text)],
    )
    .option(
      '--patients <part>',
      'rows of a part of the patients, by their SHA-256: 0/5 is one fifth, 1,2,3,4/5 the rest',
      parsePatientPart,
    )
    .requiredOption('--out <dir>', 'folder for the results')
    .option('--scores-only', 'write scores.csv and nothing else')
    .option('--compare <reports...>', 'two folders of reports, or two files of scores')
    .option('--again', 'forget what was scored before', false)
    .option('--worst <n>', 'worst misses and false alarms shown', wholeNumber(0, 100), 6)
    .addOption(new NoImagesOption())
    .addOption(
      new Option(
        '--faithfulness [n]',
        'judge the heatmaps of n flagged images by deletion and insertion',
      )
        .preset('50')
        .argParser(wholeNumber(1, 100_000)),
    )
    .option('--show-uids', 'tell SOP Instance UIDs of the cases shown', false)
    .option('--age-bands <years>', 'lower ends of age bands', parseAgeBands, DEFAULT_AGE_BANDS)
    .option('--bootstrap <n>', 'resamples of the patients', wholeNumber(100, 100_000), 2000)
    .option('--seed <n>', 'of the resampling', wholeNumber(0, 2 ** 31 - 1), 1)
    .option(
      '--processes <n>',
      'images analysed at once',
      wholeNumber(1, 64),
      Math.min(MOST_PROCESSES, availableParallelism()),
    )
    .addHelpText('after', EVALUATE_HELP);
  return withDataOption(command).action(async (options: EvaluateOptions) => {
    if (options.compare !== undefined) await compareModels(options);
    else await evaluateModel(options);
  });
}
