import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { addDestination } from '#delivery/destinations/destination-store.ts';
import { planDeliveries } from '#delivery/destinations/plan-deliveries.ts';
import { destinations as schema } from '#platform/config/destinations.ts';
import { connectDatabase, type Database } from '#platform/database/connect.ts';
import { keepScreenshot, launchChromium, openPage } from '../support/chromium.ts';
import { storeTo } from '../support/delivery-site.ts';
import { HostilePacs } from '../support/hostile-pacs.ts';
import { type Instance, startInstance } from '../support/instance.ts';
import { missingPeer } from '../support/peers.ts';
import { findFreePort } from '../support/ports.ts';
import { addUser, PASSWORD } from '../support/reader.ts';
import { seedResults } from '../support/seed-results.ts';
import { seedStudy } from '../support/seed-studies.ts';
import { readRunState } from '../support/studies.ts';
import { waitFor } from '../support/wait-for.ts';

const SEG = '1.2.840.10008.5.1.4.1.1.66.4';

describe.skipIf(missingPeer('chromium'))('destinations in Administration', () => {
  const folder = mkdtempSync(join(tmpdir(), 'radtriage-e2e-destinations-'));
  let pacs: HostilePacs;
  let instance: Instance;
  let database: Database;
  let browser: Browser;
  let page: Page;
  let errors: string[];
  let tree: ReturnType<typeof storeTo>[];

  beforeAll(async () => {
    pacs = await HostilePacs.start({ accepts: (uid) => uid !== SEG });
    tree = [
      storeTo(pacs.port),
      storeTo(await findFreePort(), { name: 'archive', calledAe: 'ARCHIVE', retrySeconds: 300 }),
    ];
    const config = join(folder, 'radtriage.yaml');
    writeFileSync(config, stringify({ destinations: tree, inference: { builtInModels: false } }));
    instance = await startInstance({ environment: { RADTRIAGE_CONFIG: config } });
    await addUser(instance, 'anna', 'admin');
    database = connectDatabase(readRunState(instance).databaseUrl, { poolSize: 2 });
    browser = await launchChromium();
    ({ page, errors } = await openPage(browser));
    await page.goto(`${instance.http.url}/administration/destinations`);
    await page.getByLabel(/user/i).fill('anna');
    await page.getByLabel(/password/i).fill(PASSWORD);
    await page.keyboard.press('Enter');
    await page.getByTestId('administration-page').waitFor();
  });
  afterAll(async () => {
    await browser?.close();
    await database?.destroy();
    await instance?.stop();
    await pacs?.close();
    rmSync(folder, { recursive: true });
  });

  async function plan(destinations = tree): Promise<void> {
    const study = await seedStudy(database);
    const directory = join(instance.dataDirectory, 'archive');
    const kinds = ['sr', 'sc', 'seg'] as const;
    const objects = await seedResults(database, study, { directory, kinds });
    const rule = { callingAe: null, site: '', modality: 'DX', priority: 'HIGH' } as const;
    const facts = { ...rule, flagged: true, verified: false, studyKey: study.studyKey, objects };
    await database
      .transaction()
      .execute((trx) => planDeliveries(trx, schema.parse(destinations), facts));
  }

  const shows = (selector: string, ...said: (string | RegExp)[]) =>
    waitFor(
      async () => {
        const texts = await page.locator(selector).allInnerTexts();
        return texts
          .map((text) => text.replaceAll(/\s+/g, ' '))
          .some((text) => said.every((part) => text.search(part) >= 0));
      },
      { what: `${selector} to say ${said.join(', ')}`, everyMs: 200, deadlineMs: 20_000 },
    );

  async function faultsOfAxe() {
    const { violations } = await new AxeBuilder({ page }).analyze();
    return violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]);
  }

  const pacsRow = '[data-testid="destination"][data-name="pacs"]';
  const archiveRow = '[data-testid="destination"][data-name="archive"]';

  it('say that nothing has happened yet', async () => {
    await shows(pacsRow, 'not tried yet', `C-STORE PACS@127.0.0.1:${pacs.port}`);
    await shows('[data-testid="dead-deliveries"]', 'No object was refused or given up.');
    await keepScreenshot(page, 'destinations-empty-dark-1366');
  });

  it('show what was sent, what waits, and what is dead with its reason', async () => {
    await plan();
    await plan();
    await shows(pacsRow, 'reachable', 'last');
    await shows(archiveRow, 'in trouble', 'ECONNREFUSED', 'the oldest for');
    await shows('[data-testid="dead-delivery"]', 'pacs', 'segmentation', `takes no ${SEG}`);
    await shows('[data-testid="problem"]', '2 objects did not reach the destination pacs');
    expect(await faultsOfAxe()).toEqual([]);
    await keepScreenshot(page, 'destinations-dark-1366');
    await page.getByLabel(/dark and the light/).click();
    expect(await faultsOfAxe()).toEqual([]);
    await keepScreenshot(page, 'destinations-light-1366');
    await page.getByTestId('dead-deliveries').scrollIntoViewIfNeeded();
    await keepScreenshot(page, 'destinations-dead-light-1366');
  });

  it('can be tested, and say why they do not answer', async () => {
    await page.locator(archiveRow).getByRole('button', { name: 'Test' }).click();
    await page.getByText(/archive: ASSOCIATION_FAILED: .*ECONNREFUSED.*, \d+ ms/).waitFor();
    await page.locator(pacsRow).getByRole('button', { name: 'Test' }).click();
    await page.getByText(/pacs: C-ECHO answered 0000H, \d+ ms/).waitFor();
  });

  it('get a dead letter again, or it is dismissed', async () => {
    pacs.behaviour = {};
    const dead = page.getByTestId('dead-delivery');
    await dead.first().getByRole('button', { name: 'Dismiss' }).click();
    await waitFor(async () => (await dead.count()) === 1, { what: 'one dead letter to be left' });
    await dead.first().getByRole('button', { name: 'Send again' }).click();
    await shows('[data-testid="dead-deliveries"]', 'No object was refused or given up.');
    await waitFor(() => pacs.taken.length === 5, { what: 'the object to arrive' });
    expect(errors).toEqual([]);
  });

  it('are told beside of results that could not be made, which go away when dismissed', async () => {
    const { studyKey } = await seedStudy(database);
    const reason = 'PIXELS_UNDECODABLE: cut short';
    await database
      .insertInto('resultSet')
      .values({ studyKey, runKey: null, reviewId: null, number: 1, state: 'failed', reason })
      .execute();
    const failed = page.getByTestId('failed-result');
    await failed.getByText(reason).waitFor();
    await shows('[data-testid="problem"]', '1 result could not be made into objects');
    await page.getByTestId('failed-results').scrollIntoViewIfNeeded();
    expect(await faultsOfAxe()).toEqual([]);
    await keepScreenshot(page, 'destinations-failed-light-1366');
    await failed.getByRole('button', { name: 'Dismiss' }).click();
    await page.getByTestId('failed-results').waitFor({ state: 'detached' });
    expect(errors).toEqual([]);
  });

  it('say what waits for one that is gone, until that is dismissed', async () => {
    await addDestination(database, 'former');
    const former = [storeTo(await findFreePort(), { name: 'former' })];
    await plan(former);
    const row = '[data-testid="destination"][data-name="former"]';
    await shows(row, '3');
    await shows(
      '[data-testid="problem"]',
      '3 objects wait for the destination former, which is gone',
    );
    expect(await faultsOfAxe()).toEqual([]);
    await page.locator(row).scrollIntoViewIfNeeded();
    await keepScreenshot(page, 'destinations-gone-light-1366');
    await page
      .locator(row)
      .getByRole('button', { name: /Dismiss 3/ })
      .click();
    await page
      .locator(row)
      .getByRole('button', { name: /Dismiss/ })
      .waitFor({ state: 'detached' });
    expect(errors).toEqual([]);
  });
});
