import AxeBuilder from '@axe-core/playwright';
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keepScreenshot, launchChromium } from '../support/chromium.ts';
import { ctChest, MATRIX, SLICES } from '../support/ct-chest.ts';
import { obliqueMr } from '../support/oblique-mr.ts';
import { missingPeer } from '../support/peers.ts';
import { type ReadingSite, startReadingSite } from '../support/reading-site.ts';
import { waitFor } from '../support/wait-for.ts';

const FIELD_MM = 360;
const SPACING_MM = FIELD_MM / MATRIX;
const SLICE_MM = 10;

/** The middle of the lesion in millimetres of the patient, by the generator's own boxes. */
function lesionPlace({ lesion }: ReturnType<typeof ctChest>): [number, number, number] {
  const boxes = lesion?.boxes ?? [];
  const middle = boxes[Math.floor(boxes.length / 2)];
  const [x = 0, y = 0, width = 0, height = 0] = middle?.box ?? [];
  // Frames are stored from the feet up.
  const slice = SLICES - (middle?.frame ?? 0);
  const corner = -((MATRIX - 1) / 2) * SPACING_MM;
  const place = (from: number, length: number) => corner + (from + length / 2 - 0.5) * SPACING_MM;
  return [place(x, width), place(y, height), -slice * SLICE_MM];
}

const readPoint = async (page: Page) =>
  ((await page.getByTestId('mpr-place').getAttribute('data-point')) ?? '').split(',').map(Number);

const PLANES = ['axial', 'coronal', 'sagittal'] as const;
type Plane = (typeof PLANES)[number];
/** The axes of the patient that lie in a plane, along the screen's rows and columns. */
const AXES = { axial: [0, 1], coronal: [0, 2] } as const;
/** CSS pixels from the middle of a pane. */
const ASIDE = 40;

async function middleOf(page: Page, plane: Plane): Promise<readonly [number, number]> {
  const pane = await page.getByTestId(`mpr-${plane}`).boundingBox();
  if (pane === null) throw new Error('no pane');
  return [pane.x + pane.width / 2, pane.y + pane.height / 2];
}

/** Presses beside the middle of a pane, and gives the point that the cross went to. */
async function press(page: Page, plane: Plane, [left, top]: readonly [number, number]) {
  const [x, y] = await middleOf(page, plane);
  const before = await readPoint(page);
  await page.mouse.move(x + left, y + top);
  await page.mouse.down();
  await page.mouse.up();
  return waitFor(
    async () => {
      const point = await readPoint(page);
      return point.join() === before.join() ? undefined : point;
    },
    { what: 'the cross to move' },
  );
}

/** Takes the cross to a place of the patient with the mouse alone, as a reader would. Gives CSS pixels in a millimetre. */
async function goToPlace(page: Page, place: readonly number[]) {
  const scales = { axial: 0, coronal: 0 };
  for (const plane of ['axial', 'coronal'] as const) {
    const one = await press(page, plane, [-ASIDE, -ASIDE]);
    const two = await press(page, plane, [ASIDE, ASIDE]);
    const [right, down] = AXES[plane].map((axis) => {
      const [from = 0, to = 0] = [one[axis], two[axis]];
      return -ASIDE + (2 * ASIDE * ((place[axis] ?? 0) - from)) / (to - from);
    });
    await press(page, plane, [right ?? 0, down ?? 0]);
    const [across] = AXES[plane];
    scales[plane] = (2 * ASIDE) / Math.abs((two[across] ?? 0) - (one[across] ?? 0));
  }
  return scales;
}

/** Notes each WebGL context that the page makes, so that a test can tell which were given back. */
const NOTE_CONTEXTS = `
  window.contexts = [];
  const make = HTMLCanvasElement.prototype.getContext;
  HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
    const context = make.call(this, kind, ...rest);
    if (kind === 'webgl2' && context && !window.contexts.includes(context)) window.contexts.push(context);
    return context;
  };`;

/** While the planes cover the slices nothing is judged; the way back is beside what rests. */
async function expectJudgingToRest(page: Page): Promise<void> {
  for (const name of ['sign-off', 'add-missed', 'undo']) {
    const button = page.getByTestId(name);
    expect(await button.isDisabled(), name).toBe(true);
    expect(await button.getAttribute('title')).toMatch(/rest while the three planes/);
  }
  await page.keyboard.press('s');
  await page.keyboard.press('m');
  expect(await page.getByTestId('sign-strip').count()).toBe(0);
  await page.getByTestId('judging-back').click();
  await page.getByTestId('mpr').waitFor({ state: 'detached' });
  expect(await page.getByTestId('judging-rests').count()).toBe(0);
  expect(await page.getByTestId('sign-off').isEnabled()).toBe(true);
  expect(await page.getByTestId('add-missed').getAttribute('aria-pressed')).toBe('false');
  const isLost = `window.contexts.some((context) => context.isContextLost())`;
  await waitFor(() => page.evaluate<boolean>(isLost), {
    what: 'the memory of the graphics card to be given back',
  });
}

