import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { PYTHON } from '#tests/support/python.ts';

const SERVE = join(import.meta.dirname, 'reference', 'serve.py');

const ARRAYS = {
  u1: Uint8Array,
  i1: Int8Array,
  u2: Uint16Array,
  i2: Int16Array,
  u4: Uint32Array,
  i4: Int32Array,
  f4: Float32Array,
  f8: Float64Array,
};
export type ReferenceValues = InstanceType<(typeof ARRAYS)[keyof typeof ARRAYS]>;

const replySchema = z.union([
  z.object({
    type: z.literal(['u1', 'i1', 'u2', 'i2', 'u4', 'i4', 'f4', 'f8']),
    shape: z.array(z.int()),
  }),
  z.object({ refused: z.string() }),
]);

export interface ReferenceArray {
  /** Row-major. */
  readonly values: ReferenceValues;
  readonly shape: readonly number[];
}

export type ReferenceAnswer = ReferenceArray | { readonly refused: string };

/** A Python process, its answers and what it says beside them. */
interface Running {
  readonly python: ChildProcessWithoutNullStreams;
  readonly lines: AsyncIterator<string>;
  complaints: string;
}

function start(): Running {
  const python = spawn(PYTHON, [SERVE]);
  const lines = createInterface({ input: python.stdout })[Symbol.asyncIterator]();
  const running: Running = { python, lines, complaints: '' };
  python.stderr.on('data', (bytes) => {
    running.complaints = (running.complaints + String(bytes)).slice(-10_000);
  });
  // Its end is seen by the answers that stop.
  python.stdin.on('error', () => undefined);
  return running;
}

/** One Python process that answers any number of requests, in order (see reference/serve.py). */
export class PythonReference implements AsyncDisposable {
  private readonly folder = mkdtempSync(join(tmpdir(), 'radtriage-parity-'));
  private running = start();
  private tail: Promise<unknown> = Promise.resolve();

  /** @param request its `operation` and what that takes */
  ask(request: { operation: string; [key: string]: unknown }): Promise<ReferenceAnswer> {
    const answer = this.tail.then(() => this.exchange(request));
    this.tail = answer.catch(() => undefined);
    return answer;
  }

  private async exchange(request: object): Promise<ReferenceAnswer> {
    const output = join(this.folder, 'array');
    this.running.python.stdin.write(`${JSON.stringify({ ...request, output })}\n`);
    const line = await this.running.lines.next();
    if (line.done === true) return this.replace();
    const reply = replySchema.parse(JSON.parse(line.value));
    if ('refused' in reply) return reply;
    const { buffer, byteOffset, byteLength } = readFileSync(output);
    const own = buffer.slice(byteOffset, byteOffset + byteLength);
    return { values: new ARRAYS[reply.type](own), shape: reply.shape };
  }

  /** gdcm falls over some files, and takes Python with it. */
  private replace(): ReferenceAnswer {
    const { complaints } = this.running;
    if (complaints.includes('Traceback')) throw new Error(`the reference fails: ${complaints}`);
    this.running = start();
    return { refused: `crashed: ${complaints.trim().split('\n').at(-1)}` };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { python } = this.running;
    const ended = new Promise((resolve) => python.once('exit', resolve));
    python.stdin.end();
    await ended;
    rmSync(this.folder, { recursive: true, force: true });
  }
}
