import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { minimalImage } from '#test-data/minimal-objects.ts';
import { type Graphics, keepScreenshot, launchChromium } from '../support/chromium.ts';
import { keepPaintedStudy, type PaintedStudy } from '../support/painted-study.ts';
import {
  blockComesTo,
  blockPlace,
  fromMiddle,
  greyOfPatch,
  imageOf,
} from '../support/painted-view.ts';
import { missingPeer } from '../support/peers.ts';
import {
  drag,
  openStudy,
  type Point,
  placesOn,
  press,
  roomReady,
  saysIn,
} from '../support/reading-page.ts';
import { type ReadingSite, startReadingSite } from '../support/reading-site.ts';
import { centreOfHeat, rawScreenshot } from '../support/viewport-pixels.ts';
import { waitFor } from '../support/wait-for.ts';

const SLICES = 12;

/** An MR series without a common unit of values, its slices 5 mm apart. */
function magneticSeries(seed: string): { studyInstanceUid: string; files: Buffer[] } {
  const first = minimalImage({ modality: 'MR', seed });
  const files = Array.from({ length: SLICES }, (_, place) => {
    const { bytes } = minimalImage({
      ...{ modality: 'MR', seed, studyInstanceUid: first.studyInstanceUid },
      ...{ seriesInstanceUid: first.seriesInstanceUid, instanceNumber: place + 1 },
      ...{ rows: 32, columns: 32 },
      attributes: {
        ...{ ImageType: ['ORIGINAL', 'PRIMARY'], FrameOfReferenceUID: first.seriesInstanceUid },
        ...{ ImageOrientationPatient: [0, 1, 0, 0, 0, -1], PixelSpacing: [2, 2] },
        ...{ ImagePositionPatient: [place * 5, -32, 32], SliceThickness: 5 },
      },
    });
    return bytes;
  });
  return { studyInstanceUid: first.studyInstanceUid, files };
}

