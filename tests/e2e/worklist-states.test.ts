import AxeBuilder from '@axe-core/playwright';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { notifyChange } from '#platform/database/changes.ts';
import { keepScreenshot, launchChromium } from '../support/chromium.ts';
import { missingPeer } from '../support/peers.ts';
import { press, saysIn } from '../support/reading-page.ts';
import { type ReadingSite, startReadingSite } from '../support/reading-site.ts';
import { seedRun, seedStudy } from '../support/seed-studies.ts';
import { waitFor } from '../support/wait-for.ts';

const HOUR_MS = 3_600_000;
const ago = (hours: number) => new Date(Date.now() - hours * HOUR_MS);
const REASON = 'HIGH: lesion, score 0.91 by phantom-lesion 1.0.0, raised from MEDIUM';

type Columns = NonNullable<Parameters<typeof seedStudy>[1]>;

/** One study of each kind that a list can hold. */
const STUDIES = {
  flagged: {
    ...{ patientName: 'Able^Ann', patientId: 'ID-77', accessionNumber: 'ACC.9', site: 'North' },
    ...{ priority: 'HIGH', reason: REASON, flagged: true, flaggedLabels: ['lesion'] },
    ...{ score: 0.91, modality: 'CR' },
    ...{ scoreModel: 'phantom-lesion', patientBirthDate: '19400101', receivedAt: ago(1) },
  },
  overdue: {
    ...{ patientName: 'Baker^Bob', site: 'North', modality: 'CT', receivedAt: ago(30) },
    ...{ patientBirthDate: '20100101', rankAt: ago(30) },
    ...{ returnedBy: 'RIS', returnedAt: ago(1), returnedAs: 'open' },
  },
  unfit: {
    ...{ patientName: 'Cole^Cy', site: 'South', modality: 'MR', status: 'not-analysed' },
    ...{ statusReason: 'no active model takes these images', receivedAt: ago(2), rankAt: ago(2) },
  },
  broken: {
    ...{ patientName: 'Dent^Di', site: 'South', status: 'failed', receivedAt: ago(2.5) },
    ...{ statusReason: 'the image could not be decoded', rankAt: ago(2.5) },
  },
  late: {
    ...{ patientName: 'Early^Ed', site: 'South', status: 'queued', receivedAt: ago(3) },
    ...{ completedAt: ago(2.9), analysedAt: null, rankAt: ago(3) },
  },
  coming: {
    ...{ patientName: 'Ford^Flo', site: 'South', status: 'receiving', analysedAt: null },
    ...{ completedAt: null, receivedAt: ago(0.01), imageCount: 1, waitingFor: 'a lateral view' },
    ...{ waitsUntil: new Date(Date.now() + HOUR_MS), rankAt: ago(0.01) },
  },
  read: {
    ...{ patientName: 'Gale^Gil', site: 'South', readingStatus: 'reviewed', receivedAt: ago(5) },
  },
} satisfies Readonly<Record<string, Columns>>;
type Name = keyof typeof STUDIES;
const isName = (name: string): name is Name => name in STUDIES;

