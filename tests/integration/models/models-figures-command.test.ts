import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { modelComparisonSchema } from '#contracts/model-comparison.ts';
import { minimalImage } from '#test-data/minimal-objects.ts';
import { type ModelSite, startModelSite } from '#tests/support/model-site.ts';
import { type SeededComparison, seedComparison } from '#tests/support/seed-comparison.ts';

const STUDIES = 48;

let site: ModelSite;
let seeded: SeededComparison;
beforeAll(async () => {
  site = await startModelSite();
  for (const version of ['1.0.0', '2.0.0']) {
    const folder = site.bring({ version, demonstration: false });
    expect(await site.models(['add', folder, '--yes'])).toMatchObject({ code: 0 });
  }
  const first = await site.models(['promote', 'opacity@1.0.0', '--note', 'the first']);
  expect(first.code, first.stderr).toBe(0);
});
afterAll(() => site.stop());

describe('radtriage models compare', () => {
  it('says that no study was analysed by both yet', async () => {
    const { code, stdout } = await site.models(['compare', 'opacity', 'opacity@2.0.0']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^no study was analysed by both yet$/m);
  });

  it('tells the figures of the studies that both saw', async () => {
    seeded = await seedComparison(site.server.database, {
      ...{ modelId: 'opacity', versions: ['1.0.0', '2.0.0'], studies: STUDIES },
    });
    const page = site.path('report.html');
    const { code, stdout } = await site.models([
      ...['compare', 'opacity', 'opacity@2.0.0', '--html', page],
    ]);
    expect(code).toBe(0);
    const { flags, confirmed } = seeded;
    const fourfold = Object.values(flags).join(', ');
    expect(stdout).toMatch(new RegExp(`^Analysed by both +${STUDIES}$`, 'm'));
    expect(stdout).toMatch(
      new RegExp(`^Flagged by both, A alone, B alone, neither +${fourfold}$`, 'm'),
    );
    expect(stdout).toMatch(/^Cohen's kappa \(95%\) +0\.\d{3} \(0\.\d{3} to 0\.\d{3}\)$/m);
    expect(stdout).toMatch(/^Model +opacity 1\.0\.0 +opacity 2\.0\.0$/m);
    expect(stdout).toMatch(
      new RegExp(
        `^Of ${confirmed.total} studies that readers confirmed, flagged +${confirmed.a} of .* ${confirmed.b} of `,
        'm',
      ),
    );
    expect(stdout).toMatch(/^site +North /m);
    expect(stdout).toContain(`note: Only ${STUDIES} studies were analysed by both`);
    const html = readFileSync(page, 'utf8');
    expect(html).toContain('<h1>opacity 1.0.0 (A) and opacity 2.0.0 (B)</h1>');
    expect(html).toContain(fourfold);
    const wanted = ['compare', 'opacity@1.0.0', 'opacity@2.0.0', '--json'];
    const report = modelComparisonSchema.parse(JSON.parse((await site.models(wanted)).stdout));
    expect(report).toMatchObject({ compared: STUDIES, flags });
  });

  it('keeps to a window, and refuses what is no time or no pair', async () => {
    const from = ['--from', '2000-01-01', '--to', '2000-01-02', '--json'];
    const none = await site.models(['compare', 'opacity', 'opacity@2.0.0', ...from]);
    expect(JSON.parse(none.stdout)).toMatchObject({ compared: 0 });
    const refused = async (...args: string[]) => site.models(['compare', ...args]);
    expect(await refused('opacity', 'opacity@2.0.0', '--from', 'yesterday')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--from yesterday is no time; 2026-11-01 is one'),
    });
    expect(await refused('opacity', 'opacity@1.0.0')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('opacity and opacity@1.0.0 are the same version'),
    });
    expect(await refused('opacity', 'other')).toMatchObject({
      code: 1,
      stderr: 'NOT_FOUND: no model other\n',
    });
  });

  it('is what promote shows before it takes effect', async () => {
    const { flags, confirmed } = seeded;
    const { code, stdout, stderr } = await site.models([
      ...['promote', 'opacity@2.0.0', '--note', 'compared'],
    ]);
    expect(code).toBe(0);
    expect(stdout).toContain(
      `Against opacity@1.0.0 over ${STUDIES} studies: flagged by both ${flags.both}, by it alone ${flags.onlyA}, by 2.0.0 alone ${flags.onlyB}`,
    );
    expect(stdout).toMatch(
      new RegExp(`^Seen here +${STUDIES} studies analysed, 0 not, 0 failed$`, 'm'),
    );
    expect(stdout).toMatch(
      new RegExp(`^Of ${confirmed.total} that readers confirmed +flagged ${confirmed.b} of `, 'm'),
    );
    expect(stderr).toContain(
      `it has seen ${STUDIES} studies of this site in shadow, fewer than 100`,
    );
    expect(stderr).not.toContain('readers have confirmed no finding');
  });
});

