import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keepScreenshot, launchChromium, openPage } from '../support/chromium.ts';
import { type Instance, startInstance } from '../support/instance.ts';
import { missingPeer } from '../support/peers.ts';
import { addUser, PASSWORD } from '../support/reader.ts';
import { readStudy, sendWithStorescu, writeStudy } from '../support/studies.ts';
import { waitFor } from '../support/wait-for.ts';

describe.skipIf(missingPeer('storescu', 'chromium'))('reading blind first', () => {
  const folder = mkdtempSync(join(tmpdir(), 'radtriage-e2e-'));
  const study = writeStudy(folder, { kind: 'DX', seed: 'e2e-1', lesion: { subtlety: 'obvious' } });
  let instance: Instance;
  let browser: Browser;
  let page: Page;
  let errors: string[];

  beforeAll(async () => {
    instance = await startInstance({ environment: { RADTRIAGE_BLIND_FIRST: 'site' } });
    await addUser(instance, 'reader', 'radiologist');
    await sendWithStorescu(instance.dicom, study.folder);
    await waitFor(
      async () => (await readStudy(instance, study.studyInstanceUid))?.status === 'analysed',
      { what: 'the analysis', deadlineMs: 60_000 },
    );
    browser = await launchChromium();
    ({ page, errors } = await openPage(browser));
    await page.goto(instance.http.url);
    await page.getByLabel(/user/i).fill('reader');
    await page.getByLabel(/password/i).fill(PASSWORD);
    await page.keyboard.press('Enter');
    await page.getByTestId('worklist-row').first().waitFor();
  });
  afterAll(async () => {
    await browser?.close();
    await instance?.stop();
    rmSync(folder, { recursive: true });
  });

  const ready = () => page.locator('[data-testid="reading-page"][data-ready="true"]').waitFor();

  it('shows images and class alone, then the AI result once the impression is recorded, by keys', async () => {
    const told = await page.getByTestId('worklist-row').first().innerText();
    expect(told).toContain('after your own impression');
    expect(told).not.toMatch(/flagged|\b0\.\d/);
    // What the server would refuse is not offered.
    expect(await page.getByRole('button', { name: 'Flagged only' }).count()).toBe(0);
    expect(await page.locator('th', { hasText: /^AI$/ }).getByRole('button').count()).toBe(0);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await ready();
    await page.getByTestId('blind-first').waitFor();
    for (const part of ['model-result', 'finding', 'pacs-part', 'sign-off']) {
      expect([part, await page.getByTestId(part).count()]).toEqual([part, 0]);
    }
    await keepScreenshot(page, 'blind-first-before');
    const faults = async () =>
      (await new AxeBuilder({ page }).analyze()).violations.map(({ id, nodes }) => [
        id,
        nodes.map((node) => node.html),
      ]);
    await page.keyboard.press('s');
    await page.getByTestId('impression-form').waitFor();
    expect(await faults()).toEqual([]);
    await page.getByText('Light', { exact: true }).click();
    await keepScreenshot(page, 'blind-first-form-light');
    await page.getByText('Dark', { exact: true }).click();
    await page.getByTestId('impression-nothing-to-report').focus();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Space');
    await page.keyboard.type('a round shadow');
    await page.keyboard.press('Enter');
    await page.getByTestId('model-result').first().waitFor();
    await ready();
    expect(await page.getByTestId('study-changed').count()).toBe(0);
    expect(await page.getByTestId('own-impression').innerText()).toContain('a round shadow');
    expect(await page.getByTestId('finding').count()).toBeGreaterThan(0);
    await keepScreenshot(page, 'blind-first-after');
    expect(await faults()).toEqual([]);
    expect(errors).toEqual([]);
  });

  it('records the mode with the review', async () => {
    const findings = await page.getByTestId('finding').count();
    for (let index = 0; index < findings; index += 1) await page.keyboard.press('y');
    await page.keyboard.press('s');
    await page.keyboard.press('Enter');
    const reviewed = await waitFor(
      async () => {
        const read = await readStudy(instance, study.studyInstanceUid);
        return read?.readingStatus === 'reviewed' ? read : undefined;
      },
      { what: 'the review to be stored' },
    );
    expect(reviewed.reviews[0]).toMatchObject({ readingMode: 'blind-first', positive: true });
    await page.goto(`${instance.http.url}/studies/${study.studyInstanceUid}`);
    await ready();
    const states = await page
      .getByTestId('finding')
      .evaluateAll((all) => all.map((each) => each.getAttribute('data-state')));
    expect(states).toEqual(Array.from({ length: findings }, () => 'confirm'));
    expect(await page.getByTestId('review-line').innerText()).toMatch(
      /Signed off by reader, .*confirmed · read blind first/s,
    );
    await page.keyboard.press('n');
    expect(await page.locator('[data-testid="finding"][data-state="reject"]').count()).toBe(0);
    await keepScreenshot(page, 'reading-signed');
    await page.getByRole('button', { name: 'Take the sign-off back' }).click();
    await page.locator('[data-testid="review-line"][data-state="undone"]').waitFor();
    expect(await page.getByTestId('review-line').innerText()).toContain('taken back');
    expect(
      (await new AxeBuilder({ page }).analyze()).violations.map(({ id, nodes }) => [
        id,
        nodes.map((node) => node.html),
      ]),
    ).toEqual([]);
    await keepScreenshot(page, 'reading-taken-back');
  });
});
