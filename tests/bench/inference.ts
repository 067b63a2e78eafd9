/**
 * The engine against a bare loop: two processes each that decode, prepare and run the same images on the CPU,
 * interleaved. Run as the worker is (bin/process-settings.mjs):
 * node --v8-pool-size=1 tests/bench/inference.ts [rounds] [radiographs] [slices]. Needs dcmtk and gdcm.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import type { PixelSource } from '#dicom/pixels/byte-source.ts';
import { readResidentMemory } from '#isolation/resident-memory.ts';
import { analyseImages } from '#models/analysis/analyse-images.ts';
import { createEngine, type Engine } from '#models/analysis/engine.ts';
import { readModelFolder } from '#models/registry/read-model-folder.ts';
import { BUILT_IN_MODELS, isUsable, runnableModel } from '#models/registry/registry.ts';
import { DicomTools, sourceOf } from '#tests/support/dicom-tools.ts';
import { nativeImage } from '#tests/support/test-image.ts';
import type { BareTask } from './bare-inference.ts';
import { median, printTable } from './measure.ts';

const ROUNDS = Number(process.argv[2] ?? 5);
const RADIOGRAPHS = Number(process.argv[3] ?? 20);
const SLICES = Number(process.argv[4] ?? 300);
const PROCESSES = 2;
const EXPLICIT = '1.2.840.10008.1.2.1';

async function modelOf(id: string) {
  const found = await readModelFolder(join(BUILT_IN_MODELS, id));
  const state = { role: 'active', changedBy: undefined, changedAt: undefined } as const;
  const { version = '', sha256 = '' } = found.manifest ?? {};
  const model = { ...found, ...state, version, sha256, pinned: false, note: undefined };
  if (!isUsable(model)) throw model.problem ?? new Error(id);
  // The generated pictures are no radiographs and would be refused: only the time counts here.
  return { ...model, manifest: { ...model.manifest, inputCheck: undefined } };
}

/** Soft shapes with noise, 12 bits: compresses about as a patient does. */
function picture(rows: number, columns: number, seed: number): Buffer {
  let noise = seed + 1;
  const values = Uint16Array.from({ length: rows * columns }, (_, index) => {
    noise = (Math.imul(noise, 1_103_515_245) + 12_345) & 0x7fffffff;
    const x = (index % columns) / columns - 0.5;
    const y = Math.floor(index / columns) / rows - 0.5;
    const body =
      Math.hypot(x, y) < 0.4 ? 1064 + 400 * Math.sin(6 * x + seed) * Math.cos(7 * y) : 24;
    return Math.max(0, Math.round(body + ((noise >>> 16) % 33) - 16));
  });
  return Buffer.from(values.buffer);
}

interface Side {
  readonly rows: number;
  readonly columns: number;
}

function write(tools: DicomTools, side: Side, count: number) {
  return Array.from({ length: count }, (_, seed) =>
    tools.write(
      nativeImage({ ...side, bitsStored: 12 }, picture(side.rows, side.columns, seed)),
      EXPLICIT,
    ),
  );
}

function compress(tools: DicomTools, path: string): string {
  const converted = tools.convert('gdcmconv', ['-K'], path);
  if (converted === undefined) throw new Error('gdcmconv refuses the image');
  return converted;
}

type Model = Awaited<ReturnType<typeof modelOf>>;

interface Pictures extends Side {
  readonly sources: readonly PixelSource[];
}

async function runEngine(engine: Engine, model: Model, { sources, rows, columns }: Pictures) {
  const [found] = await analyseImages([{ model, images: sources }], engine, {
    describe: (source) => ({
      source,
      facts: { values: {}, ageYears: undefined },
      numberOfFrames: 1,
      framePixels: rows * columns,
      name: source.path ?? '',
      stack: '',
    }),
  });
  if (found?.results.length !== sources.length) throw found?.failure ?? new Error('not analysed');
  return found.results.map(({ labels }) => labels[0]?.score ?? Number.NaN);
}

