import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { minimalImage } from '#test-data/minimal-objects.ts';
import { keepScreenshot, launchChromium, openPage } from '../support/chromium.ts';
import { type Instance, startInstance } from '../support/instance.ts';
import { testManifest, writeModelFolder } from '../support/onnx/model-folder.ts';
import { outputModels } from '../support/onnx/output-models.ts';
import { missingPeer } from '../support/peers.ts';
import { addUser, PASSWORD } from '../support/reader.ts';
import { readStudy, sendWithStorescu } from '../support/studies.ts';
import { centreOfHeat, fitted, rawScreenshot } from '../support/viewport-pixels.ts';
import { waitFor } from '../support/wait-for.ts';

const SIDE = 256;
/** A bright square, one cell of the test networks once the image has become 64 x 64. */
const SPOT = { x: 160, y: 64, side: 32 };
const PLACE = { x: SPOT.x + SPOT.side / 2, y: SPOT.y + SPOT.side / 2 };

/** What tells a heatmap's origin in the viewer; a kind without one draws boxes. */
const KINDS = {
  heatmap: /by the network itself/,
  mask: /by the network itself/,
  features: /class activation map/,
  explained: /explanation by occlusion/,
  'yolo-v8': undefined,
  detr: undefined,
} as const;
type Kind = keyof typeof KINDS;

/** A radiograph for the model of a kind alone: its StudyDescription names it. */
function writeRadiograph(parent: string, kind: string, background: number): string {
  const pixels = Buffer.alloc(SIDE * SIDE, background);
  for (let y = SPOT.y; y < SPOT.y + SPOT.side; y += 1) {
    pixels.fill(235, y * SIDE + SPOT.x, y * SIDE + SPOT.x + SPOT.side);
  }
  const image = minimalImage({
    modality: 'DX',
    seed: `models-${kind}`,
    // No chest: the models that come with the product leave it alone.
    attributes: {
      ...{ Rows: SIDE, Columns: SIDE, PixelData: pixels },
      ...{ StudyDescription: kind, BodyPartExamined: 'HAND' },
    },
  });
  const folder = join(parent, kind);
  mkdirSync(folder);
  writeFileSync(join(folder, 'image.dcm'), image.bytes);
  return image.studyInstanceUid;
}

