/** A thread that hashes what passes through shared memory, so that receiving does not wait for it. */
import { createHash, type Hash } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';

export interface HashRequest {
  readonly stream: number;
  readonly offset: number;
  readonly length: number;
  /** The last of this stream: answer with the digest. `drop`: forget the stream, answer nothing. */
  readonly next: 'more' | 'digest' | 'drop';
}

export interface HashAnswer {
  readonly stream: number;
  /** SHA-256, lower-case hex, with the last piece. */
  readonly sha256: string | undefined;
}

const memory: WebAssembly.Memory = workerData;
const bytes = new Uint8Array(memory.buffer);
const streams = new Map<number, Hash>();

parentPort?.on('message', ({ stream, offset, length, next }: HashRequest) => {
  const hash = streams.get(stream) ?? createHash('sha256');
  if (next === 'drop') {
    streams.delete(stream);
    return;
  }
  hash.update(bytes.subarray(offset, offset + length));
  if (next === 'digest') streams.delete(stream);
  else streams.set(stream, hash);
  const sha256 = next === 'digest' ? hash.digest('hex') : undefined;
  const answer: HashAnswer = { stream, sha256 };
  parentPort?.postMessage(answer);
});
