import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { RadTriageError } from '#core/errors.ts';
import type { PixelSource } from './byte-source.ts';
import type { DecodedFrame } from './decoded-frame.ts';
import { type DecodeReply, type DecodeRequest, decodeReplySchema } from './decoder-messages.ts';
import { DEFAULT_LIMITS, type PixelLimits } from './image-description.ts';

export interface PixelDecoderOptions {
  /** Longest time for one frame, milliseconds, once a process has taken it up. */
  readonly timeoutMs?: number;
  /** Samples of one frame: Rows x Columns x SamplesPerPixel. */
  readonly maxPixels?: number;
  /** Decoded bytes of the whole object: the above x bytes x NumberOfFrames. */
  readonly maxBytes?: number;
  /** How many frames are decoded at once. */
  readonly processes?: number;
  /** Another child program; for tests of crashes and hangs. */
  readonly childPath?: string;
}

export interface FrameRequest extends PixelSource {
  /** From 0; the first without it. */
  readonly frame?: number;
}

export interface PixelDecoder extends AsyncDisposable {
  /**
   * Decodes one frame of an object in a process of its own, which is killed when it hangs and replaced when it dies;
   * only that frame fails then. Give a path rather than bytes where there is one: only the header and the frame are
   * read of it.
   * @throws RadTriageError PIXELS_MISSING, PIXELS_TOO_LARGE, PIXELS_UNDECODABLE (also for a crash or a hang),
   *   DICOM_UNSUPPORTED, NOT_FOUND (no such frame), STORAGE_FAILED, DICOM_TRUNCATED, DICOM_STRUCTURE
   */
  decode(request: FrameRequest): Promise<DecodedFrame>;
  /** Kills the processes; what was not decoded yet fails. */
  close(): Promise<void>;
}

const CHILD_PATH = fileURLToPath(new URL('./decoder-child.ts', import.meta.url));
const DEFAULT_TIMEOUT_MS = 30_000;
/** On top of the time for the first frame of a new process: it loads half a second of modules, more on a busy machine. */
const STARTUP_ALLOWANCE_MS = 15_000;
/** Node's permission model: the child may read files, and neither write any, nor start processes or native code. */
const CHILD_FLAGS = ['--permission', '--allow-fs-read=*', '--max-old-space-size=512'];

export function createPixelDecoder(options: PixelDecoderOptions = {}): PixelDecoder {
  return new ChildDecoder(options);
}

interface Task {
  readonly request: DecodeRequest;
  readonly resolve: (frame: DecodedFrame) => void;
  readonly reject: (error: RadTriageError) => void;
}

/** One decoding process and what it is busy with. */
interface Slot {
  child: ChildProcess | undefined;
  task: Task | undefined;
  timer: NodeJS.Timeout | undefined;
}

class ChildDecoder implements PixelDecoder {
  private readonly timeoutMs: number;
  private readonly limits: PixelLimits;
  private readonly childPath: string;
  private readonly slots: Slot[];
  private readonly waiting: Task[] = [];
  private nextId = 1;
  private closed = false;

  constructor(options: PixelDecoderOptions) {
    this.timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    this.childPath = options.childPath ?? CHILD_PATH;
    this.limits = {
      maxPixels: options.maxPixels ?? DEFAULT_LIMITS.maxPixels,
      maxBytes: options.maxBytes ?? DEFAULT_LIMITS.maxBytes,
    };
    this.slots = Array.from({ length: options.processes ?? 1 }, () => ({
      child: undefined,
      task: undefined,
      timer: undefined,
    }));
  }

  decode({ frame = 0, ...source }: FrameRequest): Promise<DecodedFrame> {
    if (this.closed) return Promise.reject(new RadTriageError('INTERNAL', 'the decoder is closed'));
    const request = { id: this.nextId, source, frame, limits: this.limits };
    this.nextId += 1;
    return new Promise((resolve, reject) => {
      this.waiting.push({ request, resolve, reject });
      this.startWaiting();
    });
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const task of this.waiting.splice(0)) {
      task.reject(new RadTriageError('INTERNAL', 'the decoder was closed'));
    }
    await Promise.all(this.slots.map((slot) => this.stop(slot)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  private startWaiting(): void {
    for (const slot of this.slots) {
      if (slot.task !== undefined) continue;
      const task = this.waiting.shift();
      if (task === undefined) return;
      this.start(slot, task);
    }
  }

  private start(slot: Slot, task: Task): void {
    slot.task = task;
    const allowance = slot.child === undefined ? STARTUP_ALLOWANCE_MS : 0;
    const child = slot.child ?? this.spawn(slot);
    child.ref();
    child.channel?.ref();
    slot.timer = setTimeout(() => {
      this.discard(slot, `decoding took longer than ${this.timeoutMs} ms`);
    }, this.timeoutMs + allowance);
    child.send(task.request, (error) => {
      if (error !== null && slot.child === child)
        this.discard(slot, 'the decoder cannot be reached');
    });
  }

  private spawn(slot: Slot): ChildProcess {
    const child = fork(this.childPath, {
      serialization: 'advanced',
      execArgv: CHILD_FLAGS,
      // Neither the environment with its secrets nor our output is the child's.
      env: {},
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    slot.child = child;
    child.on('message', (message) => this.takeReply(slot, child, message));
    child.on('error', () => this.lose(slot, child));
    child.on('exit', () => this.lose(slot, child));
    return child;
  }

  private takeReply(slot: Slot, child: ChildProcess, message: unknown): void {
    if (slot.child !== child) return;
    const reply = decodeReplySchema.safeParse(message);
    if (!reply.success || reply.data.id !== slot.task?.request.id) {
      this.discard(slot, 'the decoder gave no valid answer');
      return;
    }
    if (reply.data.spent) this.kill(slot);
    this.settle(slot, (task) => finish(task, reply.data));
  }

  /** The process died of itself. */
  private lose(slot: Slot, child: ChildProcess): void {
    if (slot.child !== child) return;
    this.discard(slot, 'the decoder crashed');
  }

  /** Gives up the process and the frame it was at. */
  private discard(slot: Slot, reason: string): void {
    this.kill(slot);
    this.settle(slot, (task) => task.reject(new RadTriageError('PIXELS_UNDECODABLE', reason)));
  }

  private kill(slot: Slot): void {
    slot.child?.kill('SIGKILL');
    slot.child = undefined;
  }

  private settle(slot: Slot, finishTask: (task: Task) => void): void {
    clearTimeout(slot.timer);
    const { task } = slot;
    slot.task = undefined;
    // An idle decoder must not keep its parent alive.
    slot.child?.unref();
    slot.child?.channel?.unref();
    if (task !== undefined) finishTask(task);
    if (!this.closed) this.startWaiting();
  }

  private async stop(slot: Slot): Promise<void> {
    const { child } = slot;
    this.discard(slot, 'the decoder was closed');
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    // An idle child is unreferenced; without this the wait for its end would not keep us alive to see it.
    child.ref();
    await new Promise((resolve) => child.once('exit', resolve));
  }
}

function finish(task: Task, { outcome }: DecodeReply): void {
  if (outcome.kind === 'decoded') {
    task.resolve(outcome.frame);
    return;
  }
  const { code, message, details } = outcome;
  task.reject(new RadTriageError(code, message, { details }));
}
