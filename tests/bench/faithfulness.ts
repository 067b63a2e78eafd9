/**
 * How faithful the heatmap of a model is, beside those that occlusion and RISE make of its score alone:
 * `npx --no-install node tests/bench/faithfulness.ts MODEL_FOLDER DATASET [images] [masks]`.
 *
 * DATASET holds images/ and labels.csv as models/cxr-opacity/training/README.md describes. Taken are images that
 * radiologists found an opacity in and that the model flags, one a patient. Test patients are left out: those for whom
 * the first 8 hex digits of sha256(patient id), as a number, are divisible by 5.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SingleBar } from 'cli-progress';
import sharp from 'sharp';
import { parseCsv } from '#core/csv.ts';
import { judgeMaps } from '#models/explain/judge-maps.ts';
import { explainByOcclusion } from '#models/explain/occlusion.ts';
import { defaultRise, explainByRise } from '#models/explain/rise.ts';
import { defaultOperatingPoint, mainLabel } from '#models/manifest/labels.ts';
import { outputNames, outputOf } from '#models/manifest/outputs.ts';
import { preprocess } from '#models/preprocess/preprocess.ts';
import { readModelFolder } from '#models/registry/read-model-folder.ts';
import { createRuntime } from '#models/runtime/runtime.ts';

const [, , folder = '', dataset = '', images = '24', masks = '300'] = process.argv;
const STEPS = 16;
const BATCH = 8;
const RESAMPLES = 2000;

function isTestPatient(patient: string): boolean {
  const digits = createHash('sha256').update(patient).digest('hex').slice(0, 8);
  return Number.parseInt(digits, 16) % 5 === 0;
}

function listImages(): { file: string; patient: string }[] {
  const [header = [], ...records] = parseCsv(readFileSync(join(dataset, 'labels.csv'), 'utf8'));
  const column = (record: readonly string[], name: string) => record[header.indexOf(name)] ?? '';
  return records
    .filter((record) => column(record, 'rsna_class') === 'Lung Opacity')
    .map((record) => ({ file: column(record, 'file'), patient: column(record, 'patient') }))
    .filter(({ patient }) => !isTestPatient(patient));
}

const { manifest, problem } = await readModelFolder(folder);
if (manifest === undefined || problem !== undefined) throw problem ?? new Error('no manifest');
const { input, outputs } = manifest;
const dims = [1, input.channels, ...input.size] as const;
const scoreName = outputOf(outputs, 'scores')?.name ?? '';
const heatmapName = outputOf(outputs, 'heatmap')?.name ?? '';
const { threshold } = defaultOperatingPoint(mainLabel(manifest));
const runtime = createRuntime({
  executionProviders: ['cpu'],
  processes: 1,
  threads: 1,
  timeoutMs: 60_000,
});
const model = {
  path: join(folder, manifest.file),
  sha256: manifest.sha256,
  inputName: input.name,
  dims,
  maximumBatch: input.maximumBatch,
  outputNames: outputNames(outputs),
};
const run = async (data: Float32Array) => (await runtime.run(model, { data, dims })).outputs;

async function score(inputs: readonly Float32Array[]): Promise<number[]> {
  const scores: number[] = [];
  for (const data of inputs) scores.push((await run(data))[scoreName]?.data[0] ?? Number.NaN);
  return scores;
}

async function judgeImage(file: string) {
  const { data, info } = await sharp(join(dataset, 'images', file))
    .greyscale()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const source = {
    values: Float32Array.from(data),
    rows: info.height,
    columns: info.width,
    photometricInterpretation: 'MONOCHROME2',
  } as const;
  const tensor = preprocess(source, input, input.window);
  const own = await run(tensor.data);
  const whole = own[scoreName]?.data[0] ?? 0;
  if (whole < threshold) return undefined;
  const [rows, columns] = input.size;
  const image = { data: tensor.data, channels: input.channels, rows, columns };
  const task = { input: image, score: whole, budgetMs: 3_600_000, batch: BATCH, seed: 'bench' };
  const occlusion = await explainByOcclusion(task, score);
  const settings = { ...defaultRise(image), masks: Number(masks) };
  const rise = await explainByRise(task, score, settings);
  const heatmap = own[heatmapName];
  const [height = 0, width = 0] = heatmap?.dims.slice(-2) ?? [];
  const maps = {
    own: { values: heatmap?.data ?? new Float32Array(), rows: height, columns: width },
    occlusion: { ...occlusion, values: occlusion.effect },
    rise: { ...rise, values: rise.effect },
  };
  const options = { score, steps: STEPS, batch: BATCH, seed: file };
  const peaks = { occlusion: Math.max(...occlusion.values), rise: Math.max(...rise.values) };
  return { judged: await judgeMaps(image, maps, options), peaks };
}

type Judged = NonNullable<Awaited<ReturnType<typeof judgeImage>>>;

const mean = (values: readonly number[]) => values.reduce((sum, x) => sum + x, 0) / values.length;

/** Mean and 95% percentile interval over images drawn again, here one a patient. */
function interval(values: readonly number[]): string {
  let state = 1;
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * values.length);
  };
  const means = Array.from({ length: RESAMPLES }, () =>
    mean(values.map(() => values[next()] ?? 0)),
  );
  means.sort((a, b) => a - b);
  const at = (share: number) => (means[Math.floor(share * (RESAMPLES - 1))] ?? 0).toFixed(3);
  return `${mean(values).toFixed(3)} (${at(0.025)} to ${at(0.975)})`;
}

function report(results: readonly Judged[]): void {
  const areaOf = (name: string, kind: 'deletion' | 'insertion') =>
    results.map(({ judged }) => judged.find((map) => map.name === name)?.[kind] ?? Number.NaN);
  const lines = ['| Map | deletion | insertion | deletion less random | insertion less random |'];
  lines.push('| --- | --- | --- | --- | --- |');
  for (const { name } of results[0]?.judged ?? []) {
    const cells = (['deletion', 'insertion'] as const).map((kind) => interval(areaOf(name, kind)));
    const less = (['deletion', 'insertion'] as const).map((kind) => {
      const random = areaOf('random', kind);
      return interval(areaOf(name, kind).map((area, i) => area - (random[i] ?? 0)));
    });
    lines.push(`| ${[name, ...cells, ...less].join(' | ')} |`);
  }
  lines.push('', `${results.length} images; model sha256 ${manifest?.sha256.slice(0, 12)}`);
  for (const kind of ['occlusion', 'rise'] as const) {
    const peaks = results.map((result) => result.peaks[kind]).sort((a, b) => a - b);
    const middle = peaks[Math.floor(peaks.length / 2)]?.toFixed(3);
    lines.push(
      `peak by ${kind}: ${peaks[0]?.toFixed(3)} to ${peaks.at(-1)?.toFixed(3)}, median ${middle}`,
    );
  }
  process.stdout.write(`${lines.join('\n')}\n`);
}

const bar = new SingleBar({ stream: process.stderr, noTTYOutput: true, notTTYSchedule: 20_000 });
bar.start(Number(images), 0);
const results: Judged[] = [];
const seen = new Set<string>();
for (const { file, patient } of listImages()) {
  if (results.length >= Number(images)) break;
  if (seen.has(patient)) continue;
  const judged = await judgeImage(file);
  if (judged === undefined) continue;
  seen.add(patient);
  results.push(judged);
  bar.increment();
}
bar.stop();
await runtime.close();
report(results);
