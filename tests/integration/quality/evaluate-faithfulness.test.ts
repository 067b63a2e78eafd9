import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reportSchema } from '#quality/evaluation/report-schema.ts';
import { generateStudy } from '#test-data/study.ts';
import { startCommand } from '#tests/support/start-command.ts';
import { temporaryDirectory } from '#tests/support/temporary.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
const IMAGES = 6;

describe('radtriage evaluate --faithfulness', () => {
  const { path: root, remove } = temporaryDirectory();
  const images = join(root, 'images');
  const truth = join(root, 'truth.csv');
  const explained = join(root, 'explained');

  /** The phantom's network without its heatmap, with whatever its manifest is to say instead. */
  function writeModel(folder: string, changes: Record<string, unknown>): void {
    const own = join(ROOT, 'models/phantom-lesion');
    mkdirSync(folder);
    copyFileSync(join(own, 'model.onnx'), join(folder, 'model.onnx'));
    const manifest = JSON.parse(readFileSync(join(own, 'manifest.json'), 'utf8'));
    const [{ heatmap: _left, ...label }] = manifest.labels;
    const outputs = manifest.outputs.filter(({ kind }: { kind: string }) => kind === 'scores');
    const changed = { ...manifest, id: 'explained', outputs, labels: [label], ...changes };
    writeFileSync(join(folder, 'manifest.json'), JSON.stringify(changed));
  }

  beforeAll(() => {
    mkdirSync(images);
    const lines = ['file,patient,lesion'];
    for (let i = 0; i < IMAGES; i += 1) {
      const lesion = { subtlety: 'obvious' } as const;
      const [file] = generateStudy({ kind: 'DX', seed: `faithful ${i}`, lesion }).files;
      if (file === undefined) throw new Error('no file');
      writeFileSync(join(images, `${i}.dcm`), file.bytes);
      lines.push(`${i}.dcm,P${i},1`);
    }
    writeFileSync(truth, `${lines.join('\n')}\n`);
    const explanation = { method: 'occlusion', budgetMs: 600_000, grid: [8, 8] };
    writeModel(explained, { explanation });
    writeModel(join(root, 'plain'), {});
  });
  afterAll(() => remove());

  async function evaluate(model: string, out: string, ...more: string[]) {
    const given = ['--model', model, '--images', images, '--out', out, '--processes', '1'];
    const args = ['evaluate', ...given, '--data', join(root, 'data'), ...more];
    return startCommand(args).ended;
  }

  function figuresIn(out: string) {
    const report = reportSchema.parse(JSON.parse(readFileSync(join(out, 'report.json'), 'utf8')));
    return report.labels[0]?.faithfulness;
  }

  const judgedIn = (out: string) => readFileSync(join(out, 'faithfulness.ndjson'), 'utf8');

  it('finds the heatmap of the network better than random places, and shows it', async () => {
    const out = join(root, 'own');
    const args = ['--truth', truth, '--faithfulness'];
    const { code, output } = await evaluate('phantom-lesion', out, ...args);
    expect(code, output).toBe(0);
    const found = figuresIn(out);
    expect(found).toMatchObject({ origin: 'own', images: IMAGES, patients: IMAGES, withoutMap: 0 });
    expect(found?.fractions).toHaveLength(17);
    const [map] = found?.maps ?? [];
    expect(map?.deletionLessRandom?.interval?.[1]).toBeLessThan(0);
    expect(map?.insertionLessRandom?.interval?.[0]).toBeGreaterThan(0);
    expect(output).toContain('heatmaps the model’s own, 6 of 6 flagged');
    expect(output).toMatch(/random places +0\.\d{3} \(0\.\d{3} to/);
    const page = readFileSync(join(out, 'report.html'), 'utf8');
    expect(page).toContain('What the heatmap is worth');
  }, 180_000);

  it('goes on after it was killed, and comes to the same figures', async () => {
    const out = join(root, 'own');
    const [before, lines] = [figuresIn(out), judgedIn(out).split('\n')];
    // What a process killed at the third image would leave.
    writeFileSync(join(out, 'faithfulness.ndjson'), `${lines.slice(0, 3).join('\n')}\n{"key":"ab`);
    const args = ['--truth', truth, '--faithfulness', '50'];
    const { code, output } = await evaluate('phantom-lesion', out, ...args);
    expect(code, output).toBe(0);
    expect(figuresIn(out)).toEqual(before);
    expect(judgedIn(out).split('\n').sort()).toEqual(lines.toSorted());
  }, 180_000);

  it('judges explanations by occlusion, of as many images as are wanted', async () => {
    const out = join(root, 'by-occlusion');
    const args = ['--truth', truth, '--faithfulness', '2', '--no-images'];
    const { code, output } = await evaluate(explained, out, ...args);
    expect(code, output).toBe(0);
    expect(figuresIn(out)).toMatchObject({ origin: 'occlusion', images: 2, flagged: IMAGES });
    const [map, , random] = figuresIn(out)?.maps ?? [];
    expect(map?.deletion.estimate).toBeLessThan(random?.deletion.estimate ?? 0);
    // Two patients say nothing of others.
    expect(map?.deletion.interval).toBeNull();
    expect(output).toContain('heatmaps by occlusion, 2 of 6 flagged');
  }, 180_000);

  it('says of a model without any map that there is none', async () => {
    const out = join(root, 'none');
    const { code, output } = await evaluate(
      join(root, 'plain'),
      out,
      '--truth',
      truth,
      '--faithfulness',
    );
    expect(code, output).toBe(0);
    expect(output).toContain('this model makes no heatmap');
    expect(figuresIn(out)).toBeNull();
    const scores = await evaluate('phantom-lesion', out, '--scores-only', '--faithfulness');
    expect(scores).toMatchObject({
      code: 2,
      output: expect.stringContaining('not with --scores-only'),
    });
  }, 120_000);
});