/** How bright a pane is in the free middle of its cross. */
async function brightness(page: Page, plane: string): Promise<number> {
  const pane = page.getByTestId(`mpr-${plane}`);
  const [x = 0, y = 0] = await page.evaluate<number[]>(`(() => {
    const line = document.querySelector('[data-testid="mpr-${plane}"] .mpr-cross line');
    return [Number(line.getAttribute('x2')) + 14, Number(line.getAttribute('y1'))];
  })()`);
  const area = { left: Math.round(x) - 3, top: Math.round(y) - 3, width: 6, height: 6 };
  const pixels = await sharp(await pane.screenshot())
    .extract(area)
    .greyscale()
    .raw()
    .toBuffer();
  return pixels.reduce((sum, value) => sum + value, 0) / pixels.length;
}

describe.skipIf(missingPeer('chromium'))('three planes', () => {
  let site: ReadingSite;
  let browser: Browser;
  const [diseased, healthy] = [ctChest(true), ctChest(false)];
  const oblique = obliqueMr('planes');

  beforeAll(async () => {
    site = await startReadingSite(['reader']);
    browser = await launchChromium('swiftshader');
    for (const { studyInstanceUid, files } of [diseased, healthy]) {
      const bytes = files.map((file) => file.bytes);
      await site.keep(studyInstanceUid, bytes, { modality: 'CT' });
    }
    await site.keep(oblique.studyInstanceUid, oblique.files, { modality: 'MR' });
  });
  afterAll(async () => {
    await browser?.close();
    await site?.stop();
  });

  const openStudy = async (page: Page, uid: string) => {
    await page.goto(`${site.url}/studies/${uid}`);
    await page.locator('[data-testid="reading-page"][data-ready="true"]').waitFor();
  };
  const openPlanes = async (page: Page, uid: string) => {
    await openStudy(page, uid);
    await page.keyboard.press('#');
    await page.locator('[data-testid="mpr"][data-ready="true"]').waitFor();
    await page.getByTestId('mpr').getByTestId('loading-bar').waitFor({ state: 'detached' });
  };

  it('shows a lesion in three planes at one place of the patient', async () => {
    const { page, errors } = await site.open(browser, 'reader');
    await page.addInitScript(NOTE_CONTEXTS);
    const place = lesionPlace(diseased);
    const seen: number[][] = [];
    for (const study of [diseased, healthy]) {
      await openPlanes(page, study.studyInstanceUid);
      // The window of the lung, in which the lesion is bright.
      await page.keyboard.press('2');
      await goToPlace(page, place);
      const point = await readPoint(page);
      for (const axis of [0, 1, 2]) {
        expect(Math.abs((point[axis] ?? 0) - (place[axis] ?? 0))).toBeLessThan(SPACING_MM);
      }
      await keepScreenshot(page, `reading-planes-${seen.length}`);
      seen.push([
        await brightness(page, 'axial'),
        await brightness(page, 'coronal'),
        await brightness(page, 'sagittal'),
      ]);
    }
    const faults = (await new AxeBuilder({ page }).analyze()).violations;
    expect(faults.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([]);
    await expectJudgingToRest(page);
    await page.keyboard.press('#');
    await page.locator('[data-testid="mpr"][data-ready="true"]').waitFor();
    const [lesion = [], lung = []] = seen;
    for (const plane of [0, 1, 2]) {
      expect((lesion[plane] ?? 0) - (lung[plane] ?? 0)).toBeGreaterThan(60);
    }
    await page.getByTestId('mpr').getByTestId('loading-bar').waitFor({ state: 'detached' });
    const [, , before = 0] = await readPoint(page);
    await page.keyboard.press('ArrowDown');
    await waitFor(async () => Math.round(before - ((await readPoint(page))[2] ?? 0)) === SLICE_MM, {
      what: 'the next slice, by a key',
    });
    await page.evaluate(
      `window.contexts.findLast((each) => !each.isContextLost()).getExtension('WEBGL_lose_context').loseContext()`,
    );
    await page.getByTestId('mpr-place').getByRole('alert').waitFor();
    await page.keyboard.press('#');
    await page.getByTestId('mpr').waitFor({ state: 'detached' });
    await page.keyboard.press('End');
    await page.getByText('24 / 24').waitFor();
    expect(errors).toEqual([]);
  });

  it('cuts an oblique MR where it lies, in slabs as thick as they say, and measures in it', async () => {
    const { page, errors } = await site.open(browser, 'reader');
    await openPlanes(page, oblique.studyInstanceUid);
    const value = async () =>
      Number.parseInt((await page.getByTestId('mpr-value').innerText()).replace(',', ''), 10);
    const bright = async () => {
      const all = [];
      for (const plane of PLANES) all.push(await brightness(page, plane));
      return all;
    };
    const scales = await goToPlace(page, oblique.first);
    await waitFor(async () => (await value()) === oblique.ball, { what: 'the value of the ball' });
    for (const each of await bright()) expect(each).toBeGreaterThan(240);
    await keepScreenshot(page, 'reading-planes-mr');
    // Below the second ball, which begins 8 mm higher.
    const [x, y] = oblique.second;
    await goToPlace(page, [x, y, oblique.first[2]]);
    await waitFor(async () => (await value()) === oblique.around, { what: 'the value around it' });
    const shown = async (what: string, from: number, to: number) =>
      waitFor(
        async () => {
          const axial = await brightness(page, 'axial');
          return axial >= from && axial <= to;
        },
        { what },
      );
    await shown('the plane alone', 0, 60);
    for (const thickness of ['5 mm', '10 mm', '20 mm']) {
      await page.keyboard.press('t');
      await page.getByTestId('mpr-axial').getByText(`${thickness}, MIP`).waitFor();
      const [from, to] = thickness === '20 mm' ? [240, 255] : [0, 60];
      await shown(`a slab of ${thickness}`, from, to);
    }
    await page.keyboard.press('p');
    await shown('the mean of the slab', 35, 150);
    await page.keyboard.press('p');
    await shown('the darkest of the slab', 0, 60);
    expect(await value()).toBe(oblique.around);
    await page.keyboard.press('i');
    await shown('the same inverted', 195, 255);
    await page.keyboard.press(' ');
    await shown('the plane alone again', 0, 60);

    const window = () => page.getByTestId('mpr-window').innerText();
    const first = await window();
    const [cx, cy] = await middleOf(page, 'coronal');
    const drag = async (from: number, to: number) => {
      await page.mouse.move(cx + from, cy);
      await page.mouse.down();
      for (const share of [0.2, 0.6, 1]) await page.mouse.move(cx + from + (to - from) * share, cy);
      await page.mouse.up();
    };
    await page.keyboard.down('Shift');
    await drag(0, 40);
    await page.keyboard.up('Shift');
    await waitFor(async () => (await window()) !== first, { what: 'another window' });
    expect(await page.getByTestId('mpr-coronal').getAttribute('data-active')).toBe('true');
    expect(await page.getByTestId('mpr-axial').getAttribute('data-active')).toBe('false');
    await page.keyboard.press('1');
    await waitFor(async () => (await window()) === first, { what: 'the window it was opened in' });

    const before = await readPoint(page);
    await page.keyboard.press('d');
    await drag(-45, 45);
    const label = page.getByTestId('mpr-coronal').locator('svg text');
    const length = 90 / scales.coronal;
    await waitFor(
      async () =>
        Math.abs(Number.parseFloat((await label.textContent()) ?? '') - length) <
        0.01 * length + 0.5,
      { what: `a length of ${length} mm` },
    );
    expect(await readPoint(page)).toEqual(before);
    await page.keyboard.press('Delete');
    await label.waitFor({ state: 'detached' });
    await page.keyboard.press('d');

    const [, fore = 0] = before;
    await page.keyboard.press('End');
    const back = await waitFor(
      async () => {
        const [, now = 0] = await readPoint(page);
        return now > fore ? now : undefined;
      },
      { what: 'the last slice' },
    );
    await page.keyboard.press('ArrowUp');
    await waitFor(async () => ((await readPoint(page))[1] ?? 0) < back, { what: 'one back' });
    await page.keyboard.press('f');
    await page.keyboard.press('9');
    await page.locator('[data-testid="mpr-sagittal"][data-enlarged="true"]').waitFor();
    await page.keyboard.press('9');
    await page.keyboard.press('Escape');
    await page.getByTestId('mpr').waitFor({ state: 'detached' });
    expect(errors).toEqual([]);
  });

  it('asks for few slices at a time, and says when one could not be had', async () => {
    const { page, errors } = await site.open(browser, 'reader');
    const asked: string[] = [];
    let letGo = () => {};
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    await page.route('**/frames/*', async (route) => {
      const url = route.request().url();
      asked.push(url);
      if (url !== asked[0]) await held;
      await (url === asked[5] ? route.fulfill({ status: 500 }) : route.continue());
    });
    await openStudy(page, oblique.studyInstanceUid);
    await page.keyboard.press('#');
    await page.locator('[data-testid="mpr"][data-ready="true"]').waitFor();
    await waitFor(() => asked.length > 5, { what: 'slices asked for' });
    // Some for the slices beneath, some for the planes, of sixty.
    expect(asked.length).toBeLessThan(15);
    expect(await page.getByTestId('mpr-missing').count()).toBe(0);
    letGo();
    await page
      .getByTestId('mpr-missing')
      .getByText(/missing in all three planes/)
      .waitFor();
    // The loader tells of it a second time, as a rejection that nobody waits for.
    expect(errors.filter((error) => error !== 'XMLHttpRequest')).toEqual([]);
  });

  it('says that other planes need WebGL, where there is none', async () => {
    const without = await launchChromium('none');
    try {
      const { page, errors } = await site.open(without, 'reader');
      await openStudy(page, healthy.studyInstanceUid);
      const button = page.getByTestId('mpr-button');
      expect(await button.getAttribute('title')).toMatch(/WebGL/);
      await button.click({ force: true });
      await page.keyboard.press('#');
      expect(await page.getByTestId('mpr').count()).toBe(0);
      expect(errors).toEqual([]);
    } finally {
      await without.close();
    }
  });
});
