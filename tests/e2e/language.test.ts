import { resolve } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deliveryRoutes } from '#delivery/destinations/delivery-routes.ts';
import { failedResultRoutes } from '#delivery/results/failed-result-routes.ts';
import { qualityRoutes } from '#quality/quality-routes.ts';
import { createAccount } from '#worklist/accounts/accounts.ts';
import type { Web } from '#worklist/start-web.ts';
import GERMAN from '../../viewer/src/languages/de/index.ts';
import { keepScreenshot, launchChromium, openPage } from '../support/chromium.ts';
import { englishTexts, findCutOff, findEnglish } from '../support/english-words.ts';
import { keepPaintedStudy } from '../support/painted-study.ts';
import { missingPeer } from '../support/peers.ts';
import { startTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { keepStudy } from '../support/reading-site.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { startTestWeb } from '../support/web-server.ts';

const PASSWORD = 'ein langes Wort und noch eines';

describe.skipIf(missingPeer('chromium'))('the page in German', () => {
  let server: TestDatabase;
  let web: Web;
  let browser: Browser;
  const folder = temporaryDirectory();

  beforeAll(async () => {
    server = await startTestDatabase();
    const { database } = server;
    const directory = folder.path;
    await createAccount(database, {
      username: 'reader',
      password: PASSWORD,
      roles: ['radiologist', 'admin'],
    });
    await keepPaintedStudy(
      {
        database,
        keep: (studyInstanceUid, files, columns) =>
          keepStudy({ database, directory }, { studyInstanceUid, files }, columns),
      },
      'german',
    );
    await database
      .updateTable('study')
      .set({
        ...{ score: 0.91, scoreModel: 'phantom-lesion', flagged: true },
        reason: 'HIGH: lesion, score 0.91 by phantom-lesion 1.0.0, raised from MEDIUM',
      })
      .execute();
    web = await startTestWeb(
      { database, databaseUrl: server.url, directory },
      {},
      {
        viewerDirectory: resolve(import.meta.dirname, '../../viewer/dist'),
        extraRoutes: [qualityRoutes, deliveryRoutes, failedResultRoutes],
      },
    );
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser?.close();
    await web?.close();
    await server?.stop();
    folder.remove();
  });

  /** Looks at the page wherever it is led to, 1366 pixels wide. */
  function lookAround(page: Page, english: ReadonlySet<string>) {
    const press = (key: string) => page.keyboard.press(key);
    const look = async (name: string) => {
      await keepScreenshot(page, `german-${name}`);
      const faults = [await findEnglish(page, english, GERMAN), await findCutOff(page)];
      expect({ name, faults }).toEqual({ name, faults: [[], []] });
    };
    const lookAtDialog = async (name: string) => {
      await page.getByRole('dialog').waitFor();
      await look(name);
      await press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    };
    return { press, look, lookAtDialog };
  }
  const faultsOf = async (page: Page) =>
    (await new AxeBuilder({ page }).analyze()).violations.map(({ id, nodes }) => [
      id,
      nodes.map((node) => node.html),
    ]);

  it('is German from the log-in to the sign-off, in Quality and in Administration', async () => {
    const { page, errors } = await openPage(browser);
    const { press, look, lookAtDialog } = lookAround(page, await englishTexts());
    await page.goto(web.url);
    await page.getByTestId('language').selectOption('de');
    await page.getByLabel('Benutzername').fill('reader');
    await look('log-in');
    await page.getByLabel('Passwort').fill(PASSWORD);
    await press('Enter');
    await page.getByTestId('worklist-row').first().waitFor();
    await page.locator('html[lang="de"]').waitFor();
    await press('d');
    await page.getByTestId('detail').getByText('Modelle', { exact: true }).waitFor();
    await look('worklist');
    expect(await faultsOf(page)).toEqual([]);
    await press('?');
    await lookAtDialog('keys');
    await page.getByTestId('more-filters').click();
    await lookAtDialog('filters');
    await page.getByTestId('views').click();
    await lookAtDialog('views');
    await page.getByTestId('worklist-row').first().click();
    await page.locator('[data-testid="reading-page"][data-ready="true"]').waitFor();
    await page.getByTestId('banner-patient').getByText('1. Jan. 1950', { exact: true }).waitFor();
    await look('reading');
    expect(await faultsOf(page)).toEqual([]);
    await press('?');
    await lookAtDialog('reading-keys');
    await press('p');
    await page.mouse.move(420, 420);
    await page.mouse.down();
    await page.mouse.move(470, 460, { steps: 4 });
    await page.mouse.up();
    await page.locator('.viewport-image svg text', { hasText: 'Fläche: ' }).waitFor();
    await page.keyboard.press('Delete');
    await press('y');
    await page.getByText('bestätigt').first().waitFor();
    await press('s');
    await page.getByText('Untersuchung freigeben?').waitFor();
    await look('sign-off');
    await press('Enter');
    await page.getByText(/^Freigegeben: /).waitFor();
    await page.getByRole('link', { name: 'Qualität' }).click();
    await page.getByTestId('quality-row').first().waitFor();
    await look('quality');
    await page.getByRole('link', { name: 'Verwaltung' }).click();
    await page.getByTestId('overview').waitFor();
    for (const view of ['Empfang', 'Untersuchungen', 'Speicher', 'Ziele', 'Benachrichtigungen']) {
      await page.getByRole('link', { name: view, exact: true }).click();
      await page.locator('.panel').nth(1).waitFor();
      await look(`administration-${view}`);
    }
    expect(errors).toEqual([]);
  });
});
