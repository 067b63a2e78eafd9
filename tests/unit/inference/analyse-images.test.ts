import { describe, expect, it } from 'vitest';
import { RadTriageError } from '#core/errors.ts';
import type { DecodedFrame } from '#dicom/pixels/decoded-frame.ts';
import { analyseImages } from '#inference/analyse-images.ts';
import type { FrameOfImage, TriageImage } from '#inference/triage-types.ts';
import type { Runtime } from '#models/runtime/runtime.ts';
import { imageOf, modelOf, planOf } from './results.ts';

const DECODED: DecodedFrame = {
  rows: 2,
  columns: 2,
  samplesPerPixel: 1,
  values: new Uint16Array(4),
  photometricInterpretation: 'MONOCHROME2',
  bitsAllocated: 16,
  bitsStored: 16,
  pixelRepresentation: 0,
  frame: 0,
  numberOfFrames: 1,
  rescaleSlope: 1,
  rescaleIntercept: 0,
  windowCenter: [],
  windowWidth: [],
};

/** Runs nothing: gives a fixed score, after failing as often as told. */
function fakeRuntime(failures: RadTriageError[] = []) {
  const runs: string[] = [];
  const runtime: Pick<Runtime, 'run'> = {
    run: async (model) => {
      runs.push(model.path);
      const failure = failures.shift();
      if (failure !== undefined) throw failure;
      const heatmap = { data: new Float32Array(64), dims: [1, 1, 8, 8] };
      return {
        outputs: { score: { data: Float32Array.of(0.25), dims: [1] }, heatmap },
        provider: 'cpu',
        ms: 1,
      };
    },
  };
  return { runtime, runs };
}

function withFrames(image: TriageImage, numberOfFrames: number): TriageImage {
  return { ...image, row: { ...image.row, numberOfFrames } };
}

/** Decodes up to the given frame of each image. */
function decodeUpTo(last: number) {
  const asked: FrameOfImage[] = [];
  const decode = async (frame: FrameOfImage) => {
    asked.push(frame);
    const there = frame.frame <= last;
    const problem = there ? undefined : new RadTriageError('PIXELS_UNDECODABLE', 'cut short');
    return { ...frame, decoded: there ? DECODED : undefined, problem, ms: 1 };
  };
  return { asked, decode };
}

const crash = () => new RadTriageError('MODEL_FAILED', 'crashed');

describe('running models over images', () => {
  it('decodes each frame once for all models, in order', async () => {
    const images = [withFrames(imageOf(1), 3), imageOf(2)];
    const plans = ['first', 'second'].map((id) => planOf(modelOf('active', { id }), images));
    const { asked, decode } = decodeUpTo(3);
    const { runtime, runs } = fakeRuntime();
    const analyses = await analyseImages(plans, decode, runtime);
    expect(asked.map(({ image, frame }) => [image.row.instanceNumber, frame])).toEqual([
      [1, 1],
      [1, 2],
      [1, 3],
      [2, 1],
    ]);
    expect(runs).toHaveLength(8);
    expect(analyses.map((analysis) => analysis.results.length)).toEqual([4, 4]);
  });

  it('does not believe a header that claims billions of frames', async () => {
    const images = [withFrames(imageOf(1), 2 ** 31 - 1), imageOf(2)];
    const { asked, decode } = decodeUpTo(2);
    const [analysis] = await analyseImages(
      [planOf(modelOf('active'), images)],
      decode,
      fakeRuntime().runtime,
    );
    expect(asked).toHaveLength(4);
    expect(analysis?.results).toHaveLength(3);
    expect(analysis?.undecodable.map((problem) => problem.code)).toEqual(['PIXELS_UNDECODABLE']);
  });

  it('tries a failed model once more, then leaves it and goes on with the others', async () => {
    const images = [imageOf(1), imageOf(2)];
    const plan = planOf(modelOf('active'), images);
    const mended = fakeRuntime([crash()]);
    const [first] = await analyseImages([plan], decodeUpTo(1).decode, mended.runtime);
    expect(first).toMatchObject({ failure: undefined });
    expect(first?.results).toHaveLength(2);
    const other = planOf(modelOf('active', { id: 'other' }), images);
    const broken = fakeRuntime([crash(), crash()]);
    const analyses = await analyseImages([plan, other], decodeUpTo(1).decode, broken.runtime);
    expect(analyses[0]?.failure?.code).toBe('MODEL_FAILED');
    expect(analyses[1]?.failure).toBeUndefined();
    expect(analyses[1]?.results).toHaveLength(2);
    expect(broken.runs).toHaveLength(4);
  });

  it('does not try again what trying cannot mend', async () => {
    const altered = new RadTriageError('MODEL_ALTERED', 'altered');
    const { runtime, runs } = fakeRuntime([altered]);
    const plan = planOf(modelOf('active'), [imageOf(1), imageOf(2)]);
    const [analysis] = await analyseImages([plan], decodeUpTo(1).decode, runtime);
    expect(analysis?.failure).toBe(altered);
    expect(runs).toHaveLength(1);
  });

  it('takes a colour image without a palette for undecodable', async () => {
    const decode = async (frame: FrameOfImage) => ({
      ...frame,
      decoded: { ...DECODED, photometricInterpretation: 'PALETTE COLOR' } as const,
      problem: undefined,
      ms: 1,
    });
    const plan = planOf(modelOf('active'), [imageOf(1)]);
    const [analysis] = await analyseImages([plan], decode, fakeRuntime().runtime);
    expect(analysis?.undecodable.map((problem) => problem.code)).toEqual(['PIXELS_UNDECODABLE']);
  });
});
