import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { keepScreenshot, launchChromium, openPage } from '../support/chromium.ts';
import { type Instance, startInstance } from '../support/instance.ts';
import { type Orthanc, startOrthanc } from '../support/orthanc.ts';
import { missingPeer } from '../support/peers.ts';
import { addUser, PASSWORD } from '../support/reader.ts';
import { sayingsOf } from '../support/report-sayings.ts';
import { readStudy, sendWithStorescu, writeStudy } from '../support/studies.ts';
import { waitFor } from '../support/wait-for.ts';

const tagsSchema = z.looseObject({ Modality: z.string() });

describe.skipIf(missingPeer('storescu', 'chromium', 'Orthanc'))('results in the PACS', () => {
  const folder = mkdtempSync(join(tmpdir(), 'radtriage-e2e-results-'));
  const study = writeStudy(folder, { kind: 'DX', seed: 'e2e-r', lesion: { subtlety: 'obvious' } });
  let pacs: Orthanc;
  let instance: Instance;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    pacs = await startOrthanc();
    const file = join(folder, 'site.json');
    const place = { host: '127.0.0.1', port: pacs.dicomPort, calledAe: 'ORTHANC' };
    const pacsEntry = { name: 'pacs', kind: 'C-STORE', ...place, send: ['sr', 'sc', 'seg'] };
    const down = { ...pacsEntry, name: 'archive', port: 1, send: ['sr'] };
    writeFileSync(file, JSON.stringify({ destinations: [pacsEntry, down] }));
    instance = await startInstance({ environment: { RADTRIAGE_CONFIG: file } });
    await addUser(instance, 'reader', 'radiologist');
    await sendWithStorescu(instance.dicom, study.folder);
    await waitFor(
      async () => (await readStudy(instance, study.studyInstanceUid))?.status === 'analysed',
      { what: 'the analysis', deadlineMs: 60_000 },
    );
    browser = await launchChromium();
    ({ page } = await openPage(browser));
    await page.goto(instance.http.url);
    await page.getByLabel(/user/i).fill('reader');
    await page.getByLabel(/password/i).fill(PASSWORD);
    await page.keyboard.press('Enter');
    await page.getByTestId('worklist-row').first().waitFor();
    await openStudy();
  });
  afterAll(async () => {
    await browser?.close();
    await instance?.stop();
    await pacs?.stop();
    rmSync(folder, { recursive: true });
  });

  async function openStudy() {
    await page.goto(`${instance.http.url}/studies/${study.studyInstanceUid}`);
    await page.locator('[data-testid="reading-page"][data-ready="true"]').waitFor();
  }

  async function reports() {
    const ids = z.array(z.string()).parse(JSON.parse(await pacs.request('GET', '/instances')));
    const tags = await Promise.all(
      ids.map(async (id) => {
        const text = await pacs.request('GET', `/instances/${id}/simplified-tags`);
        return tagsSchema.parse(JSON.parse(text));
      }),
    );
    return tags.filter(({ Modality }) => Modality === 'SR');
  }

  it.each(['dark', 'light'] as const)('are told of beside the image (%s)', async (theme) => {
    if (theme === 'light') await page.getByLabel(/dark and the light/).click();
    const part = page.getByTestId('pacs-part');
    await part.getByText(/3 sent/).waitFor({ timeout: 30_000 });
    // The other destination cannot be reached: that is told, and holds up nobody.
    await part.getByText(/archive.*1 waiting, not taken/).waitFor();
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
    await keepScreenshot(page, `results-${theme}`);
  });

  it('carry what the radiologist says in the page', async () => {
    const findings = page.getByTestId('finding');
    for (let index = await findings.count(); index > 0; index -= 1) {
      await page.keyboard.press('y');
      await page.keyboard.press('j');
    }
    await page.keyboard.press('s');
    await page.keyboard.press('Enter');
    await page.getByTestId('toast-undo').waitFor();
    await openStudy();
    await page
      .getByTestId('pacs-part')
      .getByText(/Result signed by reader/)
      .waitFor();
    await keepScreenshot(page, 'results-signed');
    const signed = await waitFor(
      async () => (await reports()).find((one) => one['VerificationFlag'] === 'VERIFIED'),
      { what: 'the signed report in Orthanc', deadlineMs: 60_000, everyMs: 250 },
    );
    expect(sayingsOf(signed)).toContain('Assessment by the reader: Accepted');
    expect(JSON.stringify(signed['VerifyingObserverSequence'])).toContain('reader');
    expect(await reports()).toHaveLength(2);
  });
});