/** Every second image to each process. */
async function runBare(bare: readonly ChildProcess[], task: BareTask): Promise<number[]> {
  const parts = bare.map(async (child, turn) => {
    const sources = task.sources.filter((_, index) => index % bare.length === turn);
    child.send({ ...task, sources });
    const [scores]: number[][] = await once(child, 'message');
    return scores ?? [];
  });
  const scores = await Promise.all(parts);
  return task.sources.map((_, i) => scores[i % bare.length]?.[Math.floor(i / bare.length)] ?? 0);
}

function largestDifference(a: readonly number[], b: readonly number[]): number {
  return Math.max(...a.map((value, i) => Math.abs(value - (b[i] ?? Number.NaN))));
}

async function compare(name: string, model: Model, pictures: Pictures): Promise<readonly string[]> {
  const { sources } = pictures;
  const settings = { executionProviders: ['cpu'], processes: PROCESSES, threads: 1 };
  const engine = createEngine({
    runtime: { ...settings, timeoutMs: 60_000 },
    preparer: { processes: PROCESSES },
  });
  const program = fileURLToPath(new URL('./bare-inference.ts', import.meta.url));
  const bare = Array.from({ length: PROCESSES }, () =>
    fork(program, { serialization: 'advanced' }),
  );
  const task = { manifest: model.manifest, runnable: runnableModel(model), sources };
  // As many as two messages take, so that every process is up.
  const first = sources.slice(0, 16);
  await runEngine(engine, model, { ...pictures, sources: first });
  await runBare(bare, { ...task, sources: first });
  const [ours, theirs, ratios, blocks]: [number[], number[], number[], number[]] = [[], [], [], []];
  let difference = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    const begin = performance.now();
    const scores = await runEngine(engine, model, pictures);
    const middle = performance.now();
    delay.disable();
    const bareScores = await runBare(bare, task);
    const end = performance.now();
    difference = Math.max(difference, largestDifference(scores, bareScores));
    ours.push((middle - begin) / 1000);
    theirs.push((end - middle) / 1000);
    ratios.push((end - middle) / (middle - begin));
    // The timer itself waits a millisecond.
    blocks.push(delay.max / 1e6 - 1);
  }
  const peak = (list: readonly { peak: number }[]) =>
    list.map((one) => one.peak.toFixed(0)).join(', ');
  const own = readResidentMemory(process.pid);
  const row = [
    name,
    median(ours).toFixed(2),
    median(theirs).toFixed(2),
    median(ratios).toFixed(2),
    Math.max(...blocks).toFixed(0),
    (own?.now ?? Number.NaN).toFixed(0),
    peak(engine.preparer.memory()),
    peak(engine.runtime.memory()),
    difference.toExponential(0),
  ];
  for (const child of bare) child.disconnect();
  await engine.close();
  return row;
}

const HEAD = [
  'images',
  'engine s',
  'bare s',
  'ratio',
  'longest block ms',
  'worker MB',
  'decoders MB',
  'models MB',
  'score difference',
];

using tools = new DicomTools();
const opacity = await modelOf('cxr-opacity');
const lesion = await modelOf('phantom-lesion');
const radiograph = { rows: 3000, columns: 2500 };
const slice = { rows: 512, columns: 512 };
const mammogram = { rows: 8000, columns: 6250 };
const radiographs = write(tools, radiograph, RADIOGRAPHS).map(sourceOf);
const slices = write(tools, slice, SLICES);
const compressed = slices.map((path) => sourceOf(compress(tools, path)));
const mammograms = write(tools, mammogram, 2).map(sourceOf);
printTable(HEAD, [
  await compare(`${RADIOGRAPHS} radiographs 3000 x 2500`, opacity, {
    ...radiograph,
    sources: radiographs,
  }),
  await compare(`${SLICES} CT slices`, lesion, { ...slice, sources: slices.map(sourceOf) }),
  await compare(`${SLICES} CT slices, JPEG 2000`, lesion, { ...slice, sources: compressed }),
  await compare('2 mammograms of 50 megapixels', opacity, { ...mammogram, sources: mammograms }),
]);