describe.skipIf(missingPeer('chromium'))('the states of the worklist', () => {
  let site: ReadingSite;
  let browser: Browser;
  let page: Page;
  let errors: string[];
  const uids = new Map<Name, string>();

  beforeAll(async () => {
    site = await startReadingSite(['reader']);
    browser = await launchChromium();
    ({ page, errors } = await site.open(browser, 'reader', {
      size: { width: 1920, height: 1080 },
    }));
  });
  afterAll(async () => {
    await browser?.close();
    await site?.stop();
  });

  async function seed(): Promise<void> {
    for (const name of Object.keys(STUDIES).filter(isName)) {
      const study = await seedStudy(site.database, STUDIES[name]);
      uids.set(name, study.studyInstanceUid);
      const revision = { studyKey: study.studyKey, imageRevision: name.padEnd(64, '0') };
      await site.database
        .insertInto('imageRevision')
        .values({ ...revision, number: 1, imageCount: 1 })
        .execute();
      await site.database
        .updateTable('study')
        .set({ imageRevision: revision.imageRevision })
        .where('studyKey', '=', study.studyKey)
        .execute();
      if (name === 'flagged') await seedRun(site.database, study, revision);
      if (name !== 'read') continue;
      await site.database
        .insertInto('review')
        .values({
          ...{ reviewId: crypto.randomUUID(), ...revision, runKey: null, seenVersion: 1 },
          ...{ kind: 'reading', state: 'signed', reader: 'reader', readingMode: 'assist' },
          ...{ comment: null, positive: false, openedAt: null, undoneAt: null },
          createdAt: ago(1),
        })
        .execute();
    }
    for (const uid of uids.values()) await notifyChange(site.database, uid);
  }

  const row = (name: Name) => page.locator(`[data-uid="${uids.get(name)}"]`);
  const shown = () => page.getByTestId('worklist-row').locator('a').allInnerTexts();
  /** Waits until the list holds the studies of these names and no other, in any order unless told. */
  const holds = (names: readonly string[], inOrder = false) =>
    waitFor(
      async () => {
        const now = (await shown()).map((name) => name.split(',')[0] ?? '');
        const [is, wanted] = inOrder ? [now, names] : [now.toSorted(), names.toSorted()];
        if (is.join() !== wanted.join()) throw new Error(`it holds ${is.join()}`);
        return true;
      },
      { what: names.join() },
    );
  const faults = async () =>
    (await new AxeBuilder({ page }).analyze()).violations.map(({ id, nodes }) => [
      id,
      nodes.map((node) => node.html),
    ]);
  const TO_READ = ['Baker', 'Able', 'Early', 'Dent', 'Cole', 'Ford'];

  it('says that it loads, that it could not be had, and that it is empty, and fills by itself', async () => {
    let letGo = () => {};
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    await page.route('**/api/worklist?**', async (route) => {
      await held;
      await route.fulfill({
        status: 500,
        json: { code: 'INTERNAL', message: 'the list is broken', retryable: false },
      });
    });
    await page.goto(site.url);
    await page.getByTestId('loading').waitFor();
    expect(await faults()).toEqual([]);
    letGo();
    const again = page.getByRole('button', { name: 'Try again' });
    await again.waitFor();
    await keepScreenshot(page, 'worklist-error');
    expect(await faults()).toEqual([]);
    await page.unroute('**/api/worklist?**');
    await again.click();
    await page.getByTestId('empty').getByText('Nothing waits to be read').waitFor();
    expect(await faults()).toEqual([]);
    await keepScreenshot(page, 'worklist-empty');
    await seed();
    await holds(TO_READ, true);
    expect(errors).toEqual([]);
  });

  it('marks what was not analysed, failed, is late or still comes, with why, and what it waits', async () => {
    const ai = (name: Name) => row(name).getByTestId('ai');
    await saysIn(ai('unfit'), /^not analysed: no active model takes these images$/);
    await saysIn(ai('broken'), /^failed: the image could not be decoded$/);
    await saysIn(ai('late'), /^AI delayed since \d\d:\d\d\s+queued$/);
    await saysIn(
      ai('coming'),
      /^receiving\s+1 image; waits for a lateral view, \d\d:\d\d at the latest$/,
    );
    await saysIn(ai('flagged'), /^0\.91\s+flagged\s+phantom-lesion$/);
    // The reason for its place stands in full where the pointer rests, and in the pane.
    expect(await row('flagged').locator('.reason').innerText()).toBe(REASON);
    expect(
      await row('flagged')
        .locator('td', { has: page.locator('.reason') })
        .getAttribute('title'),
    ).toBe(REASON);
    await row('overdue').getByText('overdue', { exact: true }).waitFor();
    await row('overdue').getByText('1 d 6 h', { exact: true }).waitFor();
    await saysIn(row('overdue').getByTestId('taken-back'), /^taken back$/);
    await row('overdue')
      .getByTitle(/^On the list again: RIS took its report back/)
      .waitFor();
    await press(page, 'd');
    await page.getByTestId('detail').waitFor();
    await row('flagged').hover();
    await page.getByTestId('detail').getByText(REASON).waitFor();
    await page
      .getByTestId('detail')
      .getByText('lesion, score 0.91 by phantom-lesion', { exact: true })
      .waitFor();
    await press(page, 'd');
    await page.getByLabel('Reading', { exact: true }).selectOption('reviewed');
    await holds(['Gale']);
    await saysIn(row('read').getByTestId('turnaround'), /^4 h 00\s+turnaround$/);
    await page.getByRole('button', { name: 'Clear filters' }).click();
    await keepScreenshot(page, 'worklist-states');
    expect(errors).toEqual([]);
  });

  it('is searched by name, ID and accession number, and filtered by each of what it holds', async () => {
    for (const [words, found] of [
      ['able, ann', ['Able']],
      ['id-77', ['Able']],
      ['acc.9', ['Able']],
      ['nobody', []],
    ] as const) {
      await press(page, '/');
      await page.keyboard.type(words);
      await holds(found);
      await press(page, 'Enter');
    }
    await page.getByTestId('empty').getByText('No study matches these filters').waitFor();
    await page.getByTestId('empty').getByRole('button', { name: 'Clear filters' }).click();
    await holds(TO_READ, true);
    const clear = page.getByRole('button', { name: 'Clear filters' }).first();
    await page.getByRole('button', { name: 'HIGH', exact: true }).click();
    await holds(['Able']);
    await clear.click();
    await page.getByRole('button', { name: 'Flagged only' }).click();
    await holds(['Able']);
    await clear.click();
    for (const [name, found] of [
      ['North', ['Able', 'Baker']],
      ['MR', ['Cole']],
      ['lesion', ['Able']],
      ['Failed', ['Dent']],
    ] as const) {
      await press(page, 'f');
      await page.getByRole('checkbox', { name: new RegExp(`^${name}`) }).check();
      await holds(found);
      await press(page, 'Escape');
      await clear.click();
    }
    await page.getByTestId('more-filters').click();
    await page.getByLabel('To (years)').fill('20');
    await holds(['Baker']);
    await page.getByLabel('To (years)').fill('');
    await page.getByLabel('From (years)').fill('80');
    await holds(['Able']);
    await page.getByRole('dialog').getByRole('button', { name: 'Clear filters' }).click();
    await press(page, 'Escape');
    await holds(TO_READ, true);
    expect(errors).toEqual([]);
  });

  it('shows the columns that are chosen, and sorts by each both ways and not at all', async () => {
    await page.getByTestId('views').click();
    for (const title of ['Modality', 'Age', 'Accession', 'Study date', 'Site', 'Images']) {
      await page.getByRole('checkbox', { name: title, exact: true }).check();
    }
    await page.getByRole('button', { name: 'Site: Move to the left' }).click();
    await press(page, 'Escape');
    const heads = page.locator('th');
    await waitFor(async () => (await heads.count()) === 15, { what: 'fifteen columns' });
    expect((await heads.allInnerTexts()).slice(-3)).toEqual(['Site', 'Study date', 'Images']);
    const sorters = page.locator('th button');
    expect(await sorters.count()).toBe(13);
    for (let place = 0; place < 13; place += 1) {
      const head = sorters.nth(place);
      await head.click();
      await page.locator('th[aria-sort="ascending"]').waitFor();
      await head.click();
      await page.locator('th[aria-sort="descending"]').waitFor();
      await head.click();
      await page.locator('th[aria-sort]').waitFor({ state: 'detached' });
    }
    const patient = page.getByRole('button', { name: 'Patient', exact: true });
    await patient.click();
    await holds(TO_READ.toSorted(), true);
    await page.locator('th[aria-sort] button').click();
    await holds(TO_READ.toSorted().reverse(), true);
    await keepScreenshot(page, 'worklist-columns');
    await page.getByRole('button', { name: 'Back to triage order' }).click();
    await holds(TO_READ, true);
    await press(page, '?');
    await page.getByRole('dialog').getByText('Keys on the worklist').waitFor();
    await press(page, 'Escape');
    await page.goto(`${site.url}/studies/2.25.404`);
    await page.getByRole('button', { name: /Worklist/ }).waitFor();
    expect(await faults()).toEqual([]);
    await press(page, 'q');
    await page.getByTestId('worklist-row').first().waitFor();
    expect(errors).toEqual([]);
  });
});