describe.skipIf(missingPeer('storescu', 'chromium'))(
  'a third-party model, added as a folder',
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'radtriage-models-'));
    const models = join(folder, 'models');
    const studies = new Map<string, string>();
    let instance: Instance;
    let browser: Browser;
    let page: Page;

    beforeAll(async () => {
      const images = join(folder, 'images');
      mkdirSync(images);
      const all = outputModels(64);
      for (const kind of [...Object.keys(KINDS), 'scores', 'atypicality']) {
        const { overrides, network } = all[kind] ?? {};
        if (overrides === undefined || network === undefined) throw new Error(`no model ${kind}`);
        writeModelFolder(
          models,
          {
            ...overrides,
            select: { level: 'image', all: [{ attribute: 'StudyDescription', in: [kind] }] },
            input: { ...testManifest().input, window: { kind: 'full-range' } },
          },
          network,
        );
        studies.set(kind, writeRadiograph(images, kind, kind === 'atypicality' ? 200 : 20));
      }
      instance = await startInstance({ environment: { RADTRIAGE_MODEL_DIRECTORIES: models } });
      await addUser(instance, 'reader', 'radiologist');
      await sendWithStorescu(instance.dicom, images);
      for (const uid of studies.values()) {
        await waitFor(
          async () =>
            ['analysed', 'not-analysed'].includes((await readStudy(instance, uid))?.status ?? ''),
          { what: 'the analysis', deadlineMs: 120_000 },
        );
      }
      browser = await launchChromium();
      ({ page } = await openPage(browser));
      await page.goto(instance.http.url);
      await page.getByLabel(/user/i).fill('reader');
      await page.getByLabel(/password/i).fill(PASSWORD);
      await page.keyboard.press('Enter');
      await page.getByTestId('worklist-row').first().waitFor();
    });
    afterAll(async () => {
      await browser?.close();
      await instance?.stop();
      rmSync(folder, { recursive: true });
    });

    async function open(kind: string): Promise<void> {
      await page.goto(`${instance.http.url}/studies/${studies.get(kind)}`);
      await page.locator('[data-testid="reading-page"][data-ready="true"]').waitFor();
    }

    const kindsOf = (drawsHeat: boolean) =>
      (Object.keys(KINDS) as Kind[]).filter((kind) => (KINDS[kind] !== undefined) === drawsHeat);

    it.each(kindsOf(true))('%s: the heat lies where the lesion was planted', async (kind) => {
      await open(kind);
      await page.locator('[data-testid="heatmap-canvas"][data-visible="true"]').waitFor();
      expect(await page.getByTestId('heatmap-origin').textContent()).toMatch(KINDS[kind] ?? /^$/);
      const note = page.getByTestId('explanation-note');
      expect(await note.allTextContents()).toEqual(
        kind === 'explained' ? [expect.stringMatching(/: from [0-9]+ masks$/)] : [],
      );
      const boxes = page.getByRole('button', { name: /boxes/i });
      if ((await boxes.getAttribute('aria-pressed')) === 'true') await boxes.click();
      const on = await rawScreenshot(page);
      await keepScreenshot(page, `model-${kind}`);
      await page.keyboard.press('o');
      await page
        .locator('[data-testid="heatmap-canvas"][data-visible="false"]')
        .waitFor({ state: 'attached' });
      const off = await rawScreenshot(page);
      await page.keyboard.press('o');
      const heat = centreOfHeat(on, off);
      expect(heat.count).toBeGreaterThan(100);
      const expected = fitted(on, { columns: SIDE, rows: SIDE }, PLACE);
      expect(Math.abs(heat.x - expected.x)).toBeLessThan(SPOT.side * expected.scale);
      expect(Math.abs(heat.y - expected.y)).toBeLessThan(SPOT.side * expected.scale);
    });

    it.each(kindsOf(false))('%s: the box lies where the lesion was planted', async (kind) => {
      await open(kind);
      const boxes = page.getByRole('button', { name: /boxes/i });
      if ((await boxes.getAttribute('aria-pressed')) === 'false') await boxes.click();
      const viewport = await page.getByTestId('viewport').boundingBox();
      const mark = page.locator('[data-testid="finding-marks"] polygon').first();
      await mark.waitFor();
      const box = await mark.boundingBox();
      await keepScreenshot(page, `model-${kind}`);
      if (viewport === null || box === null) throw new Error('nothing is drawn');
      const shown = { data: Buffer.alloc(0), width: viewport.width, height: viewport.height };
      const expected = fitted(shown, { columns: SIDE, rows: SIDE }, PLACE);
      const side = SPOT.side * expected.scale;
      expect(Math.abs(box.x + box.width / 2 - viewport.x - expected.x)).toBeLessThan(4);
      expect(Math.abs(box.y + box.height / 2 - viewport.y - expected.y)).toBeLessThan(4);
      expect(Math.abs(box.width - side)).toBeLessThan(8);
    });

    it('shows a score for each label, as a score', async () => {
      await open('scores');
      const labels = page.getByTestId('label-score');
      await labels.first().waitFor();
      expect(await labels.allTextContents()).toEqual([
        expect.stringMatching(/^Dark image.*0\.00.*flags from 1\.00/),
        expect.stringMatching(/^Bright spot.*1\.00.*flagged from 0\.50/),
      ]);
      expect(await page.getByTestId('reading-page').textContent()).not.toMatch(/probab|%/i);
    });

    it('says that an image outside the intended use was not analysed, and why, without a score', async () => {
      await open('atypicality');
      const result = page.getByTestId('model-result');
      await result.waitFor();
      expect(await result.textContent()).toMatch(
        /not analysed: outside intended use: the image does not resemble/,
      );
      expect(await result.locator('.model-score').textContent()).toBe('–');
      const study = await readStudy(instance, studies.get('atypicality') ?? '');
      expect(study).toMatchObject({
        status: 'not-analysed',
        score: null,
        findings: [],
        heatmaps: [],
      });
      expect(study?.statusReason).toMatch(/outside intended use/);
    });
  },
);
