import fc from 'fast-check';
import { Script } from './script.ts';

/** What became of one case. */
export interface CaseResult {
  /** What was done to the input: the class of attack. */
  readonly kind: string;
  /** `accepted`, or the code it was refused with. */
  readonly outcome: string;
}

/**
 * A piece of the product that takes hostile bytes. `run` builds a case from the script, feeds it, and throws when one
 * of its invariants does not hold.
 */
export interface FuzzTarget {
  readonly name: string;
  /** Bytes of script: how much variety one case may have. */
  readonly scriptBytes: number;
  /** Cases of a run in continuous integration. */
  readonly cases: number;
  run(script: Script): CaseResult | Promise<CaseResult>;
}

export interface FuzzReport {
  readonly name: string;
  readonly seed: number;
  readonly cases: number;
  /** Cases by `kind: outcome`. */
  readonly counts: ReadonlyMap<string, number>;
  readonly milliseconds: number;
  /** The case that took longest, milliseconds. */
  readonly slowestMs: number;
  readonly heapPeakBytes: number;
  /** What fast-check says of the first case that broke an invariant, shrunk, with its seed and path. */
  readonly failure: string | undefined;
}

export interface FuzzOptions {
  readonly seed: number;
  readonly cases?: number;
  /** Where a failure was found before: runs that one case. */
  readonly path?: string;
  /** Stops early, without failing. */
  readonly limitMs?: number;
}

const HEAP_EVERY = 4096;
/** A report of a failure holds the bytes of its case; the seed and the path give all of them. */
const MOST_WORDS = 6000;
/** No case holds more than a few kilobytes: one that takes this long has fallen into a trap. */
const CASE_LIMIT_MS = 3000;

/** Runs one target over many cases and says what came of them; a broken invariant is in the report, not thrown. */
export async function fuzz(target: FuzzTarget, options: FuzzOptions): Promise<FuzzReport> {
  const counts = new Map<string, number>();
  const started = performance.now();
  let cases = 0;
  let slowestMs = 0;
  let heapPeakBytes = 0;
  let failed = false;
  const count = (result: CaseResult, since: number): void => {
    // What fast-check tries while it shrinks a failure is no case of its own.
    if (failed) return;
    const key = `${result.kind}: ${result.outcome}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
    const took = performance.now() - since;
    slowestMs = Math.max(slowestMs, took);
    cases += 1;
    if (cases % HEAP_EVERY === 1) {
      heapPeakBytes = Math.max(heapPeakBytes, process.memoryUsage().heapUsed);
    }
    if (took > CASE_LIMIT_MS) throw new Error(`a case took ${Math.round(took)} ms`);
  };
  const script = fc.uint8Array({ minLength: 4, maxLength: target.scriptBytes, size: 'max' });
  const details = await fc.check(
    fc.asyncProperty(script, async (bytes) => {
      const since = performance.now();
      try {
        const result = target.run(new Script(bytes));
        count(result instanceof Promise ? await result : result, since);
      } catch (error) {
        failed = true;
        throw error;
      }
    }),
    {
      seed: options.seed,
      numRuns: options.cases ?? target.cases,
      ...(options.path === undefined ? {} : { path: options.path }),
      ...(options.limitMs === undefined ? {} : { interruptAfterTimeLimit: options.limitMs }),
    },
  );
  return {
    name: target.name,
    seed: options.seed,
    cases,
    counts,
    milliseconds: performance.now() - started,
    slowestMs,
    heapPeakBytes,
    failure: details.failed ? describeFailure(details) : undefined,
  };
}

function describeFailure(details: fc.RunDetails<[Uint8Array<ArrayBuffer>]>): string {
  const { errorInstance, seed, counterexamplePath, numRuns } = details;
  const text = errorInstance instanceof Error ? errorInstance.stack : String(errorInstance);
  const cause = errorInstance instanceof Error ? errorInstance.cause : undefined;
  const why = cause instanceof Error ? `\ncaused by ${cause.stack}` : '';
  // The first number leads to the case; what follows is how it was shrunk.
  const again = `--seed ${seed} --path ${counterexamplePath?.split(':')[0]}`;
  return `FAILED after ${numRuns} cases; again with ${again}\n${text}${why}`.slice(0, MOST_WORDS);
}

export function formatReport(report: FuzzReport): string {
  const { name, seed, cases, milliseconds, slowestMs, heapPeakBytes } = report;
  const rows = [...report.counts].sort(([a], [b]) => a.localeCompare(b));
  const width = Math.max(0, ...rows.map(([key]) => key.length));
  return [
    `${name}: ${cases} cases, seed ${seed}, ${(milliseconds / 1000).toFixed(1)} s, ` +
      `slowest case ${slowestMs.toFixed(1)} ms, heap peak ${(heapPeakBytes / 1048576).toFixed(0)} MB`,
    ...rows.map(([key, number]) => `  ${key.padEnd(width)} ${String(number).padStart(9)}`),
    ...(report.failure === undefined ? [] : [report.failure]),
  ].join('\n');
}