describe.skipIf(missingPeer('chromium'))('viewing', () => {
  let site: ReadingSite;
  let study: PaintedStudy;
  const magnetic = magneticSeries('viewing');

  beforeAll(async () => {
    site = await startReadingSite(['reader']);
    study = await keepPaintedStudy(site, 'viewing');
    await site.keep(magnetic.studyInstanceUid, magnetic.files, { modality: 'MR' });
  });
  afterAll(() => site?.stop());

  describe.each<Graphics>(['swiftshader', 'none'])('graphics: %s', (graphics) => {
    let browser: Browser;
    let page: Page;
    let errors: string[];

    beforeAll(async () => {
      browser = await launchChromium(graphics);
      ({ page, errors } = await site.open(browser, 'reader'));
      await openStudy(page, site.url, study.studyInstanceUid);
      await page.locator('[data-testid="heatmap-canvas"][data-visible="true"]').waitFor();
    });
    afterAll(() => browser?.close());

    const heatIs = (drawing: 'heat' | 'contour' | 'off') =>
      page
        .locator(`[data-testid="heatmap-canvas"][data-drawing="${drawing}"]`)
        .waitFor({ state: 'attached' });
    const windowOf = async () => {
      const said = await page.getByTestId('window').innerText();
      const [, width = '', level = ''] = /^W (-?\d+) L (-?\d+)$/.exec(said) ?? [];
      return { width: Number(width), level: Number(level) };
    };

    const image = () => imageOf(page);
    const expectBlock = (what: string, wanted: Point) => blockComesTo(page, what, wanted);

    const sides = () =>
      Promise.all(
        ['left', 'top', 'right', 'bottom'].map((edge) =>
          page.getByTestId(`edge-${edge}`).innerText(),
        ),
      ).then((letters) => letters.join(' '));

    /** Millimetres that the scale bar stands for, by the length of its line and the zoom. */
    async function scaleIsRight(screenPixelsPerSource: number): Promise<void> {
      const bar = page.getByTestId('scale-bar');
      const said = /^([\d.]+) (cm|mm) in the patient/.exec(await bar.innerText()) ?? [];
      const wanted = Number(said[1]) * (said[2] === 'cm' ? 10 : 1);
      const drawn = (await bar.locator('i').boundingBox())?.width ?? 0;
      expect(Math.abs((drawn / screenPixelsPerSource) * study.spacing - wanted)).toBeLessThan(1);
    }

    it('turns, zooms and moves the image, its letters, its scale and its heat together, and back', async () => {
      await press(page, 'b', 'o', '4');
      await heatIs('off');
      const { scale } = await placesOn(page, study);
      const [x, y] = [study.middle.x - 128, study.middle.y - 128].map((each) => each * scale);
      const block = { x: x ?? 0, y: y ?? 0 };
      await expectBlock('the block', block);
      expect(await sides()).toBe('R A L P');
      await scaleIsRight(scale);
      await press(page, 'h');
      await expectBlock('flipped left-right', { x: -block.x, y: block.y });
      expect(await sides()).toBe('L A R P');
      await press(page, 'h', 'v');
      await expectBlock('flipped up-down', { x: block.x, y: -block.y });
      expect(await sides()).toBe('R P L A');
      await press(page, 'v', 'r');
      await expectBlock('turned right', { x: -block.y, y: block.x });
      expect(await sides()).toBe('P R A L');
      await press(page, 'l', 'l');
      await expectBlock('turned left', { x: block.y, y: -block.x });
      await press(page, 'r', '+');
      await expectBlock('zoomed', { x: 1.2 * block.x, y: 1.2 * block.y });
      await scaleIsRight(1.2 * scale);

      const area = await page.getByTestId('viewport').boundingBox();
      const middle = { x: (area?.x ?? 0) + 300, y: (area?.y ?? 0) + 300 };
      await drag(page, [middle, { x: middle.x - 60, y: middle.y + 40 }], 'middle');
      const moved = { x: 1.2 * block.x - 60, y: 1.2 * block.y + 40 };
      await expectBlock('moved', moved);
      const off = await rawScreenshot(image());
      await press(page, 'o');
      await heatIs('heat');
      const heat = await fromMiddle(page, centreOfHeat(await rawScreenshot(image()), off));
      expect(Math.hypot(heat.x - moved.x, heat.y - moved.y)).toBeLessThan(6);
      await press(page, 'o', '=');
      await expectBlock('fitted', block);
      // With the tool for it the left button zooms, as the right one always does.
      await press(page, 'z');
      await drag(page, [middle, { x: middle.x, y: middle.y + 60 }]);
      const { x: byTool } = await waitFor(
        async () => {
          const place = await blockPlace(page);
          return Math.abs(place.x / block.x - 1) > 0.1 ? place : undefined;
        },
        { what: 'the zoom by the left button' },
      );
      expect(byTool / block.x).toBeGreaterThan(0.2);
      await press(page, 'z', 'h', 'r', 'Space', '4');
      await expectBlock('reset', block);
      expect(await sides()).toBe('R A L P');
      expect(errors).toEqual([]);
    });

    it('shows each value as grey as its window says: presets, by hand, and inverted', async () => {
      await press(page, 'Space');
      await page.mouse.move(2, 2);
      const presets = [
        ['1', 400, 40],
        ['2', 1500, -600],
        ['3', 150, 90],
        ['4', 2500, 480],
        ['5', 80, 40],
      ] as const;
      const seenAt: number[] = [];
      const patchIs = async (what: string, isInverted = false) => {
        const shown = await windowOf();
        await waitFor(
          async () => {
            const grey = await greyOfPatch(page, study, shown);
            const wanted = isInverted ? 255 - grey.wanted : grey.wanted;
            if (Math.abs(grey.seen - wanted) > 5) throw new Error(`${grey.seen}, not ${wanted}`);
            seenAt.push(grey.seen);
            return true;
          },
          { what: `the grey of ${what}` },
        );
      };
      for (const [key, width, level] of presets) {
        await press(page, key);
        await saysIn(page.getByTestId('window'), `W ${width} L ${level}`);
        await patchIs(`preset ${key}`);
      }
      await press(page, '2');
      await saysIn(page.getByTestId('window'), 'W 1500 L -600');
      const from = { x: 520, y: 300 };
      await drag(page, [from, { x: from.x + 40, y: from.y - 50 }]);
      const byHand = await waitFor(
        async () => {
          const now = await windowOf();
          return now.width !== 1500 && now.level !== -600 ? now : undefined;
        },
        { what: 'a window by hand' },
      );
      expect(byHand.width).toBeGreaterThan(1500);
      await page.mouse.move(2, 2);
      await patchIs('a window by hand');
      await press(page, 'i');
      await patchIs('the inverted image', true);
      await press(page, 'i');
      await patchIs('the image as before');
      expect(Math.max(...seenAt) - Math.min(...seenAt)).toBeGreaterThan(60);
      await keepScreenshot(page, `viewing-window-${graphics}`);
      expect(errors).toEqual([]);
    });

    it('draws the heat as strongly, from the score, and in the colours that are asked for', async () => {
      await press(page, 'Space', '4');
      await heatIs('off');
      const off = await rawScreenshot(page);
      await press(page, 'o');
      await heatIs('heat');
      const slide = (name: string, value: string) => page.getByTestId(name).fill(value);
      const heat = async () => {
        const on = await rawScreenshot(page);
        const { count } = centreOfHeat(on, off);
        let strength = 0;
        let green = 0;
        for (let at = 0; at < on.data.length; at += 3) {
          const [r, g, b] = [0, 1, 2].map(
            (part) => (on.data[at + part] ?? 0) - (off.data[at + part] ?? 0),
          );
          strength += Math.abs(r ?? 0) + Math.abs(g ?? 0) + Math.abs(b ?? 0);
          green += (g ?? 0) - (r ?? 0);
        }
        return { count, strength, green };
      };
      await slide('opacity', '1');
      await slide('threshold', '0.5');
      const strong = await heat();
      expect(strong.count).toBeGreaterThan(300);
      await slide('opacity', '0.3');
      expect((await heat()).strength / strong.strength).toBeCloseTo(0.3, 1);
      await slide('opacity', '1');
      await slide('threshold', '0.8');
      const high = await heat();
      // The hill of heat is exp(-r²/2s²): the area above a threshold goes with the logarithm of it.
      expect(high.count / strong.count).toBeCloseTo(Math.log(0.8) / Math.log(0.5), 1);
      await press(page, ';');
      await page.locator('[data-testid="legend"][data-colours="viridis"]').waitFor();
      expect((await heat()).green).toBeGreaterThan(high.green);
      await slide('threshold', '0.5');
      // The slider has the focus: it keeps the arrows, and no other key.
      await press(page, ';', ';', 'b');
      await page.locator('[data-testid="legend"][data-colours="inferno"]').waitFor();
      await page.getByTestId('threshold').blur();
      expect(errors).toEqual([]);
    });

    it('goes through the slices by keys, wheel and cine, says its keys, and says when there is no WebGL', async () => {
      const place = page.getByTestId('image-place');
      // All slices have come by themselves: there is nothing left to be fetched.
      await page.getByTestId('loading-bar').waitFor({ state: 'detached' });
      await page.route('**/frames/**', (route) => route.abort());
      await press(page, 'Home');
      await saysIn(place, '1 / 5');
      await press(page, 'ArrowDown', 'ArrowRight', 'ArrowUp');
      await saysIn(place, '2 / 5');
      await page.mouse.move(560, 380);
      await page.mouse.wheel(0, 100);
      await saysIn(place, '3 / 5');
      const cine = page.getByRole('button', { name: /^Cine/ });
      await press(page, 'c');
      for (const slice of ['4 / 5', '5 / 5', '1 / 5']) await saysIn(place, slice);
      expect(await cine.getAttribute('aria-pressed')).toBe('true');
      await press(page, 'c');
      await press(page, '?');
      const help = page.getByRole('dialog');
      await help.waitFor();
      for (const words of ['Cine', 'Window presets', 'Reject the finding', 'Heatmap on or off']) {
        expect(await help.getByText(words, { exact: true }).count(), words).toBe(1);
      }
      await keepScreenshot(page, `viewing-keys-${graphics}`);
      await press(page, 'Escape');
      await help.waitFor({ state: 'detached' });
      const strip = await page.getByTestId('finding-strip').boundingBox();
      const [left = 0, top = 0, height = 0] = [strip?.x, strip?.y, strip?.height];
      await page.mouse.click(left + 8, top + 0.9 * height);
      await saysIn(place, '5 / 5');
      await press(page, ',');
      await saysIn(place, `${study.paintedSlice + 1} / 5`);
      await page.unroute('**/frames/**');
      expect(await cine.getAttribute('aria-pressed')).toBe('false');
      expect(await page.getByText('software rendering').count()).toBe(graphics === 'none' ? 1 : 0);
      expect(errors).toEqual([]);
    });

    it('opens an MR series in its middle, with windows of its own and values without a unit', async () => {
      await openStudy(page, site.url, magnetic.studyInstanceUid);
      const place = page.getByTestId('image-place');
      await saysIn(place, `${SLICES / 2 + 1} / ${SLICES}`);
      expect(await page.getByTestId('series').count()).toBe(1);
      expect(await sides()).toBe('A H P F');
      expect(await page.getByTestId('mpr-button').count()).toBe(1);
      await page.mouse.move(560, 380);
      await saysIn(page.getByTestId('probe'), /^\d+ pixel value, no unit \(\d+, \d+\)$/);
      const own = await windowOf();
      await press(page, '2');
      await waitFor(async () => (await windowOf()).width === Math.round(own.width * 1.5), {
        what: 'the softer window',
      });
      await press(page, '1');
      await waitFor(async () => (await windowOf()).width === own.width, { what: 'its own window' });
      await press(page, 'End');
      await saysIn(place, `${SLICES} / ${SLICES}`);
      await roomReady(page);
      await keepScreenshot(page, `viewing-mr-${graphics}`);
      expect(errors).toEqual([]);
    });
  });
});
