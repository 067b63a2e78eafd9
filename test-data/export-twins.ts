import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { DEMO_SEEDS } from './demo-set.ts';
import { generateStudy, type StudyOptions, SUBTLETIES } from './study.ts';

/**
 * Writes generated studies as raw stored values for training: twins with and without a lesion.
 *
 *   node test-data/export-twins.ts --out DIR --kind radiograph|CT --split train|validation
 *     --first SEED --count N
 *
 * Each line of DIR/index-*.jsonl tells one study: file, kind, seed, lesion, photometric, rows, columns, slices and
 * the boxes by slice. Pixels are unsigned 16-bit little endian, slice after slice. CT values carry an intercept of
 * -1024. A seed of the demonstration is refused.
 */
const { values } = parseArgs({
  options: {
    out: { type: 'string' },
    kind: { type: 'string' },
    split: { type: 'string' },
    first: { type: 'string' },
    count: { type: 'string' },
  },
});
const out = values.out ?? '';
const split = values.split ?? 'train';
const [first, count] = [Number(values.first), Number(values.count)];
if (out === '' || !Number.isInteger(first) || !Number.isInteger(count)) {
  throw new Error('needs --out, --kind, --split, --first and --count');
}
mkdirSync(out, { recursive: true });
const index = join(out, `index-${split}-${values.kind}-${first}.jsonl`);
writeFileSync(index, '');
for (let seed = first; seed < first + count; seed += 1) {
  if (DEMO_SEEDS.some((demo) => demo === seed)) throw new Error(`seed ${seed} is a demo seed`);
  exportTwins(seed);
}

function exportTwins(seed: number): void {
  const radiograph = seed % 2 === 0 ? 'CR' : 'DX';
  const kind: StudyOptions['kind'] = values.kind === 'CT' ? 'CT' : radiograph;
  const subtlety = SUBTLETIES[seed % SUBTLETIES.length] ?? 'moderate';
  const photometric = seed % 5 === 0 ? 'MONOCHROME1' : 'MONOCHROME2';
  for (const lesion of [{ subtlety }, null]) {
    const study = generateStudy({ kind, seed, lesion, photometric });
    const [rows, columns] = kind === 'CT' ? [320, 320] : [640, 576];
    const file = `${split}-${kind}-${seed}-${lesion === null ? 'without' : 'with'}.raw`;
    const pixels = study.files.map((part) => part.bytes.subarray(-rows * columns * 2));
    writeFileSync(join(out, file), Buffer.concat(pixels));
    const boxes = (study.lesion?.boxes ?? []).map(({ sopInstanceUid, box }) => ({
      slice: study.files.findIndex((part) => part.sopInstanceUid === sopInstanceUid),
      box,
    }));
    const line = { file, kind, split, seed, lesion: lesion?.subtlety ?? null, rows, columns };
    const rest = {
      photometric: kind === 'CT' ? 'MONOCHROME2' : photometric,
      intercept: kind === 'CT' ? -1024 : 0,
      slices: study.files.length,
      boxes,
    };
    appendFileSync(index, `${JSON.stringify({ ...line, ...rest })}\n`);
  }
}
