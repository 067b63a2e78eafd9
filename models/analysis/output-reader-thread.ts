import { parentPort } from 'node:worker_threads';
import { toRadTriageError } from '#core/errors.ts';
import type { Manifest } from '../manifest/schema.ts';
import { type ImageResult, readImage } from '../postprocess/read-image.ts';
import type { ReadReply, ReadRequest } from './output-reader-messages.ts';

/** The thread of an OutputReader. */
const manifests = new Map<number, Manifest>();

function read({ id, key, manifest: sent, places, outputs }: ReadRequest): ReadReply {
  try {
    if (sent !== undefined) manifests.set(key, sent);
    const manifest = manifests.get(key);
    if (manifest === undefined) throw new RangeError('no such manifest');
    const parts = places.map((place) => ({ place }));
    return { kind: 'read', id, result: readImage(manifest, { parts }, outputs) };
  } catch (thrown) {
    const { code, message, details } = toRadTriageError(thrown, 'INTERNAL');
    return { kind: 'failed', id, code, message, details };
  }
}

/** Maps change hands without a copy, unless two labels share the memory of one. */
function buffersOf({ labels }: ImageResult): ArrayBuffer[] {
  const buffers = labels.flatMap(({ heatmap }) => heatmap?.values.buffer ?? []);
  const own = buffers.filter((buffer) => buffer instanceof ArrayBuffer);
  return [...new Set(own)];
}

parentPort?.on('message', (request: ReadRequest) => {
  const reply = read(request);
  parentPort?.postMessage(reply, reply.kind === 'read' ? buffersOf(reply.result) : []);
});
