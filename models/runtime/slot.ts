import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { RadTriageError } from '#core/errors.ts';
import {
  type LoadedReply,
  type Reply,
  type Request,
  type ResultReply,
  replySchema,
} from './messages.ts';

type Answer = LoadedReply | ResultReply;

interface Pending {
  readonly id: number;
  readonly timer: NodeJS.Timeout;
  resolve(answer: Answer): void;
  reject(error: RadTriageError): void;
}

const CHILD = fileURLToPath(new URL('./child.ts', import.meta.url));
const STDERR_TAIL = 2_000;
const CLOSE_GRACE_MS = 2_000;

/** A request without the number that the slot gives it. */
export type SlotRequest = Request extends infer One
  ? One extends Request
    ? Omit<One, 'id'>
    : never
  : never;

/**
 * One child process, given one request at a time. It is started at the first request, killed when a request takes
 * too long, and started again at the next one after any end.
 */
export class Slot {
  #child: ChildProcess | undefined;
  #pending: Pending | undefined;
  #nextId = 1;
  #stderr = '';
  #loaded = new Map<string, LoadedReply>();
  readonly #environment: Readonly<Record<string, string>>;

  constructor(environment: Readonly<Record<string, string>>) {
    this.#environment = environment;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** What this child has loaded, by model key. Empty again after a crash. */
  get loaded(): ReadonlyMap<string, LoadedReply> {
    return this.#loaded;
  }

  /**
   * @throws RadTriageError ANALYSIS_TIMEOUT after `timeoutMs`; MODEL_FAILED when the child ends; the child's own error
   */
  request(request: SlotRequest, timeoutMs: number): Promise<Answer> {
    if (this.#pending !== undefined) {
      return Promise.reject(new RadTriageError('INTERNAL', 'the slot is busy'));
    }
    const child = this.#child ?? this.#start();
    const id = this.#nextId;
    this.#nextId += 1;
    this.#stderr = '';
    return new Promise<Answer>((resolve, reject) => {
      const timer = setTimeout(() => this.#expire(timeoutMs), timeoutMs);
      this.#pending = { id, timer, resolve, reject };
      child.send({ ...request, id }, (error) => {
        if (error !== null) this.#fail('the child process cannot be reached', error);
      });
    });
  }

  /** Ends the child; a request under way fails. */
  async close(): Promise<void> {
    const child = this.#child;
    this.#fail('the runtime is closing');
    this.#forget();
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
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
    const child = fork(CHILD, [], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      execArgv: [],
      // Neither the environment with its secrets nor our output is for native code.
      env: { ...this.#environment },
    });
    this.#child = child;
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-STDERR_TAIL);
    });
    child.on('message', (message) => {
      if (child === this.#child) this.#receive(replySchema.parse(message));
    });
    child.on('error', (error) => {
      if (child === this.#child) this.#end('the child process failed', error);
    });
    child.on('exit', (code, signal) => {
      if (child === this.#child) this.#end(`the child process ended (${signal ?? `exit ${code}`})`);
    });
    return child;
  }

  #receive(reply: Reply): void {
    const pending = this.#pending;
    if (pending === undefined || pending.id !== reply.id) return;
    this.#settle();
    if (reply.kind === 'error') pending.reject(new RadTriageError(reply.code, reply.message));
    else pending.resolve(reply);
  }

  /** Remembers that the child holds a model. */
  noteLoaded(modelKey: string, reply: LoadedReply): void {
    this.#loaded.set(modelKey, reply);
  }

  #expire(timeoutMs: number): void {
    const pending = this.#pending;
    this.#settle();
    this.#child?.kill('SIGKILL');
    this.#forget();
    pending?.reject(
      new RadTriageError('ANALYSIS_TIMEOUT', `no answer from the model within ${timeoutMs} ms`),
    );
  }

  #end(message: string, cause?: unknown): void {
    const tail = stripVTControlCharacters(this.#stderr).trim().split('\n').at(-1) ?? '';
    this.#fail(tail === '' ? message : `${message}: ${tail}`, cause);
    this.#forget();
  }

  #fail(message: string, cause?: unknown): void {
    const pending = this.#pending;
    this.#settle();
    pending?.reject(new RadTriageError('MODEL_FAILED', message, { cause }));
  }

  #settle(): void {
    clearTimeout(this.#pending?.timer);
    this.#pending = undefined;
  }

  #forget(): void {
    this.#child = undefined;
    this.#loaded = new Map();
  }
}
