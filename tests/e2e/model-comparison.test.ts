import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectDatabase, type Database } from '#platform/database/connect.ts';
import { keepScreenshot, launchChromium, openPage } from '../support/chromium.ts';
import { type Instance, startInstance } from '../support/instance.ts';
import { writeModelFolder } from '../support/onnx/model-folder.ts';
import { missingPeer } from '../support/peers.ts';
import { addUser, PASSWORD } from '../support/reader.ts';
import { type SeededComparison, seedComparison } from '../support/seed-comparison.ts';
import { readRunState } from '../support/studies.ts';
import { waitFor } from '../support/wait-for.ts';

const STUDIES = 300;

describe.skipIf(missingPeer('chromium'))('two versions of a model, in Administration', () => {
  const folder = mkdtempSync(join(tmpdir(), 'radtriage-comparison-'));
  let instance: Instance;
  let database: Database;
  let browser: Browser;
  let page: Page;
  let errors: string[];
  let seeded: SeededComparison;

  beforeAll(async () => {
    for (const version of ['1.0.0', '2.0.0', '3.0.0']) {
      const names = { id: 'opacity', title: 'Lung opacity', version, demonstration: false };
      const model = writeModelFolder(join(folder, 'models'), names);
      writeFileSync(join(model, 'MODEL_CARD.md'), `# Lung opacity ${version}`);
    }
    const environment = {
      RADTRIAGE_MODEL_DIRECTORIES: join(folder, 'models'),
      RADTRIAGE_BUILT_IN_MODELS: 'false',
    };
    instance = await startInstance({ environment, args: [] });
    await addUser(instance, 'anna', 'admin');
    const promoted = await instance.cli(['models', 'promote', 'opacity@1.0.0', '--note', 'first']);
    expect(promoted.code, promoted.stderr).toBe(0);
    database = connectDatabase(readRunState(instance).databaseUrl, { poolSize: 2 });
    seeded = await seedComparison(database, {
      ...{ modelId: 'opacity', versions: ['1.0.0', '2.0.0'], studies: STUDIES },
    });
    browser = await launchChromium();
    ({ page, errors } = await openPage(browser, { width: 1366, height: 900 }));
    await page.goto(`${instance.http.url}/administration/models`);
    await page.getByLabel(/user/i).fill('anna');
    await page.getByLabel(/password/i).fill(PASSWORD);
    await page.keyboard.press('Enter');
    await page.getByTestId('comparison').waitFor();
  });
  afterAll(async () => {
    await browser?.close();
    await database?.destroy();
    await instance?.stop();
    rmSync(folder, { recursive: true });
  });

  const textOf = async (testId: string) =>
    (await page.getByTestId(testId).innerText()).replaceAll(/\s+/g, ' ');
  const modelPanel = (version: string) =>
    page.locator(`[data-testid="model"][data-version="${version}"]`);

  it('shows the figures of both, their scores, and the studies that differ', async () => {
    const { flags, confirmed } = seeded;
    const text = await textOf('comparison');
    expect(text).toContain(
      `${STUDIES} studies analysed by both. A saw ${STUDIES}, B saw ${STUDIES}.`,
    );
    const flaggedA = flags.both + flags.onlyA;
    const flaggedB = flags.both + flags.onlyB;
    expect(text).toMatch(
      new RegExp(`Flagged ${flaggedA} of ${STUDIES}: .*% .* ${flaggedB} of ${STUDIES}: .*%`),
    );
    expect(text).toMatch(/Cohen's kappa \(95%\) 0\.\d\d \(0\.\d\d to 0\.\d\d\)/);
    const more = (100 * (flaggedB - flaggedA)) / STUDIES;
    expect(text).toContain(`B flags more than A by (95%) ${more.toFixed(1)} points (`);
    const { total, a, b } = confirmed;
    expect(text).toMatch(
      new RegExp(
        `Of ${total} studies .* a finding, flagged ${a} of ${total}: .* ${b} of ${total}:`,
      ),
    );
    expect(await textOf('comparison-cross')).toBe(
      `Studies flagged by A not flagged by A flagged by B ${flags.both} ${flags.onlyB} ` +
        `not flagged by B ${flags.onlyA} ${flags.neither}`,
    );
    expect(await page.getByTestId('score-scatter').locator('circle').count()).toBe(STUDIES);
    await page.getByTestId('comparison-subgroups').locator('summary').click();
    expect(await textOf('comparison-subgroups')).toMatch(/site: North \d+ of 200: /);
    const rows = page.getByTestId('comparison-difference');
    expect(await rows.count()).toBe(10);
    await page.getByTestId('differences-all').click();
    const flips = page.locator('[data-testid="comparison-difference"][data-flags="differ"]');
    expect(await flips.count()).toBe(flags.onlyA + flags.onlyB);
    expect(await flips.first().innerText()).toMatch(/flagged, score 0\.\d\d/);
  });

  it.each(['dark', 'light'] as const)('has no fault that axe can find (%s)', async (theme) => {
    if (theme === 'light') await page.getByLabel(/dark and the light/).click();
    for (const width of [1366, 1920]) {
      await page.setViewportSize({ width, height: 2600 });
      const spill = await page
        .locator('.page-scroll')
        .evaluate((scroller) => scroller.scrollWidth - scroller.clientWidth);
      expect(spill).toBe(0);
      await keepScreenshot(page, `models-comparison-${theme}-${width}`);
    }
    await page.setViewportSize({ width: 1366, height: 900 });
    await modelPanel('2.0.0').getByTestId('role-active').click();
    await page.getByTestId('promotion-comparison').waitFor();
    await keepScreenshot(page, `models-promote-${theme}`);
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByTestId('promotion-summary').waitFor({ state: 'detached' });
  });

  it('says before a promotion that nothing is known yet', async () => {
    await modelPanel('3.0.0').getByTestId('role-active').click();
    expect(await textOf('promotion-unknown')).toMatch(
      /^No study was analysed by both this version and 1\.0\.0 yet: what would change is not known/,
    );
    expect(await textOf('promotion-evaluation')).toMatch(/^No evaluation .* was given/);
    await page.keyboard.press('Escape');
  });

  it('says before a promotion what it would change, and does with the version before as told', async () => {
    const { flags, confirmed } = seeded;
    await modelPanel('2.0.0').getByTestId('role-active').click();
    await page.getByTestId('promotion-comparison').waitFor();
    const text = await textOf('promotion-summary');
    expect(text).toContain('What would change, against 1.0.0, which is active now');
    expect(text).toContain(`Analysed by both ${STUDIES} studies`);
    expect(text).toContain(
      `${flags.onlyB} studies that are not flagged now would be; ${flags.onlyA} `,
    );
    const share = (count: number) =>
      `${count} of ${STUDIES}: ${Math.round((100 * count) / STUDIES)}% (`;
    expect(text).toContain(`Flagged now ${share(flags.both + flags.onlyA)}`);
    expect(text).toContain(`Flagged with this version ${share(flags.both + flags.onlyB)}`);
    expect(text).toMatch(/Cohen's kappa 0\.\d\d \(0\.\d\d to 0\.\d\d\)/);
    const { total, a, b } = confirmed;
    expect(text).toContain(`in ${total} studies: ${a} flagged now, ${b} with this version`);
    const confirm = page.getByTestId('role-confirm');
    expect(await confirm.isDisabled()).toBe(true);
    await page.getByLabel(/It is retired/).check();
    await page.getByLabel(/Why this model/).fill('finds more of what readers confirm');
    await confirm.click();
    await page.getByText(/Version 1\.0\.0, active until now, is retired\./).waitFor();
    await waitFor(
      async () =>
        (await modelPanel('2.0.0').getAttribute('data-role')) === 'active' &&
        (await modelPanel('1.0.0').getAttribute('data-role')) === 'retired',
      { what: 'the roles to be shown' },
    );
    expect(errors).toEqual([]);
  });
});
