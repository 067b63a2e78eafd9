import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { analyseImage } from '#models/analysis/analyse-image.ts';
import { sliceOf } from '#models/analysis/prepare-for-model.ts';
import { defaultOperatingPoint, mainLabel } from '#models/manifest/labels.ts';
import type { Manifest } from '#models/manifest/schema.ts';
import type { ImageFacts } from '#models/manifest/select-image.ts';
import { selectImage } from '#models/manifest/select-image.ts';
import type { LabelResult } from '#models/postprocess/read-image.ts';
import { readModelFolder } from '#models/registry/read-model-folder.ts';
import { BUILT_IN_MODELS } from '#models/registry/registry.ts';
import { createRuntime, type Runtime } from '#models/runtime/runtime.ts';
import { DEMO_STUDIES, type DemoStudy } from '#test-data/demo-set.ts';
import type { GeneratedFile, GeneratedStudy } from '#test-data/study.ts';

const FOLDER = join(BUILT_IN_MODELS, 'phantom-lesion');
const WINDOW_NEEDS = { CR: 'percentile', DX: 'percentile', CT: 'fixed' } as const;
type Kind = keyof typeof WINDOW_NEEDS;

let runtime: Runtime;
let manifest: Manifest;

beforeAll(async () => {
  runtime = createRuntime({
    executionProviders: ['cpu'],
    processes: 1,
    threads: 1,
    timeoutMs: 30_000,
  });
  const folder = await readModelFolder(FOLDER);
  if (folder.problem !== undefined) throw folder.problem;
  if (folder.manifest === undefined) throw new Error('no manifest');
  manifest = folder.manifest;
});

afterAll(async () => {
  await runtime.close();
});

function kindOf(file: GeneratedFile): Kind {
  return file.name.startsWith('CT') ? 'CT' : file.name.startsWith('CR') ? 'CR' : 'DX';
}

function factsOf(kind: Kind, manufacturer = 'RadTriage Phantom'): ImageFacts {
  return { values: { Modality: [kind], Manufacturer: [manufacturer] }, ageYears: 60 };
}

async function analyse(file: GeneratedFile): Promise<LabelResult> {
  const kind = kindOf(file);
  const [rows, columns] = kind === 'CT' ? [320, 320] : [640, 576];
  const stored = file.bytes.subarray(-rows * columns * 2);
  const intercept = kind === 'CT' ? -1024 : 0;
  const values = Float32Array.from(
    { length: rows * columns },
    (_, i) => stored.readUInt16LE(i * 2) + intercept,
  );
  const photometricInterpretation = file.bytes.includes('MONOCHROME1')
    ? 'MONOCHROME1'
    : 'MONOCHROME2';
  const slice = sliceOf(
    { values, rows, columns, photometricInterpretation },
    factsOf(kind),
    manifest.input,
  );
  expect(slice.window.kind).toBe(WINDOW_NEEDS[kind]);
  const runnable = {
    path: join(FOLDER, manifest.file),
    sha256: manifest.sha256,
    inputName: manifest.input.name,
    dims: [1, 1, ...manifest.input.size] as const,
    maximumBatch: 1,
    outputNames: ['score', 'heatmap'],
  };
  const run: Runtime['run'] = (...task) => runtime.run(...task);
  const { outcome } = await analyseImage({ manifest, runnable }, [slice], run);
  const label = outcome.kind === 'analysed' ? outcome.result.labels[0] : undefined;
  if (label === undefined) throw new Error('not analysed');
  return label;
}

interface Analysed {
  readonly demo: DemoStudy;
  readonly study: GeneratedStudy;
  readonly score: number;
  /** Of the image with the highest score: its UID, and the heatmap's strongest point in source pixels. */
  readonly sopInstanceUid: string;
  readonly peak: readonly [number, number];
}

async function analyseStudy(demo: DemoStudy): Promise<Analysed> {
  const study = demo.generate();
  let best: Analysed | undefined;
  for (const file of study.files) {
    const { score, heatmap } = await analyse(file);
    if (best !== undefined && score <= best.score) continue;
    if (heatmap === undefined) throw new Error('no heatmap');
    const cell = heatmap.values.indexOf(heatmap.peak);
    const { scaleX, scaleY, originX, originY } = heatmap.transform;
    const peak = [
      ((cell % heatmap.columns) + 0.5) * scaleX + originX,
      (Math.floor(cell / heatmap.columns) + 0.5) * scaleY + originY,
    ] as const;
    best = { demo, study, score, sopInstanceUid: file.sopInstanceUid, peak };
  }
  if (best === undefined) throw new Error('a study without images');
  return best;
}

function peakInBox({ study, sopInstanceUid, peak: [x, y] }: Analysed): boolean {
  return (study.lesion?.boxes ?? [])
    .filter((box) => box.sopInstanceUid === sopInstanceUid)
    .some(({ box: [left, top, w, h] }) => x >= left && x < left + w && y >= top && y < top + h);
}

describe('phantom-lesion on the demo set', () => {
  it('scores at least 90% of the lesion studies above their lesion-free twin, with the peak in the planted box', async () => {
    const analysed: Analysed[] = [];
    for (const demo of DEMO_STUDIES.filter((study) => study.expected === 'analysed')) {
      analysed.push(await analyseStudy(demo));
    }
    const lesions = analysed.filter(({ demo }) => demo.hasLesion);
    const won = lesions.filter((lesion) => {
      const twin = analysed.find(({ demo }) => demo.pair === lesion.demo.pair && !demo.hasLesion);
      return twin !== undefined && lesion.score > twin.score;
    });
    const table = analysed.map((a) => `${a.demo.title}: ${a.score.toFixed(4)} ${peakInBox(a)}`);
    expect(won.length, table.join('\n')).toBeGreaterThanOrEqual(0.9 * lesions.length);
    const hits = lesions.filter(peakInBox);
    expect(hits.length, table.join('\n')).toBeGreaterThanOrEqual(0.8 * lesions.length);
    const { threshold } = defaultOperatingPoint(mainLabel(manifest));
    const flagged = lesions.filter(({ score }) => score >= threshold);
    expect(flagged.length, table.join('\n')).toBeGreaterThanOrEqual(0.7 * lesions.length);
  }, 300_000);

  it('takes no image of another manufacturer and no lateral view', () => {
    expect(selectImage(manifest, factsOf('DX')).selected).toBe(true);
    expect(selectImage(manifest, factsOf('DX', 'Any Other')).selected).toBe(false);
    const lateral = { ...factsOf('CR').values, ViewPosition: ['LL'] };
    expect(selectImage(manifest, { values: lateral, ageYears: 60 }).selected).toBe(false);
  });

  it('says that it is a demonstration', () => {
    expect(manifest.demonstration).toBe(true);
  });
});
