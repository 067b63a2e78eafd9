import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { minimalImage } from '#test-data/minimal-objects.ts';
import { runCli } from '#tests/support/instance.ts';
import { type ModelSite, startModelSite } from '#tests/support/model-site.ts';
import { testManifest } from '#tests/support/onnx/model-folder.ts';

const SIDE = 64;

let site: ModelSite;
/** The report of version 1.0.0, as the command wrote it. */
let report: string;

/** Images of one grey each: the brightness network scores the bright ones high. */
function writeImages(): void {
  mkdirSync(site.path('images'));
  const truth = ['file,patient,bright-spot'];
  for (const [index, grey] of [20, 40, 60, 210, 220, 230].entries()) {
    const pixels = Buffer.alloc(SIDE * SIDE, grey);
    const attributes = { Rows: SIDE, Columns: SIDE, PixelData: pixels };
    const image = minimalImage({ modality: 'DX', seed: `evaluated-${index}`, attributes });
    writeFileSync(site.path('images', `${index}.dcm`), image.bytes);
    truth.push(`${index}.dcm,P${index},${grey > 128 ? 1 : 0}`);
  }
  writeFileSync(site.path('truth.csv'), truth.join('\n'));
}

beforeAll(async () => {
  site = await startModelSite();
  const input = { ...testManifest().input, window: { kind: 'full-range' } } as const;
  for (const version of ['1.0.0', '1.1.0']) {
    const title = `Bright spots ${version}`;
    const folder = site.bring({ version, title, input, demonstration: false });
    expect(await site.models(['add', folder, '--yes'])).toMatchObject({ code: 0 });
  }
  writeImages();
  const images = ['--images', site.path('images'), '--truth', site.path('truth.csv')];
  const settings = ['--out', site.path('report'), '--no-images', '--bootstrap', '100'];
  const evaluated = await runCli(
    ['evaluate', '--model', 'opacity@1.0.0', ...images, ...settings],
    site.environment,
  );
  expect(evaluated.code, evaluated.stderr).toBe(0);
  report = site.path('report', 'report.json');
});
afterAll(() => site.stop());

const promote = (version: string, ...more: string[]) =>
  site.models(['promote', `opacity@${version}`, '--note', 'evaluated', ...more]);

async function lastPromotion() {
  const { details } = await site.server.database
    .selectFrom('auditLog')
    .select('details')
    .where('action', '=', 'model-role-changed')
    .orderBy('sequence', 'desc')
    .executeTakeFirstOrThrow();
  return details;
}

describe('radtriage models promote --evaluation', () => {
  it('refuses the report of another version, of other files, and what is no report', async () => {
    const refusal = async (version: string, path: string) => {
      const { code, stderr } = await promote(version, '--evaluation', path);
      expect(code).toBe(2);
      return stderr;
    };
    expect(await refusal('1.1.0', report)).toMatch(
      /the report is not of opacity 1\.1\.0, but of one with another version: opacity 1\.0\.0, file [0-9a-f]{12}/,
    );
    const altered = async (change: (model: Record<string, unknown>) => void) => {
      const copy = JSON.parse(readFileSync(report, 'utf8'));
      change(copy.model);
      writeFileSync(site.path('altered.json'), JSON.stringify(copy));
      return refusal('1.0.0', site.path('altered.json'));
    };
    const other = 'e'.repeat(64);
    expect(await altered((model) => Object.assign(model, { sha256: other }))).toMatch(
      /with another model file: opacity 1\.0\.0, file eeeeeeeeeeee/,
    );
    expect(await altered((model) => Object.assign(model, { scoringSha256: other }))).toMatch(
      /with another manifest:/,
    );
    const moved = [{ id: 'only', threshold: 0.4, isDefault: true }];
    const labels = [{ id: 'bright-spot', label: 'Bright spot', operatingPoints: moved }];
    expect(await altered((model) => Object.assign(model, { labels }))).toMatch(
      /with another operating point:/,
    );
    expect(await refusal('1.0.0', site.path('truth.csv'))).toMatch(
      /truth\.csv is no report of `radtriage evaluate`/,
    );
    expect(await refusal('1.0.0', site.path('nowhere.json'))).toMatch(/cannot be read/);
    const roles = JSON.parse((await site.models(['list', '--json'])).stdout).models;
    expect(roles.map(({ role }: { role: string }) => role)).toEqual(['shadow', 'shadow']);
  });

  it('says that none was given, and shows so', async () => {
    const { code, stderr } = await promote('1.0.0');
    expect(code).toBe(0);
    expect(stderr).toContain('warning: no evaluation at this site was given');
    expect(await lastPromotion()).toMatchObject({ version: '1.0.0', evaluation: null });
    const { stdout } = await site.models(['show', 'opacity@1.0.0']);
    expect(stdout).toMatch(/^Evaluated here +no: none was given with a promotion$/m);
  });

  it('keeps the figures with the promotion, and shows them ever after', async () => {
    const { code, stdout, stderr } = await promote('1.0.0', '--evaluation', site.path('report'));
    expect(code, stderr).toBe(0);
    expect(stderr).not.toContain('no evaluation');
    const figures = /^ {2}sensitivity +100\.0% \(43\.9% to 100\.0%\), 3 of 3, at only from 0\.5$/m;
    expect(stdout).toMatch(figures);
    const reportSha256 = createHash('sha256').update(readFileSync(report)).digest('hex');
    expect(await lastPromotion()).toMatchObject({
      evaluation: { reportSha256, units: 6, analysed: 6, patients: 6, unit: 'image' },
    });
    const shown = async () => (await site.models(['show', 'opacity@1.0.0'])).stdout;
    expect(await shown()).toMatch(
      /^Evaluated here +\d{4}-\d\d-\d\d: 6 of 6 images analysed of 6 patients$/m,
    );
    expect(await shown()).toMatch(/^ {2}Bright spot, AUC +1\.000 \(/m);
    expect(await shown()).toContain(`SHA-256 ${reportSha256}`);
    // It belongs to the files, not to the role.
    expect(await site.models(['shadow', 'opacity@1.0.0'])).toMatchObject({ code: 0 });
    expect(await shown()).toMatch(figures);
    expect((await promote('1.0.0')).stderr).not.toContain('no evaluation');
    const json = JSON.parse((await site.models(['show', 'opacity@1.0.0', '--json'])).stdout);
    expect(json.evaluation).toMatchObject({ model: { version: '1.0.0' }, labels: [{ auc: 1 }] });
    expect((await site.models(['show', 'opacity@1.1.0'])).stdout).toMatch(/^Evaluated here +no/m);
  });
});
