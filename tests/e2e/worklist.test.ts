import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { notifyChange } from '#platform/database/changes.ts';
import { createAccount } from '#worklist/accounts/accounts.ts';
import { seedWorklist } from '../bench/seed-worklist.ts';
import { keepScreenshot, launchChromium, openPage } from '../support/chromium.ts';
import { missingPeer } from '../support/peers.ts';
import { seedStudy } from '../support/seed-studies.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { startWebProcess, type WebProcess } from '../support/web-process.ts';

const STUDIES = 3000;
const PASSWORD = 'reader and a long word';

describe.skipIf(missingPeer('chromium'))('the worklist', () => {
  const place = temporaryDirectory();
  let web: WebProcess;
  let browser: Browser;

  beforeAll(async () => {
    const links = join(place.path, 'radtriage.yaml');
    writeFileSync(
      links,
      "links: [{ name: PACS, url: 'https://pacs.invalid/v?s={studyInstanceUid}' }]",
    );
    web = await startWebProcess({ RADTRIAGE_CONFIG: links });
    await createAccount(web.database, {
      username: 'reader',
      password: PASSWORD,
      roles: ['radiologist'],
    });
    await seedWorklist(web.database, STUDIES, 20);
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser?.close();
    await web?.stop();
    place.remove();
  });

  /** Ten log-ins a minute are let in: the pages after the first share its session. */
  let session: Awaited<ReturnType<BrowserContext['cookies']>> = [];
  async function logIn(size = { width: 1366, height: 768 }) {
    const opened = await openPage(browser, size);
    const { page, context } = opened;
    await context.addCookies(session);
    await page.goto(web.url);
    if (session.length === 0) {
      await page.getByLabel(/user/i).fill('reader');
      await page.getByLabel(/password/i).fill(PASSWORD);
      await page.keyboard.press('Enter');
    }
    await page.getByTestId('worklist-row').first().waitFor();
    session = await context.cookies();
    return opened;
  }
  const faultsOf = async (page: Page) =>
    (await new AxeBuilder({ page }).analyze()).violations.map(({ id, nodes }) => [
      id,
      nodes.map((node) => node.html),
    ]);
  const selectedRow = (page: Page) =>
    page.locator('[data-testid="worklist-row"][aria-current="true"]');
  const firstUid = (page: Page) =>
    page.getByTestId('worklist-row').first().getAttribute('data-uid');

  it('is walked through to its end and back by keys alone', async () => {
    const { page, errors } = await logIn();
    await page.keyboard.press('End');
    await page.locator(`[aria-rowindex="${STUDIES + 1}"][data-uid][aria-current="true"]`).waitFor();
    await page.locator(`[aria-rowindex="${STUDIES + 1}"] a:focus`).waitFor();
    await page.keyboard.press('PageUp');
    await page.locator(`[aria-rowindex="${STUDIES - 9}"][aria-current="true"] a:focus`).waitFor();
    await page.keyboard.press('Home');
    await page.locator('[aria-rowindex="2"][aria-current="true"] a:focus').waitFor();
    expect(errors).toEqual([]);
    await page.context().close();
  });

  it('keeps its rows in place when studies come, and says that they came', async () => {
    const { page } = await logIn();
    const before = await firstUid(page);
    await page.keyboard.press('ArrowDown');
    const chosen = await selectedRow(page).getAttribute('data-uid');
    const receivedAt = new Date(Date.now() - 10 * 24 * 3_600_000);
    const old = await seedStudy(web.database, {
      ...{ receivedAt, basePriority: 'STAT', priority: 'STAT', patientName: 'Early^Bird' },
    });
    const fresh = await seedStudy(web.database, {
      ...{ basePriority: 'STAT', priority: 'STAT', patientName: 'Urgent^Ida' },
    });
    await notifyChange(web.database, old.studyInstanceUid);
    await notifyChange(web.database, fresh.studyInstanceUid);
    await page.getByText('New STAT study: Urgent, Ida').waitFor();
    await page.getByTestId('news').getByText('1 new study').waitFor();
    expect(await firstUid(page)).toBe(before);
    await keepScreenshot(page, 'worklist-news');
    expect(await faultsOf(page)).toEqual([]);
    await page.keyboard.press('u');
    await page.locator(`[data-uid="${old.studyInstanceUid}"][aria-rowindex="2"]`).waitFor();
    // The choice has moved down with its study.
    await page.locator(`[data-uid="${chosen}"][aria-rowindex="4"][aria-current="true"]`).waitFor();
    await page.context().close();
  });

  it('opens what is marked, also when the chosen study has left the list', async () => {
    const { page } = await logIn();
    await page.keyboard.press('ArrowDown');
    const gone = (await selectedRow(page).getAttribute('data-uid')) ?? '';
    const mark = (readingStatus: 'reviewed' | 'unread') =>
      web.database
        .updateTable('study')
        .set({ readingStatus })
        .where('studyInstanceUid', '=', gone)
        .execute();
    await mark('reviewed');
    await notifyChange(web.database, gone);
    // It is shown as it is now, where it stood.
    await page.locator(`[data-uid="${gone}"] [data-reading="reviewed"]`).waitFor();
    await page.keyboard.press('u');
    await page.locator(`[data-uid="${gone}"]`).waitFor({ state: 'detached' });
    const marked = await selectedRow(page).getAttribute('data-uid');
    await page.keyboard.press('Enter');
    await page.waitForURL(`**/studies/${marked}`);
    await mark('unread');
    await page.context().close();
  });

  it('says when it is not in triage order, and goes back', async () => {
    const { page } = await logIn();
    const triage = await firstUid(page);
    await page.getByRole('button', { name: 'Patient', exact: true }).click();
    await page.getByTestId('not-triage').getByText('not in triage order').waitFor();
    await page.locator('th[aria-sort="ascending"]').waitFor();
    await page.locator(`[aria-rowindex="2"]:not([data-uid="${triage}"])`).waitFor();
    expect(await faultsOf(page)).toEqual([]);
    await page.getByRole('button', { name: 'Back to triage order' }).click();
    await page.locator(`[aria-rowindex="2"][data-uid="${triage}"]`).waitFor();
    expect(await page.getByTestId('not-triage').count()).toBe(0);
    await page.context().close();
  });

  it('is filtered by what it holds, and a view of it is kept and comes first', async () => {
    const { page, errors } = await logIn();
    await page.getByTestId('more-filters').click();
    await page.getByRole('checkbox', { name: /^CT/ }).check();
    await page.getByTestId('counts').getByText('500', { exact: true }).waitFor();
    expect(await faultsOf(page)).toEqual([]);
    await keepScreenshot(page, 'worklist-filters');
    await page.keyboard.press('Escape');
    await page.getByTestId('views').click();
    await page.getByRole('checkbox', { name: 'Accession' }).check();
    await page.getByTestId('view-name').fill('CT alone');
    await page.getByRole('checkbox', { name: /first in a new tab/ }).check();
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByTestId('saved-view').getByText('CT alone').waitFor();
    expect(await faultsOf(page)).toEqual([]);
    await keepScreenshot(page, 'worklist-views');
    expect(errors).toEqual([]);
    await page.context().close();
    const again = await logIn();
    await again.page.getByTestId('counts').getByText('500', { exact: true }).waitFor();
    await again.page.getByRole('button', { name: 'Accession' }).waitFor();
    await again.page.getByTestId('views').click();
    await again.page.getByRole('button', { name: 'Delete' }).click();
    await again.page.getByText('None yet').waitFor();
    await again.page.context().close();
  });

  it('tells in a pane what there is to know of the chosen study, and of the one the pointer is on', async () => {
    const { page, errors } = await logIn();
    await page.keyboard.press('d');
    const pane = page.getByTestId('detail');
    const name = (index: number) => page.locator(`[aria-rowindex="${index}"] a`).innerText();
    await pane.getByRole('heading', { name: await name(2), level: 2 }).waitFor();
    await page.keyboard.press('ArrowDown');
    await pane.getByRole('heading', { name: await name(3), level: 2 }).waitFor();
    await pane.getByText(/^Waiting .*(overdue for|left of the longest wait)/).waitFor();
    await pane.getByText('No model has given a result').waitFor();
    await page.locator('[aria-rowindex="6"]').hover();
    await pane.getByRole('heading', { name: await name(6), level: 2 }).waitFor();
    expect(await faultsOf(page)).toEqual([]);
    const uid = await page.locator('[aria-rowindex="6"]').getAttribute('data-uid');
    const link = pane.getByRole('link', { name: 'PACS' });
    expect(await link.getAttribute('href')).toBe(`https://pacs.invalid/v?s=${uid}`);
    expect(await link.getAttribute('rel')).toBe('noopener noreferrer');
    expect(await link.getAttribute('target')).toBe('_blank');
    await keepScreenshot(page, 'worklist-detail');
    await page.keyboard.press('d');
    await pane.waitFor({ state: 'detached' });
    expect(errors).toEqual([]);
    await page.context().close();
  });

  it('opens a study by its accession number, or lets one choose', async () => {
    const { page } = await logIn();
    const twins = { accessionNumber: 'TWIN.a' };
    const one = await seedStudy(web.database, { accessionNumber: 'ONE/7', imageCount: 0 });
    await seedStudy(web.database, { ...twins, readingStatus: 'reviewed' });
    await seedStudy(web.database, twins);
    await page.goto(`${web.url}/accession/TWIN.a`);
    await page.getByText('2 studies have the accession number TWIN.a').waitFor();
    expect(await page.getByTestId('accession').getByRole('link').count()).toBe(2);
    expect(await faultsOf(page)).toEqual([]);
    await page.goto(`${web.url}/accession/NONE`);
    await page.getByText('No study with the accession number NONE is here').waitFor();
    await page.goto(`${web.url}/accession/${encodeURIComponent('ONE/7')}`);
    await page.waitForURL(`**/studies/${one.studyInstanceUid}`);
    await page.context().close();
  });

  it('names who has a study open, and lets another take it over by a word', async () => {
    const { page } = await logIn();
    const patientName = 'Held^Study';
    const held = await seedStudy(web.database, {
      ...{ patientName, readingStatus: 'open', openedBy: 'ada', basePriority: 'STAT' },
      ...{ openedAt: new Date(Date.now() - 185_000), receivedAt: new Date('2020-01-01') },
    });
    await notifyChange(web.database, held.studyInstanceUid);
    await page.goto(web.url);
    const row = page.locator(`[data-uid="${held.studyInstanceUid}"]`);
    await row
      .getByTestId('reading')
      .getByText(/ada, 3 min ago/)
      .waitFor();
    await page.goto(`${web.url}/studies/${held.studyInstanceUid}`);
    await page.getByText('ada opened this study 3 min ago').waitFor();
    await page.getByRole('button', { name: 'Take over' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Take over' }).click();
    await page.getByTestId('opened-by-other').waitFor({ state: 'detached' });
    const { openedBy } = await web.database
      .selectFrom('study')
      .select('openedBy')
      .where('studyKey', '=', held.studyKey)
      .executeTakeFirstOrThrow();
    expect(openedBy).toBe('reader');
    await page.context().close();
  });

  it('is kept and greyed while the server is gone, and goes on when it is back', async () => {
    const { page } = await logIn();
    await page.context().setOffline(true);
    await page.keyboard.press('End');
    await page.getByTestId('list-error').getByText('this is the list as it was').waitFor();
    await page.locator('.grid[data-faded="true"]').waitFor();
    await page.keyboard.press('Home');
    await page.locator('[data-uid][aria-rowindex="2"]').waitFor();
    await keepScreenshot(page, 'worklist-offline');
    expect(await faultsOf(page)).toEqual([]);
    await page.context().setOffline(false);
    await page.keyboard.press('End');
    await page.locator('[data-uid][aria-current="true"] a:focus').waitFor();
    await page.getByTestId('list-error').waitFor({ state: 'detached' });
    await page.context().close();
  });

  it.each([1366, 2560])('can be looked at in both looks, %i pixels wide', async (width) => {
    const { page } = await logIn({ width, height: width === 1366 ? 768 : 1440 });
    await keepScreenshot(page, `worklist-dark-${width}`);
    await page.getByRole('button', { name: /dark and the light/ }).click();
    await keepScreenshot(page, `worklist-light-${width}`);
    expect(await faultsOf(page)).toEqual([]);
    await page.context().close();
  });
});