describe('radtriage models bench', () => {
  const bench = (...args: string[]) =>
    site.models(['bench', 'opacity@2.0.0', '--runs', '3', ...args]);

  it('measures on zeros and from files, and says of what was not analysed why', async () => {
    const folder = site.path('images');
    mkdirSync(folder);
    const image = (modality: 'DX' | 'CR' | 'MR', seed: string) =>
      minimalImage({ modality, seed }).bytes;
    const write = (name: string, bytes: string | Uint8Array) =>
      writeFileSync(site.path('images', name), bytes);
    write('a.dcm', image('DX', 'a'));
    write('b.dcm', image('CR', 'b'));
    write('other.dcm', image('MR', 'other'));
    const cut = image('DX', 'cut');
    write('cut.dcm', cut.subarray(0, cut.length - 20));
    write('header.dcm', cut.subarray(0, 200));
    write('readme.txt', 'no DICOM');
    const { code, stdout, stderr } = await bench('--images', folder);
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/^model +opacity@2\.0\.0$/m);
    expect(stdout).toMatch(/^zeros, 3 runs, ms$/m);
    expect(stdout).toMatch(/^files, ms a study +2 of 4 studies analysed, 2 image\(s\)$/m);
    expect(stdout).toMatch(/^ {2}from file to score +median \d+\.\d\d, p95 \d+\.\d\d$/m);
    expect(stdout).toMatch(/^ {2}not analysed +1: no image that the manifest selects$/m);
    expect(stdout).toMatch(/^ {2}not analysed +1: failed: DICOM_TRUNCATED: /m);
    expect(stdout).toMatch(/^ {2}files passed over +1 unreadable, 1 no DICOM$/m);
    const { stdout: json } = await bench('--images', folder, '--json');
    const report = JSON.parse(json);
    expect(report).toMatchObject({
      ...{ model: 'opacity@2.0.0', provider: 'cpu', runs: 3 },
      images: { studies: 4, analysed: 2, selected: 2, images: 4, unreadable: 1, others: 1 },
    });
    expect(report.images.network.median).toBeGreaterThan(0);
    expect(report.images.whole.median).toBeGreaterThan(report.images.network.median);
  });

  it('refuses what it cannot measure, and says what to do', async () => {
    const refusal = async (...args: string[]) => {
      const { code, stderr } = await bench(...args);
      return `${code} ${stderr}`;
    };
    expect(await refusal('--runs', '0')).toMatch(/^1 .*a number from 1 to 10000/s);
    mkdirSync(site.path('plain'));
    expect(await refusal('--images', site.path('plain'))).toMatch(/^1 NOT_FOUND: no DICOM study/);
    writeFileSync(site.path('plain', 'film.jpg'), Buffer.alloc(400, 'jpeg'));
    expect(await refusal('--images', site.path('plain'))).toMatch(/`radtriage wrap` makes DICOM/);
    writeFileSync(site.path('plain', 'mr.dcm'), minimalImage({ modality: 'MR', seed: 'mr' }).bytes);
    expect(await refusal('--images', site.path('plain'))).toMatch(
      /none of the 1 studies .* was analysed: no image that the manifest selects \(1\)/,
    );
    expect(await site.models(['bench', 'other'])).toMatchObject({
      code: 1,
      stderr: 'NOT_FOUND: no model other\n',
    });
  });

  it('measures a retired version too', async () => {
    expect(await site.models(['retire', 'opacity@1.0.0'])).toMatchObject({ code: 0 });
    const one = ['bench', 'opacity@1.0.0', '--runs', '1', '--images', site.path('images', 'a.dcm')];
    expect(await site.models(one)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('1 of 1 studies analysed'),
    });
  });
});
