import { RadTriageError } from '#core/errors.ts';
import { FIRST_DESCRIPTOR } from '#isolation/child-program.ts';
import { fillValues, writeValues } from '#isolation/shared-values.ts';
import {
  type LoadRequest,
  type OutputTensor,
  type Reply,
  type RunReply,
  type RunRequest,
  requestSchema,
  type SharedOutput,
} from './messages.ts';
import { openSession, type Session } from './session.ts';

/** The child process of one slot: loads networks and runs them one at a time. It ends when its parent does. */
const sessions = new Map<string, Session>();
/** Inputs are read into the same memory again and again: runs never overlap. */
let input = new Float32Array();

/** Outputs above this go through the shared file: the channel is slow. */
const LARGE_BYTES = 32 * 1024;

function reply(message: Reply): void {
  process.send?.(message);
}

async function load(request: LoadRequest): Promise<void> {
  const begin = performance.now();
  const session = sessions.get(request.modelKey) ?? (await openSession(request));
  sessions.set(request.modelKey, session);
  const { provider, declined, batch, batchDeclined, runMs } = session;
  const ms = performance.now() - begin;
  const { id } = request;
  reply({ kind: 'loaded', id, provider, declined: [...declined], batch, batchDeclined, ms, runMs });
}

function readInput({ pieces }: RunRequest): Float32Array {
  const bytes = pieces.reduce((sum, piece) => sum + piece.bytes, 0);
  if (input.byteLength < bytes) input = new Float32Array(bytes / Float32Array.BYTES_PER_ELEMENT);
  let filled = 0;
  for (const piece of pieces) {
    const target = new Uint8Array(input.buffer, filled, piece.bytes);
    fillValues(FIRST_DESCRIPTOR + piece.descriptor, target, piece.offset);
    filled += piece.bytes;
  }
  return input.subarray(0, bytes / Float32Array.BYTES_PER_ELEMENT);
}

/** Puts what is large into the shared file, one run's outputs behind the other's. */
function shareLarge(outputs: Readonly<Record<string, OutputTensor>>, begin: number) {
  const shared: Record<string, OutputTensor | SharedOutput> = {};
  let offset = begin;
  for (const [name, output] of Object.entries(outputs)) {
    const { data, dims } = output;
    if (data.byteLength <= LARGE_BYTES) {
      shared[name] = output;
      continue;
    }
    const bytes = writeValues(FIRST_DESCRIPTOR, data, offset);
    shared[name] = { offset, bytes, dims };
    offset += bytes;
  }
  return { shared, end: offset };
}

async function run(request: RunRequest): Promise<void> {
  const session = sessions.get(request.modelKey);
  if (session === undefined) throw new RadTriageError('MODEL_FAILED', 'the model is not loaded');
  const data = readInput(request);
  const imageLength = data.length / request.count;
  const runs: RunReply[] = [];
  let ms = 0;
  let offset = request.outputOffset;
  for (let from = 0; from < request.count; from += session.batch) {
    const count = Math.min(session.batch, request.count - from);
    const begin = performance.now();
    const images = data.subarray(from * imageLength, (from + count) * imageLength);
    const outputs = await session.run(images, count);
    ms += performance.now() - begin;
    const { shared, end } = shareLarge(outputs, offset);
    offset = end;
    runs.push({ count, outputs: shared });
  }
  reply({ kind: 'result', id: request.id, runs, ms });
}

function fail(id: number, thrown: unknown): void {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const known = thrown instanceof RadTriageError ? thrown.code : undefined;
  const code =
    known === 'MODEL_ALTERED' || known === 'MODEL_MISSING' || known === 'MODEL_MANIFEST_INVALID'
      ? known
      : 'MODEL_FAILED';
  reply({ kind: 'error', id, code, message: message.slice(0, 500) });
}

process.on('message', (message) => {
  const request = requestSchema.parse(message);
  const done = request.kind === 'load' ? load(request) : run(request);
  done.catch((error: unknown) => fail(request.id, error));
});
process.on('disconnect', () => process.exit(0));
