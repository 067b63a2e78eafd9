import type { Browser, Page, Request } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keepScreenshot, launchChromium } from '../support/chromium.ts';
import { keepPaintedStudy, type PaintedStudy } from '../support/painted-study.ts';
import { missingPeer } from '../support/peers.ts';
import { openStudy, press, roomReady } from '../support/reading-page.ts';
import { type ReadingSite, startReadingSite } from '../support/reading-site.ts';
import { centreOfHeat, rawScreenshot } from '../support/viewport-pixels.ts';
import { waitFor } from '../support/wait-for.ts';

/** Words and numbers that stand nowhere but in what the AI has said. */
const LABEL = 'quokkasis';
const MODEL = 'wombat-net';
const SCORE = 0.917253;
const BOX = { boxX: 171.0625, boxY: 91.0625 };
const PLACES = Object.values(BOX).map(String);

/** What a page asked for and what it was told, as long as it is there. */
function listenTo(page: Page) {
  const asked: Request[] = [];
  const told: Promise<{ url: string; body: string }>[] = [];
  const read = async (request: Request) => {
    const response = await request.response().catch(() => null);
    const isText = /json/.test(response?.headers()['content-type'] ?? '');
    const body = isText ? await response?.text().catch(() => '') : '';
    return { url: request.url(), body: body ?? '' };
  };
  page.on('request', (request) => asked.push(request));
  page.on('requestfinished', (request) => told.push(read(request)));
  return {
    of: (uid: string) => asked.filter((request) => request.url().includes(`/studies/${uid}`)),
    /** Answers that hold one of these words, by their address. */
    leaks: async (words: readonly string[]) => {
      const answers = await Promise.all(told);
      expect(answers.filter(({ body }) => body !== '').length).toBeGreaterThan(3);
      return answers
        .filter(({ body }) => words.some((word) => body.includes(word)))
        .map(({ url }) => new URL(url).pathname);
    },
  };
}

