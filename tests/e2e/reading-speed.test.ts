import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { notifyChange } from '#platform/database/changes.ts';
import { minimalImage } from '#test-data/minimal-objects.ts';
import { generateStudy } from '#test-data/study.ts';
import { keepScreenshot, launchChromium } from '../support/chromium.ts';
import { ctChest } from '../support/ct-chest.ts';
import { missingPeer } from '../support/peers.ts';
import { type ReadingSite, startReadingSite } from '../support/reading-site.ts';
import { waitFor } from '../support/wait-for.ts';

const SERIES = 60;

/** The longer ago, the sooner its turn. */
function times(receivedAt: Date) {
  const dueAt = new Date(receivedAt.getTime() + 4 * 3_600_000);
  return { receivedAt, dueAt, rankAt: receivedAt };
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

  const [diseased, healthy] = [ctChest(true), ctChest(false)];

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
});
