import AxeBuilder from '@axe-core/playwright';
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { notifyChange } from '#platform/database/changes.ts';
import { minimalImage } from '#test-data/minimal-objects.ts';
import { generateStudy } from '#test-data/study.ts';
import { keepScreenshot, launchChromium } from '../support/chromium.ts';
import { missingPeer } from '../support/peers.ts';
import { type ReadingSite, startReadingSite } from '../support/reading-site.ts';
import { waitFor } from '../support/wait-for.ts';

const SERIES = 60;

/** The longer ago, the sooner its turn. */
function times(receivedAt: Date) {
  const dueAt = new Date(receivedAt.getTime() + 4 * 3_600_000);
  return { receivedAt, dueAt, rankAt: receivedAt };
}

const MATRIX = 128;
const FIELD_MM = 360;
const SPACING_MM = FIELD_MM / MATRIX;
const SLICE_MM = 10;
const SLICES = 24;

/** With a lesion as the frames of one enhanced image, without one as a file for each slice. */
const chest = (lesion: boolean) =>
  generateStudy({
    enhanced: lesion,
    kind: 'CT',
    seed: 'planes',
    lesion: lesion ? { subtlety: 'obvious' } : null,
    slices: SLICES,
    matrix: MATRIX,
  });

/** The middle of the lesion in millimetres of the patient, by the generator's own boxes. */
function lesionPlace({ lesion }: ReturnType<typeof chest>): [number, number, number] {
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

/** Takes the cross to a place of the patient with the mouse alone, as a reader would. */
async function goToPlace(page: Page, [x, y, z]: readonly [number, number, number]): Promise<void> {
  const pane = await page.getByTestId('mpr-axial').boundingBox();
  if (pane === null) throw new Error('no pane');
  const middle = [pane.x + pane.width / 2, pane.y + pane.height / 2] as const;
  const press = async (left: number, top: number) => {
    const before = await readPoint(page);
    await page.mouse.move(middle[0] + left, middle[1] + top);
    await page.mouse.down();
    await page.mouse.up();
    return waitFor(
      async () => {
        const point = await readPoint(page);
        return point.join() === before.join() ? undefined : point;
      },
      { what: 'the cross to move' },
    );
  };
  const [x0 = 0, y0 = 0] = await press(-50, -50);
  const [x1 = 0, y1 = 0, here = 0] = await press(50, 50);
  await press(-50 + (100 * (x - x0)) / (x1 - x0), -50 + (100 * (y - y0)) / (y1 - y0));
  const slices = Math.round((here - z) / SLICE_MM);
  for (let turn = 0; turn < Math.abs(slices); turn += 1) {
    await page.mouse.wheel(0, 100 * Math.sign(slices));
  }
  await waitFor(async () => Math.abs(((await readPoint(page))[2] ?? 0) - z) < SLICE_MM / 2, {
    what: 'the slice of the lesion',
  });
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

function studyOfManySeries(): { uid: string; files: Buffer[] } {
  const first = minimalImage({ modality: 'CT', seed: 'many' });
  const files = Array.from({ length: SERIES }, (_, place) => {
    const image = minimalImage({
      modality: 'CT',
      seed: 'many',
      studyInstanceUid: first.studyInstanceUid,
      seriesInstanceUid: `${first.seriesInstanceUid}.${place + 1}`,
      rows: 64,
      columns: 64,
      attributes: { SeriesNumber: place + 1, SeriesDescription: `Series number ${place + 1}` },
    });
    return image.bytes;
  });
  return { uid: first.studyInstanceUid, files };
}

describe.skipIf(missingPeer('chromium'))('reading without waiting', () => {
  let site: ReadingSite;
  let browser: Browser;
  const many = studyOfManySeries();
  const radiographs = ['next-1', 'next-2', 'next-3'].map((seed) =>
    generateStudy({ kind: 'DX', seed, lesion: null }),
  );

  const [diseased, healthy] = [chest(true), chest(false)];

  beforeAll(async () => {
    site = await startReadingSite(['reader']);
    browser = await launchChromium('swiftshader');
    const received = (minutesAgo: number) => new Date(Date.now() - minutesAgo * 60_000);
    await site.keep(many.uid, many.files, times(received(5)));
    for (const [place, { studyInstanceUid, files }] of radiographs.entries()) {
      const bytes = files.map((file) => file.bytes);
      await site.keep(studyInstanceUid, bytes, times(received(60 - place)));
    }
    for (const { studyInstanceUid, files } of [diseased, healthy]) {
      const bytes = files.map((file) => file.bytes);
      await site.keep(studyInstanceUid, bytes, { ...times(received(2)), modality: 'CT' });
    }
  });
  afterAll(async () => {
    await browser?.close();
    await site?.stop();
  });

  const ready = (page: Page) =>
    page.locator('[data-testid="reading-page"][data-ready="true"]').waitFor();

  it('shows a picture for each series, fetched when it comes into sight, in places that do not jump', async () => {
    const { page, errors } = await site.open(browser, 'reader');
    const asked: string[] = [];
    page.on('request', (request) => {
      if (request.url().includes('/thumbnail')) asked.push(request.url());
    });
    await page.goto(`${site.url}/studies/${many.uid}`);
    await ready(page);
    const series = page.getByTestId('series');
    expect(await series.count()).toBe(SERIES);
    const heights = (): Promise<number[]> =>
      page.evaluate(
        `[...document.querySelectorAll('[data-testid="series"]')].map((each) => each.offsetHeight)`,
      );
    const before = await heights();
    const isDrawn = (place: number) =>
      waitFor(
        () =>
          page.evaluate<boolean>(
            `document.querySelectorAll('[data-testid="series-picture"]')[${place}]?.naturalWidth > 0`,
          ),
        { what: `the picture of series ${place + 1}` },
      );
    await isDrawn(0);
    const early = asked.length;
    expect(early).toBeLessThan(SERIES);
    await series.last().focus();
    await isDrawn(SERIES - 1);
    await page.keyboard.press('Enter');
    await page.locator('[data-testid="series"][aria-current="true"]').waitFor();
    expect(await heights()).toEqual(before);
    await keepScreenshot(page, 'reading-rail');
    expect(errors).toEqual([]);
  });

  it('has the next study ready before it is opened, tells nobody so, and drops it when another comes first', async () => {
    const { page, errors } = await site.open(browser, 'reader');
    const [current, next, third] = radiographs.map((study) => study.studyInstanceUid);
    const asked: string[] = [];
    page.on('request', (request) => asked.push(`${request.method()} ${request.url()}`));
    const askedOf = (uid = '?') => asked.filter((each) => each.includes(uid));
    const frames = (uid: string | undefined) =>
      askedOf(uid).filter((each) => /frames\/1$/.test(each));
    await page.goto(`${site.url}/studies/${current}`);
    await ready(page);
    await waitFor(() => frames(next).length > 0, { what: 'the next image fetched' });
    expect(askedOf(next).filter((each) => !each.startsWith('GET '))).toEqual([]);
    expect(askedOf(next).filter((each) => each.includes('heatmaps'))).toEqual([]);
    const row = await site.database
      .selectFrom('study')
      .select(['readingStatus', 'openedBy'])
      .where('studyInstanceUid', '=', next ?? '')
      .executeTakeFirstOrThrow();
    expect(row).toEqual({ readingStatus: 'unread', openedBy: null });
    const told = await waitFor(
      async () => {
        const entries = await site.database
          .selectFrom('auditLog')
          .select('action')
          .where('studyInstanceUid', '=', next ?? '')
          .orderBy('sequence')
          .execute();
        return entries.length >= 2 ? entries.map(({ action }) => action) : undefined;
      },
      { what: 'the audit log' },
    );
    expect(new Set(told)).toEqual(new Set(['study.prefetched', 'images.prefetched']));
    // A colleague opens it: it is not the next one any more.
    await site.database
      .updateTable('study')
      .set({ readingStatus: 'open', openedBy: 'colleague', openedAt: new Date() })
      .where('studyInstanceUid', '=', next ?? '')
      .execute();
    await notifyChange(site.database, next ?? '');
    await waitFor(() => frames(third).length > 0, { what: 'the image of the one after' });
    await page.keyboard.press('s');
    await page.keyboard.press('Enter');
    await page
      .locator(`[data-testid="reading-page"][data-uid="${third}"][data-ready="true"]`)
      .waitFor();
    expect(frames(third)).toHaveLength(1);
    expect(errors).toEqual([]);
  });

  it('opens the study of its address while its own code is still on the way, once, and again after a log-in', async () => {
    const { page, errors } = await site.open(browser, 'reader');
    const path = `/api/studies/${healthy.studyInstanceUid}`;
    const asked: string[] = [];
    page.on('request', (request) => asked.push(`${request.method()} ${request.url()}`));
    const times = (what: string) => asked.filter((each) => each === what).length;
    await page.route('**/assets/reading-page-*.js', async (route) => {
      const isRead = () =>
        asked.some((each) => each.endsWith(`${healthy.studyInstanceUid}/metadata`));
      await waitFor(isRead, { what: 'the study read before the code of its page is there' });
      await route.continue();
    });
    await page.goto(`${site.url}/studies/${healthy.studyInstanceUid}`);
    await ready(page);
    expect(times(`POST ${site.url}${path}/open`)).toBe(1);
    await page.keyboard.press('q');
    await page.getByTestId('worklist-row').first().waitFor();
    await waitFor(() => times(`DELETE ${site.url}${path}/open`) > 0, { what: 'the study left' });
    expect(times(`DELETE ${site.url}${path}/open`)).toBe(1);
    await page.unroute('**/assets/reading-page-*.js');
    await page.context().clearCookies();
    await page.goto(`${site.url}/studies/${healthy.studyInstanceUid}`);
    await page.getByTestId('login-page').waitFor();
    const refused = times(`POST ${site.url}${path}/open`);
    await page.getByLabel(/user name/i).fill('reader');
    await page.getByLabel(/password/i).fill('reader and a long word');
    await page.keyboard.press('Enter');
    await ready(page);
    expect(times(`POST ${site.url}${path}/open`)).toBe(refused + 1);
    expect(errors).toEqual([]);
  });

  it('is left while images are on their way, without a fault', async () => {
    const { page, errors } = await site.open(browser, 'reader');
    await page.goto(`${site.url}/studies/${healthy.studyInstanceUid}`);
    await ready(page);
    let letGo = () => {};
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    await page.route(`**/${diseased.studyInstanceUid}/**/frames/**`, async (route) => {
      await held;
      await route.continue();
    });
    const isHeld = (url: string) =>
      url.includes(diseased.studyInstanceUid) && url.includes('/frames/');
    const asked = page.waitForRequest((request) => isHeld(request.url()));
    await page.evaluate(`history.pushState(null, '', '/studies/${diseased.studyInstanceUid}')`);
    await asked;
    await page.keyboard.press('q');
    await page.getByTestId('worklist-row').first().waitFor();
    // Longer than what is left is kept.
    await page.waitForTimeout(200);
    const came = page.waitForResponse((response) => isHeld(response.url()));
    letGo();
    await (await came).finished();
    await page.waitForTimeout(300);
    expect(errors).toEqual([]);
  });

  it('shows a lesion in three planes at one place of the patient', async () => {
    const { page, errors } = await site.open(browser, 'reader');
    await page.addInitScript(NOTE_CONTEXTS);
    const place = lesionPlace(diseased);
    const seen: number[][] = [];
    for (const study of [diseased, healthy]) {
      await page.goto(`${site.url}/studies/${study.studyInstanceUid}`);
      await ready(page);
      await page.keyboard.press('#');
      await page.locator('[data-testid="mpr"][data-ready="true"]').waitFor();
      await page.getByTestId('mpr').getByTestId('loading-bar').waitFor({ state: 'detached' });
      // The window of the lung, in which the lesion is bright.
      await page.keyboard.press('2');
      await goToPlace(page, place);
      const point = await readPoint(page);
      for (const axis of [0, 1]) {
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

  it('says that other planes need WebGL, where there is none', async () => {
    const without = await launchChromium('none');
    try {
      const { page, errors } = await site.open(without, 'reader');
      await page.goto(`${site.url}/studies/${healthy.studyInstanceUid}`);
      await ready(page);
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
