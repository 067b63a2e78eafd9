import AxeBuilder from '@axe-core/playwright';
import { sql } from 'kysely';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { notifyChange } from '#platform/database/changes.ts';
import { type Graphics, keepScreenshot, launchChromium } from '../support/chromium.ts';
import { keepPaintedStudy, type PaintedStudy } from '../support/painted-study.ts';
import { missingPeer } from '../support/peers.ts';
import {
  drag,
  openStudy,
  type Point,
  placesOn,
  press,
  roomReady,
} from '../support/reading-page.ts';
import { type ReadingSite, startReadingSite } from '../support/reading-site.ts';
import { seedRun } from '../support/seed-studies.ts';
import { centreOfWhite, rawScreenshot } from '../support/viewport-pixels.ts';
import { waitFor } from '../support/wait-for.ts';
import { type Caller, sessionCallerFor } from '../support/web-server.ts';

const GRAPHICS: readonly Graphics[] = ['swiftshader', 'none'];
/** Pixels of the image by which a box may be off after a drag. */
const DRAG_ERROR = 1;

describe.skipIf(missingPeer('chromium'))('judging', () => {
  let site: ReadingSite;
  let colleague: Caller;
  const studies = new Map<string, PaintedStudy>();
  const browsers = new Map<Graphics, Browser>();

  beforeAll(async () => {
    site = await startReadingSite(['reader']);
    colleague = await sessionCallerFor(site, site.database, {
      ...{ role: 'radiologist', name: 'colleague' },
    });
    for (const name of [...GRAPHICS, 'conflict', 'elsewhere']) {
      studies.set(name, await keepPaintedStudy(site, `judging-${name}`));
    }
    for (const graphics of GRAPHICS) browsers.set(graphics, await launchChromium(graphics));
  });
  afterAll(async () => {
    for (const browser of browsers.values()) await browser.close();
    await site?.stop();
  });

  async function open(name: string, graphics: Graphics = 'swiftshader') {
    const [browser, study] = [browsers.get(graphics), studies.get(name)];
    if (browser === undefined || study === undefined) throw new Error('nothing to open');
    const opened = await site.open(browser, 'reader');
    await openStudy(opened.page, site.url, study.studyInstanceUid);
    return { ...opened, study };
  }

  const finding = (page: Page, state: string) =>
    page.locator(`[data-testid="finding"][data-state="${state}"]`);
  const rowOf = ({ studyInstanceUid }: PaintedStudy) =>
    site.database
      .selectFrom('study')
      .selectAll()
      .where('studyInstanceUid', '=', studyInstanceUid)
      .executeTakeFirstOrThrow();
  const signedOf = async (study: PaintedStudy) => {
    const { studyKey } = await rowOf(study);
    const { reviewId, ...review } = await site.database
      .selectFrom('review')
      .selectAll()
      .where('studyKey', '=', studyKey)
      .orderBy('createdAt', 'desc')
      .executeTakeFirstOrThrow();
    const verdicts = await site.database
      .selectFrom('findingVerdict')
      .selectAll()
      .where('reviewId', '=', reviewId)
      .orderBy('verdict', 'desc')
      .execute();
    return { ...review, verdicts };
  };

  /** Middle of a mark's box as it is drawn, on the page. */
  async function markPlace(page: Page, state: string): Promise<Point> {
    const box = await page.locator(`.mark[data-state="${state}"] .mark-line`).boundingBox();
    return {
      x: (box?.x ?? 0) + (box?.width ?? 0) / 2,
      y: (box?.y ?? 0) + (box?.height ?? 0) / 2,
    };
  }

  it.each(GRAPHICS)(
    'takes each verdict by one key, on an image that is flipped and zoomed, and takes each back (graphics: %s)',
    async (graphics) => {
      const before = Date.now();
      const { page, errors, study } = await open(graphics, graphics);
      const places = await placesOn(page, study);
      const middle = places.toPage({ x: study.matrix / 2, y: study.matrix / 2 });
      const at = (place: Point): Point => {
        const { x, y } = places.toPage(place);
        return { x: middle.x - 1.2 * (x - middle.x), y: middle.y + 1.2 * (y - middle.y) };
      };
      await press(page, 'h', '+', '4', 'o');
      await page.locator('[data-testid="heatmap-canvas"][data-visible="false"]').waitFor({
        state: 'attached',
      });
      const stage = await page.locator('.pane-stage').boundingBox();
      const white = centreOfWhite(await rawScreenshot(page.locator('.pane-stage')));
      const marked = await markPlace(page, 'open');
      expect(
        Math.hypot(white.x + (stage?.x ?? 0) - marked.x, white.y + (stage?.y ?? 0) - marked.y),
      ).toBeLessThan(3);

      expect(await finding(page, 'open').innerText()).toMatch(
        /lesion\s+no verdict\s+score\s*0\.91\s+phantom-lesion 1\.0\.0/,
      );
      await press(page, 'y');
      await finding(page, 'confirm').waitFor();
      await press(page, 'u');
      await finding(page, 'open').waitFor();
      await press(page, 'n');
      await finding(page, 'reject').waitFor();
      await page.getByTestId('reject-reason').fill('a vessel');
      await press(page, 'Enter');
      await finding(page, 'reject').getByText('rejected: a vessel').waitFor();
      await press(page, 'u', 'u');
      await finding(page, 'open').waitFor();

      // Move the box, and give it another label.
      await press(page, 'e');
      await page.locator('.mark-body').waitFor();
      const moved = { x: study.middle.x + 20, y: study.middle.y + 10 };
      await drag(page, [at(study.middle), at(moved)]);
      await finding(page, 'amend').waitFor();
      const drawn = await markPlace(page, 'amend');
      expect(Math.hypot(drawn.x - at(moved).x, drawn.y - at(moved).y)).toBeLessThan(5);
      await page.getByTestId('finding-label').fill('nodule');
      await press(page, 'Enter', 'Escape');
      await finding(page, 'amend').getByText('nodule').waitFor();

      // Two missed ones, of which one is removed again.
      for (const [x, y] of [
        [60, 60],
        [60, 150],
      ] as const) {
        await press(page, 'm');
        await page.locator('[data-testid="viewport"][data-editing="add"]').waitFor();
        await drag(page, [at({ x, y }), at({ x: x + 30, y: y + 20 })]);
        await page.locator('[data-testid="viewport"][data-editing="no"]').waitFor();
      }
      expect(await finding(page, 'add').count()).toBe(2);
      await page.getByRole('button', { name: 'Remove' }).click();
      await waitFor(async () => (await finding(page, 'add').count()) === 1, { what: 'one gone' });
      await press(page, 'j');
      await page
        .locator('[data-testid="finding"][data-state="add"][aria-current="true"]')
        .waitFor();
      await page.getByTestId('finding-label').fill('effusion');
      await press(page, 'Enter');
      await finding(page, 'add').getByText('effusion').waitFor();
      await keepScreenshot(page, `judging-${graphics}`);
      expect((await new AxeBuilder({ page }).analyze()).violations.map(({ id }) => id)).toEqual([]);

      await press(page, 's');
      await page.getByTestId('comment').fill('looks like a nodule');
      await press(page, 'Enter');
      const undo = page.getByTestId('toast-undo');
      await undo.waitFor();
      // The next study opens by itself.
      await page
        .locator(`[data-testid="reading-page"]:not([data-uid="${study.studyInstanceUid}"])`)
        .waitFor();
      const review = await signedOf(study);
      expect(review).toMatchObject({ state: 'signed', comment: 'looks like a nodule' });
      const [opened = 0, signed = 0] = [review.openedAt, review.createdAt].map(Number);
      expect(opened).toBeGreaterThan(before);
      expect(signed).toBeGreaterThan(opened);
      expect(signed).toBeLessThan(Date.now());
      const [amended, added] = review.verdicts;
      expect([amended?.verdict, amended?.label]).toEqual(['amend', 'nodule']);
      expect([added?.verdict, added?.label]).toEqual(['add', 'effusion']);
      for (const [verdict, wanted] of [
        [amended, [190, 100, 12, 12]],
        [added, [60, 60, 30, 20]],
      ] as const) {
        const box = [verdict?.boxX, verdict?.boxY, verdict?.boxWidth, verdict?.boxHeight];
        for (const [place, value] of wanted.entries()) {
          expect(Math.abs((box[place] ?? 0) - value), `${box}`).toBeLessThan(DRAG_ERROR);
        }
      }

      await undo.click();
      await roomReady(page, study.studyInstanceUid);
      expect((await signedOf(study)).state).toBe('undone');
      for (const state of ['amend', 'add']) await finding(page, state).waitFor();
      await press(page, 's');
      expect(await page.getByTestId('comment').inputValue()).toBe('looks like a nodule');
      expect(errors).toEqual([]);
      await page.context().close();
    },
  );

  it('shows a conflict, keeps what was typed, and signs what was judged anew', async () => {
    const { page, errors, study } = await open('conflict');
    const row = await rowOf(study);
    const { sopInstanceUid } = await site.database
      .selectFrom('finding')
      .select('sopInstanceUid')
      .where('studyKey', '=', row.studyKey)
      .executeTakeFirstOrThrow();
    await press(page, 'y', 's');
    await page.getByTestId('comment').fill('seen at once');
    // A new result of which this page has not been told.
    await seedRun(site.database, row, {
      ...{ imageRevision: row.imageRevision ?? '', number: 2, sopInstanceUid },
      box: [study.middle.x - 6, study.middle.y - 6, 12, 12],
    });
    await site.database
      .updateTable('study')
      .set({ version: sql`version + 1` })
      .where('studyKey', '=', row.studyKey)
      .execute();
    await press(page, 'Enter');
    const alert = page.getByTestId('sign-strip').getByRole('alert');
    await alert
      .getByText(
        /changed before you signed it off\. There is a new AI result\. Your draft is kept\./,
      )
      .waitFor();
    expect(await page.getByTestId('comment').inputValue()).toBe('seen at once');
    await keepScreenshot(page, 'judging-conflict');
    await press(page, 'Escape', 'g');
    await page
      .getByTestId('orphans')
      .getByText(/1 verdict was given on an earlier AI result/)
      .waitFor();
    await finding(page, 'open').waitFor();
    await page.getByTestId('carry-over').click();
    await finding(page, 'confirm').waitFor();

    // A colleague takes it over before it is signed.
    const path = `/api/studies/${study.studyInstanceUid}`;
    expect((await colleague(`${path}/take-over`, { method: 'POST' })).status).toBeLessThan(300);
    await page.getByTestId('opened-by-other').getByText('colleague opened this study').waitFor();
    await press(page, 's', 'Enter');
    await alert.getByText('colleague has this study open: take it over').waitFor();
    await keepScreenshot(page, 'judging-held');
    expect(await page.getByTestId('comment').inputValue()).toBe('seen at once');
    await page.getByRole('button', { name: 'Take over' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Take over' }).click();
    await alert.waitFor({ state: 'detached' });
    expect(await page.getByTestId('comment').inputValue()).toBe('seen at once');
    await page.getByTestId('sign-strip').getByRole('button', { name: 'Cancel' }).click();

    // The colleague takes it once more, and signs it.
    expect((await colleague(`${path}/take-over`, { method: 'POST' })).status).toBeLessThan(300);
    const { version } = await rowOf(study);
    const comment = 'all of it is noise';
    const findings = await site.database
      .selectFrom('finding')
      .innerJoin('modelRun', 'modelRun.modelRunKey', 'finding.modelRunKey')
      .innerJoin('analysisRun', 'analysisRun.runKey', 'modelRun.runKey')
      .select('findingId')
      .where('finding.studyKey', '=', row.studyKey)
      .where('analysisRun.number', '=', 2)
      .execute();
    const verdicts = findings.map(({ findingId }) => ({ verdict: 'reject', findingId }));
    const body = { version, verdicts, comment };
    const signed = await colleague(`${path}/reviews`, { method: 'POST', body });
    expect(signed.status).toBe(201);
    await page
      .getByTestId('study-changed')
      .getByText('colleague has signed this study off')
      .waitFor();
    await press(page, 'g');
    await page.getByTestId('already-read').getByText(comment).waitFor();
    await finding(page, 'reject').waitFor();

    // Taken back, the reader's own words are there as they were.
    const { review } = (await signed.json()) as { review: { id: string } };
    await colleague(`${path}/reviews/${review.id}`, { method: 'DELETE' });
    await notifyChange(site.database, study.studyInstanceUid);
    await openStudy(page, site.url, study.studyInstanceUid);
    await finding(page, 'confirm').waitFor();
    await press(page, 's');
    expect(await page.getByTestId('comment').inputValue()).toBe('seen at once');
    await press(page, 'Enter');
    await page.getByTestId('toast-undo').waitFor();
    expect(await signedOf(study)).toMatchObject({ reader: 'reader', comment: 'seen at once' });
    expect(errors).toEqual([]);
    await page.context().close();
  });

  it('marks a study as reported elsewhere by one key and a word, and goes on to the next', async () => {
    const { page, errors, study } = await open('elsewhere');
    await press(page, '!');
    const dialog = page.getByRole('dialog');
    await dialog.getByText('Was this study reported elsewhere?').waitFor();
    await press(page, 'Escape');
    await dialog.waitFor({ state: 'detached' });
    expect((await rowOf(study)).readingStatus).toBe('open');
    await press(page, '!', 'Enter');
    await page.getByText('Marked as reported elsewhere.').waitFor();
    await waitFor(() => !page.url().includes(study.studyInstanceUid), { what: 'the next study' });
    expect((await rowOf(study)).readingStatus).toBe('reported-elsewhere');
    expect(errors).toEqual([]);
    await page.context().close();
  });
});
