import type { PixelSource } from '#dicom/pixels/byte-source.ts';
import { decodeFrame } from '#dicom/pixels/decode-frame.ts';
import { DEFAULT_LIMITS } from '#dicom/pixels/image-description.ts';
import { prepareForModel, sliceOf } from '#models/analysis/prepare-for-model.ts';
import type { Manifest } from '#models/manifest/schema.ts';
import { readImage } from '#models/postprocess/read-image.ts';
import { sourceImage } from '#models/preprocess/source-image.ts';
import type { RunnableModel } from '#models/runtime/runtime.ts';
import { openSession, type Session } from '#models/runtime/session.ts';

/** The bare loop: one plain process that decodes, prepares and runs one image after the other, and nothing else. */
export interface BareTask {
  readonly manifest: Manifest;
  readonly runnable: RunnableModel;
  readonly sources: readonly PixelSource[];
}

const sessions = new Map<string, Session>();

async function sessionOf({ path, sha256, inputName, dims, outputNames }: RunnableModel) {
  const known = sessions.get(path);
  if (known !== undefined) return known;
  const session = await openSession({
    kind: 'load',
    id: 0,
    modelKey: path,
    path,
    sha256,
    inputName,
    dims: [...dims],
    maximumBatch: 1,
    outputNames: [...outputNames],
    providers: ['cpu'],
    threads: 1,
  });
  sessions.set(path, session);
  return session;
}

process.on('message', async ({ manifest, runnable, sources }: BareTask) => {
  const session = await sessionOf(runnable);
  const scores: number[] = [];
  for (const source of sources) {
    const image = sourceImage(await decodeFrame(source, 0, DEFAULT_LIMITS));
    const slice = sliceOf(image, { values: {}, ageYears: undefined }, manifest.input);
    const prepared = prepareForModel(manifest, [slice]);
    if (typeof prepared === 'string') throw new Error(prepared);
    for (const { tensor } of prepared.parts) {
      const outputs = await session.run(tensor.data, 1);
      scores.push(readImage(manifest, prepared, [outputs]).labels[0]?.score ?? Number.NaN);
    }
  }
  process.send?.(scores);
});
process.on('disconnect', () => process.exit());