describe.skipIf(missingPeer('chromium'))('what is withheld', () => {
  let site: ReadingSite;
  let browser: Browser;
  let [first, second]: PaintedStudy[] = [];
  let heatmapOfSecond: string;

  beforeAll(async () => {
    site = await startReadingSite(['reader', 'blind']);
    first = await keepPaintedStudy(site, 'withheld-1');
    second = await keepPaintedStudy(site, 'withheld-2');
    const { database } = site;
    await database
      .updateTable('finding')
      .set({ label: LABEL, score: SCORE, ...BOX })
      .execute();
    await database.updateTable('modelRun').set({ modelId: MODEL, score: SCORE }).execute();
    const told = { flagged: true, score: SCORE, scoreModel: MODEL };
    await database
      .updateTable('study')
      .set({ ...told, reason: `HIGH: ${LABEL}, score ${SCORE} by ${MODEL}, raised from MEDIUM` })
      .execute();
    const { heatmapId } = await database
      .selectFrom('heatmap')
      .innerJoin('study', 'study.studyKey', 'heatmap.studyKey')
      .select('heatmapId')
      .where('studyInstanceUid', '=', second.studyInstanceUid)
      .executeTakeFirstOrThrow();
    heatmapOfSecond = heatmapId;
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser?.close();
    await site?.stop();
  });

  /** No finding, no place and no colour of one, of the study on the screen. */
  async function showsNoPlace(page: Page): Promise<void> {
    const parts = ['finding', 'finding-strip', 'legend'].map((part) => `[data-testid="${part}"]`);
    for (const part of [...parts, '.mark', '[data-testid="heatmap-canvas"][data-visible="true"]']) {
      expect([part, await page.locator(part).count()]).toEqual([part, 0]);
    }
    await page.getByTestId('loading-bar').waitFor({ state: 'detached' });
    const shown = await rawScreenshot(page.locator('.pane-stage'));
    const black = { ...shown, data: Buffer.alloc(shown.data.length) };
    expect(centreOfHeat(shown, black).count).toBe(0);
  }

  /** Opens the first study and waits until the image of the second has been fetched ahead. */
  async function openFirst(url: string, reader: string) {
    if (first === undefined || second === undefined) throw new Error('no studies');
    const [current, next] = [first.studyInstanceUid, second.studyInstanceUid];
    const { page, errors } = await site.open(browser, reader, { url });
    const traffic = listenTo(page);
    await page.goto(url);
    await page.getByTestId('worklist-row').first().waitFor();
    await openStudy(page, url, current);
    const ahead = (pattern: RegExp) =>
      traffic.of(next).filter((request) => pattern.test(request.url()));
    await waitFor(() => ahead(/frames\/1$/).length > 0, { what: 'the next image fetched' });
    const refused = await page.request.get(
      `${url}/api/studies/${next}/heatmaps/${heatmapOfSecond}`,
    );
    expect(refused.status()).toBe(403);
    expect(ahead(/heatmaps/)).toEqual([]);
    expect(ahead(/thumbnail/)).toEqual([]);
    for (const request of ahead(/./)) {
      const { 'x-radtriage-prefetch': isAhead } = request.headers();
      expect([request.url(), request.method(), isAhead]).toEqual([request.url(), 'GET', '1']);
    }
    return { page, errors, traffic, next };
  }

  it('is the image of the finding in the detail pane of the list, which assist alone shows', async () => {
    const tell = async (settings: Record<string, unknown>) => {
      const url = await site.serveAlso(settings);
      const { page, errors } = await site.open(browser, 'blind', { url });
      const asked = listenTo(page);
      await page.goto(url);
      await page.getByTestId('worklist-row').first().waitFor();
      await press(page, 'd');
      // It has been told of the study in full, and not of its row alone.
      await page
        .getByTestId('detail')
        .getByText(/^5 images/)
        .waitFor();
      expect(errors).toEqual([]);
      return {
        page,
        frames: () =>
          asked.of(first?.studyInstanceUid ?? '').filter((request) => /frames/.test(request.url())),
      };
    };
    for (const settings of [{ readingMode: 'triage-only' }, { blindFirst: 'site' }]) {
      const { page, frames } = await tell(settings);
      expect(await page.getByTestId('key-image').count()).toBe(0);
      expect(frames()).toEqual([]);
      await page.context().close();
    }
    const { page } = await tell({});
    const picture = page.getByTestId('key-image');
    await picture.waitFor();
    await waitFor(
      async () => {
        const { data, width, height } = await rawScreenshot(picture.locator('svg'));
        const at = (x: number, y: number) =>
          data[3 * (Math.round(y * height) * width + Math.round(x * width))] ?? 0;
        // The painted block is white, what lies a block's width beside it is not.
        const [block, beside] = [at(176 / 256, 96 / 256), at(196 / 256, 96 / 256)];
        return block > 230 && beside < 150 ? true : undefined;
      },
      { what: 'the painted block in the picture' },
    );
    const box = await picture.locator('rect').boundingBox();
    const area = await picture.locator('svg').boundingBox();
    const across = ((box?.x ?? 0) + (box?.width ?? 0) / 2 - (area?.x ?? 0)) / (area?.width ?? 1);
    expect(across).toBeCloseTo((BOX.boxX + 6) / 256, 1);
    await keepScreenshot(page, 'worklist-key-image');
    await page.context().close();
  });

  it('is withheld of the study that is fetched ahead too, in triage-only', async () => {
    const url = await site.serveAlso({ readingMode: 'triage-only' });
    const { page, errors, traffic, next } = await openFirst(url, 'reader');
    expect(await traffic.leaks(PLACES)).toEqual([]);
    await page.getByTestId('withheld').waitFor();
    await showsNoPlace(page);
    await press(page, 's', 'Enter');
    await roomReady(page, next);
    await page.getByTestId('withheld').waitFor();
    await showsNoPlace(page);
    expect(await traffic.leaks(PLACES)).toEqual([]);
    await page.getByTestId('toast-undo').click();
    await roomReady(page, first?.studyInstanceUid);
    expect(errors).toEqual([]);
    await page.context().close();
  });

  it('is withheld of the study that is fetched ahead too, until the impression of that one, when read blind first', async () => {
    const url = await site.serveAlso({ blindFirst: 'site' });
    const secrets = [LABEL, MODEL, String(SCORE), ...PLACES];
    const { page, errors, traffic, next } = await openFirst(url, 'blind');
    expect(await traffic.leaks(secrets)).toEqual([]);
    await page.getByTestId('blind-first').waitFor();
    await showsNoPlace(page);
    await press(page, 's');
    await page.getByTestId('impression-nothing-to-report').focus();
    await press(page, 'Space', 'Enter');
    await page.getByTestId('finding').getByText(LABEL).waitFor();
    await roomReady(page);
    // Of this study alone, and of no other.
    expect(new Set(await traffic.leaks(secrets))).toEqual(
      new Set([`/api/studies/${first?.studyInstanceUid}`]),
    );
    await press(page, 'y', 's', 'Enter');
    await roomReady(page, next);
    await page.getByTestId('blind-first').waitFor();
    await showsNoPlace(page);
    await keepScreenshot(page, 'withheld-next');
    expect((await traffic.leaks(secrets)).filter((path) => path.includes(next))).toEqual([]);
    expect(errors).toEqual([]);
    await page.context().close();
  });
});
