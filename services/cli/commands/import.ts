import { createWriteStream, type WriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { Command, InvalidArgumentError } from 'commander';
import { toRadTriageError } from '#core/errors.ts';
import { DEFAULT_CONCURRENCY, importDirectory } from '#intake/import/import-directory.ts';
import type { ImportCounts, ImportFailure } from '#intake/import/import-tally.ts';
import { createInstanceReceiver } from '#intake/receive-instance.ts';
import { openBlobStore } from '#platform/blob-store/blob-store.ts';
import type { Config } from '#platform/config/config.ts';
import { createLogger } from '#platform/logger/logger.ts';
import { loadPriorityRule } from '#platform/priority-rule/load-rule.ts';
import { withDatabase } from '../database-access.ts';
import { describeImport, startImportProgress } from '../import-report.ts';
import { configFor, type DataOption, withDataOption } from '../options.ts';
import { print, printJson, printNote } from '../output.ts';
import { archiveDirectory } from '../site.ts';

interface ImportCommandOptions extends DataOption {
  readonly restart?: boolean;
  readonly strict?: boolean;
  readonly json?: boolean;
  readonly errors?: string;
  readonly concurrency: number;
}

/** Failures shown at the terminal; all of them go to the file of `--errors`. */
const SHOWN_FAILURES = 20;
const STOPPED_EXIT_CODE = 130;

function parseConcurrency(text: string): number {
  const files = Number(text);
  if (!Number.isInteger(files) || files < 1 || files > 64) {
    throw new InvalidArgumentError('a number from 1 to 64');
  }
  return files;
}

/** @throws RadTriageError REQUEST_INVALID when the file cannot be made */
async function openErrorsFile(path: string | undefined): Promise<WriteStream | undefined> {
  if (path === undefined) return undefined;
  const stream = createWriteStream(path, { mode: 0o600 });
  await new Promise<void>((resolve, reject) => {
    stream.once('open', () => resolve());
    stream.once('error', (error) => reject(toRadTriageError(error, 'REQUEST_INVALID')));
  });
  return stream;
}

/** The first word to stop lets what is under way come to its end; a second one ends at once. */
function stopOnSignal(): AbortSignal {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (stop.signal.aborted) process.exit(STOPPED_EXIT_CODE);
      printNote('\nstopping after the files under way (once more: at once)');
      stop.abort();
    });
  }
  return stop.signal;
}

/** Tells of failures as they come, so that none is kept in memory. */
function failureTeller(
  errors: WriteStream | undefined,
  bar: { interrupt(line: string): void },
): (failure: ImportFailure) => void {
  let shown = 0;
  return (failure) => {
    errors?.write(`${JSON.stringify(failure)}\n`);
    shown += 1;
    if (shown > SHOWN_FAILURES) return;
    bar.interrupt(`${failure.file}: ${failure.code}: ${failure.message}`);
    if (shown === SHOWN_FAILURES) bar.interrupt('(more failures are counted, not shown)');
  };
}

async function runImport(config: Config, path: string, options: ImportCommandOptions) {
  const errors = await openErrorsFile(options.errors);
  const logger = createLogger({ level: 'warn', process: 'import' });
  const signal = stopOnSignal();
  const report = await withDatabase(config, async (database) => {
    const blobStore = await openBlobStore({ directory: archiveDirectory(config) });
    const rule = loadPriorityRule(config.priorityRuleFile);
    const receiver = createInstanceReceiver({ database, blobStore, config, rule, logger });
    const progress = startImportProgress();
    try {
      return await importDirectory({
        directory: path,
        receiver,
        database,
        restart: options.restart,
        strict: options.strict,
        concurrency: options.concurrency,
        signal,
        onProgress: (counts: ImportCounts) => progress.show(counts),
        onFailure: failureTeller(errors, progress),
      });
    } finally {
      progress.stop();
      await receiver.close();
      await blobStore.close();
    }
  });
  if (errors !== undefined) {
    errors.end();
    await finished(errors);
  }
  return report;
}

export function importCommand(): Command {
  const command = new Command('import')
    .description('take DICOM files in without a network, through the same door as the listener')
    .argument('<path>', 'a file, or a folder at any depth; links in it are not followed')
    .option('--restart', 'take everything again: forget what was imported from this path before')
    .option('--strict', 'count files that are not DICOM, and DICOMDIR, as failures')
    .option('--errors <file>', 'write every failure to a file, one JSON object a line')
    .option('--json', 'print the summary as one JSON line')
    .option('--concurrency <files>', 'files read at once', parseConcurrency, DEFAULT_CONCURRENCY)
    .addHelpText(
      'after',
      `
A second run over the same path goes on where the first one stopped, and takes what is new or
has changed since. Ctrl-C stops after the files under way. Exit codes: 0 all well, 1 something
failed, 130 stopped.`,
    );
  return withDataOption(command).action(async (path: string, options: ImportCommandOptions) => {
    const report = await runImport(configFor(options), path, options);
    if (options.json === true) printJson(report);
    else for (const line of describeImport(report)) print(line);
    if (report.stopped) {
      printNote('stopped; the same command goes on from here');
      process.exitCode = STOPPED_EXIT_CODE;
    } else if (report.failed > 0) {
      process.exitCode = 1;
    }
  });
}
