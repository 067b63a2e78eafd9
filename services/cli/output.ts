import { type Options, SingleBar } from 'cli-progress';
import { RadTriageError, toRadTriageError } from '#core/errors.ts';

/** The one place that writes to the terminal. Results go to standard output, progress and faults to standard error. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** One line that a script can parse. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

export function printNote(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** A table with aligned columns; the first row is the heading. */
export function printTable(rows: readonly (readonly string[])[]): void {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, index) => {
      widths[index] = Math.max(widths[index] ?? 0, cell.length);
    });
  }
  for (const row of rows) {
    print(
      row
        .map((cell, index) => cell.padEnd(widths[index] ?? 0))
        .join('  ')
        .trimEnd(),
    );
  }
}

export interface Progress {
  /** @param note what else is to be seen beside the bar, a rate for example */
  advance(done: number, total: number, note?: string): void;
  /** Prints a line above the bar. */
  interrupt(line: string): void;
  stop(): void;
}

const BAR_OPTIONS: Options = {
  format: '{label} [{bar}] {value}/{total} {percentage}%{note} eta {eta_formatted}',
  barCompleteChar: '#',
  barIncompleteChar: '-',
  hideCursor: true,
  stream: process.stderr,
  // Where nobody watches (a log file), a line every two seconds instead of a bar.
  noTTYOutput: true,
  notTTYSchedule: 2000,
};

export function startProgress(label: string): Progress {
  const bar = new SingleBar(BAR_OPTIONS);
  let started = false;
  return {
    advance(done, total, note = '') {
      if (!started) bar.start(total, done, { label, note });
      else {
        bar.setTotal(total);
        bar.update(done, { note });
      }
      started = true;
    },
    interrupt(line) {
      const wipe = started && process.stderr.isTTY ? '\r\u001b[K' : '';
      printNote(`${wipe}${line}`);
    },
    stop() {
      if (started) bar.stop();
    },
  };
}

/** Prints a failure as `code: message` and gives the exit code: 2 for a wrong call, 1 otherwise. */
export function reportFailure(thrown: unknown): number {
  const error = toRadTriageError(thrown);
  printNote(`${error.code}: ${error.message}`);
  if (error.code === 'INTERNAL' && error.cause instanceof Error) printNote(error.cause.stack ?? '');
  return error instanceof RadTriageError &&
    (error.code === 'CONFIG_INVALID' || error.code === 'REQUEST_INVALID')
    ? 2
    : 1;
}
