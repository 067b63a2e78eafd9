import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { RadTriageError } from '#core/errors.ts';
import type { Logger } from '#platform/logger/logger.ts';

const readySchema = z.looseObject({ ready: z.literal(true), pid: z.number() });
export type ReadyFacts = z.output<typeof readySchema>;

export interface ChildSpec {
  readonly name: string;
  readonly args: readonly string[];
  /** For Node itself. */
  readonly nodeFlags: readonly string[];
  /** Asked before every start, so that a restarted child gets the port that its first life was given. */
  readonly environment: () => Record<string, string | undefined>;
  readonly onReady: (facts: ReadyFacts) => void;
}

export interface KeptChild {
  /** Resolves when the child first serves; rejects when it ends before that. */
  readonly ready: Promise<ReadyFacts>;
  /** From now on an end is expected: it is not started again. */
  retire(): void;
  /** Asks it to end, and kills it at the deadline. */
  stop(): Promise<void>;
}

const FIRST_DELAY_MS = 200;
const LONGEST_DELAY_MS = 10_000;
/** A child that served this long before it died starts again at once. */
const STABLE_MS = 30_000;
const STOP_DEADLINE_MS = 30_000;

function tryJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

class Keeper {
  private readonly spec: ChildSpec;
  private readonly entry: string;
  private readonly logger: Logger;
  private child: ChildProcess | undefined;
  private timer: NodeJS.Timeout | undefined;
  private stopping = false;
  private served = false;
  private delay = FIRST_DELAY_MS;
  readonly first = Promise.withResolvers<ReadyFacts>();

  constructor(entry: string, spec: ChildSpec, logger: Logger) {
    this.entry = entry;
    this.spec = spec;
    this.logger = logger;
  }

  start(): void {
    const startedAt = Date.now();
    const child = spawn(process.execPath, [...this.spec.nodeFlags, this.entry, ...this.spec.args], {
      env: this.spec.environment(),
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    this.child = child;
    if (child.stdout !== null) {
      createInterface({ input: child.stdout }).on('line', (line) => {
        const facts = readySchema.safeParse(tryJson(line));
        if (!facts.success) return;
        this.served = true;
        this.spec.onReady(facts.data);
        this.first.resolve(facts.data);
      });
    }
    child.once('error', (error) =>
      this.logger.error({ child: this.spec.name, error: error.message }, 'cannot start'),
    );
    child.once('exit', (code, signal) => this.restart({ code, signal, startedAt }));
  }

  private restart(end: { code: number | null; signal: string | null; startedAt: number }): void {
    this.child = undefined;
    if (this.stopping) return;
    if (!this.served) {
      // It said why on standard error; starting it again would only repeat that.
      const message = `${this.spec.name} ended before it was ready (exit ${end.code ?? end.signal})`;
      this.first.reject(new RadTriageError('INTERNAL', message));
      return;
    }
    if (Date.now() - end.startedAt > STABLE_MS) this.delay = FIRST_DELAY_MS;
    this.logger.error(
      { child: this.spec.name, code: end.code, signal: end.signal, againInMs: this.delay },
      'a process died',
    );
    this.timer = setTimeout(() => this.start(), this.delay);
    this.delay = Math.min(this.delay * 2, LONGEST_DELAY_MS);
  }

  retire(): void {
    this.stopping = true;
    clearTimeout(this.timer);
  }

  async stop(): Promise<void> {
    this.retire();
    const { child } = this;
    if (child === undefined) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    const deadline = setTimeout(() => child.kill('SIGKILL'), STOP_DEADLINE_MS);
    await gone;
    clearTimeout(deadline);
  }
}

/** Starts a child of `radtriage` and starts it again, with rising delay, whenever it dies. */
export function keepChild(entry: string, spec: ChildSpec, logger: Logger): KeptChild {
  const keeper = new Keeper(entry, spec, logger);
  keeper.start();
  return {
    ready: keeper.first.promise,
    retire: () => keeper.retire(),
    stop: () => keeper.stop(),
  };
}
