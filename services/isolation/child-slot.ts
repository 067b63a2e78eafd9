import type { ChildProcess } from 'node:child_process';
import { Socket } from 'node:net';
import { stripVTControlCharacters } from 'node:util';
import { type ChildProgram, startProgram } from './child-program.ts';
import { type ResidentMemory, readResidentMemory } from './resident-memory.ts';

/** Why a child process ended, or was ended, before it answered. */
export type ChildEnd = 'timeout' | 'memory' | 'crash' | 'nonsense' | 'closed' | 'aborted';

/** A request that got no answer because its process ended. */
export class ChildEndError extends Error {
  readonly end: ChildEnd;

  constructor(end: ChildEnd, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ChildEndError';
    this.end = end;
  }
}

interface Pending<Reply> {
  readonly id: number;
  readonly timer: NodeJS.Timeout;
  /** Stops listening to the signal of the request. */
  leave(): void;
  resolve(reply: Reply): void;
  reject(error: ChildEndError): void;
}

const MEMORY_WATCH_MS = 50;
const STDERR_TAIL = 2_000;
const CLOSE_GRACE_MS = 2_000;

/**
 * One killable child process, given one request at a time. It is started at the first request; killed when a request
 * takes too long, takes too much memory or is answered with nonsense; and started again at the next request after any
 * end. An idle child does not keep its parent alive.
 */
export class ChildSlot<Reply extends { readonly id: number }> {
  readonly #program: ChildProgram<Reply>;
  #child: ChildProcess | undefined;
  #pending: Pending<Reply> | undefined;
  #watch: NodeJS.Timeout | undefined;
  #nextId = 1;
  #generation = 0;
  #stderr = '';

  constructor(program: ChildProgram<Reply>) {
    this.#program = program;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Changes with each new process: what an earlier one had loaded is lost. */
  get generation(): number {
    return this.#generation;
  }

  memory(): ResidentMemory | undefined {
    return this.pid === undefined ? undefined : readResidentMemory(this.pid);
  }

  /**
   * @param message sent with an `id` of its own
   * @param signal kills the process when nobody wants its answer any more
   * @throws ChildEndError when the process ends before it answers
   */
  request(message: object, timeoutMs: number, signal?: AbortSignal): Promise<Reply> {
    if (this.#pending !== undefined) {
      return Promise.reject(new ChildEndError('closed', 'the child process is busy'));
    }
    const allowance = this.#child === undefined ? (this.#program.startAllowanceMs ?? 0) : 0;
    const child = this.#child ?? this.#start();
    const id = this.#nextId;
    this.#nextId += 1;
    this.#stderr = '';
    child.ref();
    child.channel?.ref();
    return new Promise<Reply>((resolve, reject) => {
      const expire = () => this.#kill('timeout', `no answer within ${timeoutMs} ms`);
      const timer = setTimeout(expire, timeoutMs + allowance);
      const abort = () => this.#kill('aborted', 'nobody waits for it any more', signal?.reason);
      signal?.addEventListener('abort', abort, { once: true });
      const leave = () => signal?.removeEventListener('abort', abort);
      this.#pending = { id, timer, leave, resolve, reject };
      this.#watch = this.#watchMemory();
      child.send({ ...message, id }, (error) => {
        if (error !== null && child === this.#child) {
          this.#kill('crash', 'the child process cannot be reached', error);
        }
      });
    });
  }

  /** Kills the process, which must not be used again. A request under way fails. */
  discard(): void {
    this.#kill('closed', 'the child process was given up');
  }

  /** Lets the process end, and waits for it. A request under way fails at once. */
  async close(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    this.#settle()?.reject(new ChildEndError('closed', 'the child process was closed'));
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    // An idle child is unreferenced; without this the wait for its end would not keep us alive to see it.
    child.ref();
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => child.kill('SIGKILL'), CLOSE_GRACE_MS);
      child.once('exit', () => {
        clearTimeout(timer);
        resolve();
      });
      if (child.connected) child.disconnect();
      else child.kill('SIGKILL');
    });
  }

  #start(): ChildProcess {
    const child = startProgram(this.#program);
    this.#child = child;
    this.#generation += 1;
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-STDERR_TAIL);
    });
    if (child.stderr instanceof Socket) child.stderr.unref();
    child.on('message', (message) => {
      if (child === this.#child) this.#receive(message);
    });
    child.on('error', (error) => this.#lose(child, 'it could not be started', error));
    child.on('exit', (code, signal) => this.#lose(child, signal ?? `exit ${code}`));
    return child;
  }

  #receive(message: unknown): void {
    let reply: Reply;
    try {
      reply = this.#program.parse(message);
      if (reply.id !== this.#pending?.id) throw new RangeError('not what was asked');
    } catch (error) {
      this.#kill('nonsense', 'the child process gave no valid answer', error);
      return;
    }
    this.#settle()?.resolve(reply);
  }

  /** The process ended of itself. */
  #lose(child: ChildProcess, how: string, cause?: unknown): void {
    if (child !== this.#child) return;
    const tail = stripVTControlCharacters(this.#stderr).trim().split('\n').at(-1) ?? '';
    const message = `the child process ended (${how})`;
    this.#kill('crash', tail === '' ? message : `${message}: ${tail}`, cause);
  }

  #kill(end: ChildEnd, message: string, cause?: unknown): void {
    this.#child?.kill('SIGKILL');
    const pending = this.#settle();
    this.#child = undefined;
    pending?.reject(new ChildEndError(end, message, { cause }));
  }

  #settle(): Pending<Reply> | undefined {
    const pending = this.#pending;
    clearTimeout(pending?.timer);
    pending?.leave();
    clearInterval(this.#watch);
    this.#pending = undefined;
    this.#child?.unref();
    this.#child?.channel?.unref();
    return pending;
  }

  #watchMemory(): NodeJS.Timeout | undefined {
    const { memoryLimitMb } = this.#program;
    if (memoryLimitMb === undefined) return undefined;
    return setInterval(() => {
      const used = this.memory()?.now ?? 0;
      if (used <= memoryLimitMb) return;
      const figures = `${Math.round(used)} MB of memory, more than the ${memoryLimitMb} MB allowed`;
      this.#kill('memory', `the child process took ${figures}`);
    }, MEMORY_WATCH_MS);
  }
}
