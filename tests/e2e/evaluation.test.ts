import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import AxeBuilder from '@axe-core/playwright';
import type { Browser } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatCases, parseCases } from '#quality/evaluation/case-csv.ts';
import { compareScores } from '#quality/evaluation/compare/compare.ts';
import { faithfulnessFigures } from '#quality/evaluation/figures/faithfulness.ts';
import type { CasePicture } from '#quality/evaluation/html/case-gallery.ts';
import { comparisonPage } from '#quality/evaluation/html/comparison-page.ts';
import { reportPage } from '#quality/evaluation/html/report-page.ts';
import { poolRecordsBy } from '#quality/evaluation/pool-records.ts';
import type { EvaluationReport } from '#quality/evaluation/report-schema.ts';
import { joinTruth } from '#quality/evaluation/units.ts';
import { keepScreenshot, launchChromium } from '../support/chromium.ts';
import { missingPeer } from '../support/peers.ts';
import { evaluateSample, MODEL, SETTINGS, sampleOf } from '../unit/quality/evaluation/sample.ts';

async function picture(): Promise<CasePicture> {
  const raw = { width: 20, height: 10, channels: 1 as const };
  const pixels = Uint8Array.from({ length: 200 }, (_, i) => i);
  const png = await sharp(pixels, { raw }).png().toBuffer();
  const image = `data:image/png;base64,${png.toString('base64')}`;
  const transform = { scaleX: 10, scaleY: 10, originX: 0, originY: 0 };
  return {
    rows: 100,
    columns: 200,
    image,
    heatmap: { image, rows: 10, columns: 20, transform },
    drawn: [[20, 30, 40, 20]],
    lesions: [[30, 30, 30, 40]],
    note: undefined,
  };
}

function comparison(): string {
  const { records, truth } = sampleOf(200);
  const pool = poolRecordsBy('image', (scores) => Math.max(...scores));
  const { units } = joinTruth(records, truth, { ageBands: SETTINGS.ageBands, pool });
  const first = parseCases(formatCases(units, MODEL), 'cases.csv');
  const second = first.map((one, i) => ({
    ...one,
    score: one.score === undefined ? undefined : (one.score + (i % 7) / 7) / 2,
  }));
  const options = {
    bootstrapRepeats: 200,
    seed: 1,
    product: 'radtriage 0.0.0',
    createdAt: new Date('2026-01-02T03:04:05Z'),
  };
  const sides = [
    { name: 'sample 1.0.0', cases: first },
    { name: 'sample 2.0.0', cases: second },
  ] as const;
  return comparisonPage(compareScores(...sides, options));
}

function withFaithfulness(): EvaluationReport {
  const random = { deletion: [0.9, 0.5, 0.1], insertion: [0.1, 0.5, 0.9] };
  const map = { deletion: [0.9, 0.2, 0.1], insertion: [0.1, 0.7, 0.9] };
  const judged = Array.from({ length: 6 }, (_, cluster) => ({
    cluster,
    curves: { map, centre: random, random },
  }));
  const settings = { origin: 'rise', flagged: 20, repeats: 200, seed: 1 } as const;
  const faithfulness = faithfulnessFigures({ ...settings, judged });
  const report = evaluateSample(sampleOf(200));
  return { ...report, labels: report.labels.map((label) => ({ ...label, faithfulness })) };
}

describe.skipIf(missingPeer('chromium'))('pages of an evaluation', () => {
  const folder = mkdtempSync(join(tmpdir(), 'radtriage-evaluation-'));
  let browser: Browser;

  beforeAll(async () => {
    browser = await launchChromium('none');
    const shown = await picture();
    const page = reportPage(withFaithfulness(), {
      withImages: true,
      findPicture: () => shown,
    });
    writeFileSync(join(folder, 'report.html'), page);
    writeFileSync(join(folder, 'comparison.html'), comparison());
  });
  afterAll(async () => {
    await browser.close();
    rmSync(folder, { recursive: true });
  });

  describe.each(['report', 'comparison'])('%s', (name) => {
    it.each(['light', 'dark'] as const)(
      'opens from a file alone, without fault that axe can find (%s)',
      async (colorScheme) => {
        const context = await browser.newContext({
          colorScheme,
          viewport: { width: 1200, height: 900 },
        });
        const page = await context.newPage();
        const troubles: string[] = [];
        page.on('pageerror', (error) => troubles.push(error.message));
        page.on('console', (message) => troubles.push(message.text()));
        page.on('request', (request) => {
          if (!/^(file|data):/.test(request.url())) troubles.push(request.url());
        });
        await page.goto(pathToFileURL(join(folder, `${name}.html`)).href);
        const images = page.locator('svg image');
        const count = await images.count();
        expect(count > 0).toBe(name === 'report');
        expect(await page.locator('svg.plot').count()).toBeGreaterThanOrEqual(2);
        await keepScreenshot(page, `evaluation-${name}-${colorScheme}`);
        for (const width of [1200, 420]) {
          await page.setViewportSize({ width, height: 900 });
          const spill = await page
            .locator('html')
            .evaluate((root) => root.scrollWidth - root.clientWidth);
          expect(spill).toBe(0);
        }
        expect(troubles).toEqual([]);
        const { violations } = await new AxeBuilder({ page }).analyze();
        expect(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([]);
        await context.close();
      },
    );

    it('prints on white paper', async () => {
      const context = await browser.newContext({ colorScheme: 'dark' });
      const page = await context.newPage();
      await page.goto(pathToFileURL(join(folder, `${name}.html`)).href);
      await page.emulateMedia({ media: 'print' });
      const color = await page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
      expect(color).toBe('rgb(255, 255, 255)');
      expect((await page.pdf()).subarray(0, 5).toString('latin1')).toBe('%PDF-');
      await context.close();
    });
  });
});
