import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { associateRequest, BytePeer, EXPLICIT_LE } from '../support/byte-peer.ts';
import { keepScreenshot, launchChromium, openPage } from '../support/chromium.ts';
import { openModality, type Reference } from '../support/commitment-peer.ts';
import { OTHER_PIXELS, versionOf } from '../support/corrections.ts';
import { sampleDataSet } from '../support/data-set-samples.ts';
import { run } from '../support/dcmtk.ts';
import { codeOf, connectHl7, oru } from '../support/hl7.ts';
import { type Instance, startInstance } from '../support/instance.ts';
import { missingPeer } from '../support/peers.ts';
import { findFreePort } from '../support/ports.ts';
import { addUser, PASSWORD } from '../support/reader.ts';
import { readStudy, writeStudy } from '../support/studies.ts';
import { waitFor } from '../support/wait-for.ts';

const configWith = (hl7Port: number) => `
hl7:
  port: ${hl7Port}
  senders: [{ name: RIS, addresses: [127.0.0.1], issuerOfPatientId: HOSP }]
dicom:
  peers:
    - { aeTitle: CT1, addresses: [127.0.0.0/8], site: North }
    - { aeTitle: MR1, addresses: [10.2.0.0/16], site: South }
    - { aeTitle: SLOW, addresses: [127.0.0.0/8] }
    - { aeTitle: ARCHIVE, addresses: [127.0.0.0/8] }
  storageCommitment: { enabled: true, waitSeconds: 2, retrySeconds: 0.05, giveUpHours: 0.00001 }
`;

describe.skipIf(missingPeer('storescu', 'chromium'))('administration', () => {
  const folder = mkdtempSync(join(tmpdir(), 'radtriage-e2e-admin-'));
  const study = writeStudy(folder, { kind: 'CR', seed: 'e2e-admin', lesion: null });
  let instance: Instance;
  let browser: Browser;
  let page: Page;
  let errors: string[];
  let slow: BytePeer;
  let metricsPort: number;
  let hl7Port: number;

  const send = (callingAe: string, calledAe: string) => {
    const port = String(instance.dicom.port);
    const titles = ['-aet', callingAe, '-aec', calledAe];
    return run('storescu', ['-v', ...titles, '+sd', '+r', '127.0.0.1', port, study.folder]);
  };

  beforeAll(async () => {
    const config = join(folder, 'radtriage.yaml');
    metricsPort = await findFreePort();
    hl7Port = await findFreePort();
    writeFileSync(config, configWith(hl7Port));
    const environment = {
      RADTRIAGE_CONFIG: config,
      RADTRIAGE_METRICS_LISTENER_PORT: String(metricsPort),
    };
    instance = await startInstance({ environment });
    await addUser(instance, 'anna', 'admin');
    expect((await send('CT1', 'RADTRIAGE')).output).toContain('Received Store Response (Success)');
    for (let count = 0; count < 3; count += 1) {
      expect((await send('CT1', 'WRONG_AE')).output).toContain('Called AE Title Not Recognized');
    }
    expect((await send('NEW_CT', 'RADTRIAGE')).code).not.toBe(0);
    expect((await send('MR1', 'RADTRIAGE')).code).not.toBe(0);
    const stranger = await BytePeer.connect(instance.dicom.port);
    stranger.send(Buffer.from('GET / HTTP/1.1\r\nHost: radtriage\r\n\r\n'));
    await stranger.ending();
    slow = await BytePeer.connect(instance.dicom.port);
    slow.send(associateRequest({ callingAe: 'SLOW' }));
    await slow.nextPdu('an answer');
    const other = sampleDataSet(EXPLICIT_LE, '1.2.3.4');
    slow.store(other, { contextId: 3, sopInstanceUid: '1.2.3.5' });
    expect((await slow.nextResponse()).status).toBe(0xa900);
    const asking = await openModality({ port: instance.dicom.port, callingAe: 'ARCHIVE' });
    const unknown: Reference = ['1.2.840.10008.5.1.4.1.1.2', '1.2.3.404'];
    expect((await asking.ask('1.2.3.4.5', [unknown, unknown])).status).toBe(0);
    await asking.release();
    browser = await launchChromium();
    ({ page, errors } = await openPage(browser));
    await page.goto(`${instance.http.url}/administration`);
    await page.getByLabel(/user/i).fill('anna');
    await page.getByLabel(/password/i).fill(PASSWORD);
    await page.keyboard.press('Enter');
    await page.getByTestId('administration-page').waitFor();
  });
  afterAll(async () => {
    slow?.destroy();
    await browser?.close();
    await instance?.stop();
    rmSync(folder, { recursive: true });
  });

  /** Waits until something of this kind says all of it, cell after cell. */
  const shows = (selector: string, ...said: (string | RegExp)[]) =>
    waitFor(
      async () => {
        const texts = await page.locator(selector).allInnerTexts();
        return texts
          .map((text) => text.replaceAll(/\s+/g, ' '))
          .some((text) => said.every((part) => text.search(part) >= 0));
      },
      { what: `${selector} to say ${said.join(', ')}`, everyMs: 200 },
    );

  it('shows who sent, who was turned away and what to do', async () => {
    const mismatch = '0xA900 DICOM_UID_MISMATCH';
    await shows('[data-testid="association-now"][data-ae="SLOW"]', '127.0.0.1', mismatch);
    await shows('[data-testid="peer"][data-ae="SLOW"]', 'failing', mismatch);
    await shows('[data-testid="problem"]', 'Objects from SLOW are refused', mismatch);
    await keepScreenshot(page, 'administration-live-dark-1366');
    await shows(
      '[data-testid="refusal"][data-cause="called-ae"]',
      /CT1 to WRONG_AE 127\.0\.0\.1 .* 3 .*Let the sender call us RADTRIAGE/,
    );
    const advice = 'add AE title "NEW_CT" with address 127.0.0.1 to dicom.peers';
    await shows('[data-testid="refusal"][data-ae="NEW_CT"]', advice);
    await shows('[data-testid="refusal"][data-cause="address"]', 'MR1');
    await shows('[data-testid="refusal"][data-cause="protocol"]', 'no AE title');
    const sent = new RegExp(`CT1 .* ${study.files.length} 0 .* released`);
    await shows('[data-testid="association-lately"][data-ae="CT1"]', sent);
    await shows('[data-testid="peer"][data-ae="CT1"]', 'works');
    await shows('[data-testid="peer"][data-ae="MR1"]', 'never seen');
    await shows('[data-testid="problem"]', 'CT1 was refused 3 times');
    await shows('[data-testid="tile-door"]', 'Ready');
  });

  it('is what the doctor says on the terminal', async () => {
    const { stdout, code } = await instance.cli(['doctor']);
    expect(stdout).toMatch(/^ok +listener +1 associations/m);
    expect(stdout).toMatch(/CT1 +127\.0\.0\.1 +0 +1 +1 +0 /);
    expect(stdout).toMatch(/CT1 +WRONG_AE +127\.0\.0\.1 +3 .* Let the sender call us RADTRIAGE/);
    expect(code).toBe(0);
    const json = JSON.parse((await instance.cli(['doctor', '--json'])).stdout);
    expect(json).toMatchObject({ ok: true, site: { status: { openAssociations: 1 } } });
  });

  it('shows who wants a promise, and takes up what was given up', async () => {
    await page.locator('nav a[href="/administration/storage"]').last().click();
    const row = '[data-testid="commitment"]';
    await shows(
      row,
      'given up',
      'ARCHIVE to RADTRIAGE',
      '0 of 2',
      '2 × not here',
      'no host and port',
    );
    await page.getByText('does not say how long objects are kept').waitFor();
    await page.locator(row).getByRole('button', { name: 'Try again' }).click();
    await page.getByText('The objects are looked at anew').waitFor();
    await shows(row, 'given up');
    await page.locator('nav a[href="/administration"]').last().click();
  });

  it('is what the metrics of the listener count', async () => {
    const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
    for (const sample of [
      'radtriage_associations 1',
      'radtriage_stores_total{peer="CT1",status="success"} 1',
      'radtriage_rejections_total{cause="called-ae"} 3',
      'radtriage_rejections_total{cause="address"} 1',
      'radtriage_stores_total{peer="SLOW",status="DICOM_UID_MISMATCH"} 1',
      'radtriage_store_settle_seconds_count 2',
      'radtriage_index_backlog_objects 0',
    ]) {
      expect(text.split('\n')).toContain(sample);
    }
    expect(text).toMatch(/^radtriage_disk_free_bytes \d+$/m);
    expect(text).toMatch(/^radtriage_file_sync_seconds_count [1-9]\d*$/m);
    const ready = await fetch(`http://127.0.0.1:${metricsPort}/health/ready`);
    expect(ready.status).toBe(200);
  });

  it('goes on living: what ends moves from now to lately', async () => {
    await slow.release();
    await page.getByTestId('association-now').waitFor({ state: 'detached' });
    await page.locator('[data-testid="association-lately"][data-ae="SLOW"]').waitFor();
    await page.getByRole('button', { name: 'With trouble only' }).click();
    await page.locator('[data-testid="association-lately"][data-ae="CT1"]').waitFor({
      state: 'detached',
    });
    await page.locator('[data-testid="association-lately"][data-ae="SLOW"]').waitFor();
    await page.getByRole('button', { name: 'With trouble only' }).click();
  });

  it('compares two versions of models, and says when no study was seen by both', async () => {
    await page.locator('nav a[href="/administration/models"]').last().click();
    await page.getByTestId('comparison-empty').waitFor();
    const candidate = page.getByLabel('Candidate (B)');
    await candidate.selectOption(await page.getByLabel('In use (A)').inputValue());
    await page.getByText('Choose two different versions.').waitFor();
    await page.locator('nav a[href="/administration"]').last().click();
  });

  it.each(['dark', 'light'] as const)('has no fault that axe can find (%s)', async (theme) => {
    if (theme === 'light') await page.getByLabel(/dark and the light/).click();
    for (const [view, panel] of [
      ['', 'refusals'],
      ['/studies', 'waiting'],
      ['/storage', 'disk'],
      ['/models', 'health'],
    ] as const) {
      await page.locator(`nav a[href="/administration${view}"]`).last().click();
      await page.getByTestId(panel).waitFor();
      const { violations } = await new AxeBuilder({ page }).analyze();
      expect(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([]);
      for (const width of view === '' ? [1366, 1920] : [1366]) {
        await page.setViewportSize({ width, height: 900 });
        const spill = await page
          .locator('.page-scroll')
          .evaluate((scroller) => scroller.scrollWidth - scroller.clientWidth);
        expect(spill).toBe(0);
        await page.setViewportSize({ width, height: 1500 });
        await keepScreenshot(
          page,
          `administration-${view.slice(1) || 'receiving'}-${theme}-${width}`,
        );
      }
    }
    expect(errors).toEqual([]);
  });

  it('shows what waits in quarantine side by side, and takes the decision', async () => {
    const versions = [
      versionOf('e2e-quarantine'),
      versionOf('e2e-quarantine', { PatientName: 'Corrected^Name' }),
      versionOf('e2e-quarantine', { ...OTHER_PIXELS, BodyPartExamined: 'HAND' }),
    ];
    const port = String(instance.dicom.port);
    for (const [index, version] of versions.entries()) {
      const path = join(folder, `version-${index}.dcm`);
      writeFileSync(path, version.bytes);
      const titles = ['-aet', 'CT1', '-aec', 'RADTRIAGE'];
      expect((await run('storescu', [...titles, '127.0.0.1', port, path])).code).toBe(0);
    }
    await page.setViewportSize({ width: 1366, height: 900 });
    await page.locator('nav a[href="/administration/studies"]').last().click();
    const row = page.getByTestId('quarantine-row');
    await row.waitFor({ timeout: 30_000 });
    expect(await row.innerText()).toContain('Other pixels under the same UID');
    await page.getByTestId('quarantine-look').click();
    // The corrected name is what is kept: the version came in at once.
    await shows(
      '[data-testid="quarantine-differences"]',
      /PatientName Corrected\^Name Minimal\^Test/,
    );
    await shows('[data-testid="quarantine-differences"]', /BodyPartExamined CHEST HAND/);
    for (const picture of await page.locator('.quarantine-picture').all()) {
      await waitFor(
        () => picture.evaluate((image) => Number(Reflect.get(image, 'naturalWidth')) > 0),
        { what: 'a picture of either content' },
      );
    }
    expect(await page.locator('.quarantine-picture').count()).toBe(2);
    await keepScreenshot(page, 'administration-quarantine');
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([]);
    const adopt = page.getByTestId('quarantine-adopt');
    expect(await adopt.isDisabled()).toBe(true);
    await page.getByLabel(/Reason for the record/).fill('sent again on purpose');
    await adopt.click();
    await page.getByText('Nothing waits for a decision.').waitFor();
    await page.getByRole('button', { name: 'Show decided ones too' }).click();
    await shows('[data-testid="quarantine-row"]', 'adopted', 'anna', 'sent again on purpose');
    expect(errors).toEqual([]);
  });

  it('shows a report of another patient that was refused, until it is dismissed', async () => {
    const { accessionNumber, patientId } =
      (await readStudy(instance, study.studyInstanceUid)) ?? {};
    const accession = accessionNumber ?? '';
    const ris = await connectHl7(hl7Port);
    const other = await ris.send(oru({ accession, controlId: 'M7', pid: 'SOMEBODY^^^HOSP^MR' }));
    expect(codeOf(other)).toBe('AE');
    await shows('[data-testid="refused-report"]', /^RIS M7 .*SOMEBODY · HOSP/, accession);
    await keepScreenshot(page, 'administration-refused-report');
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([]);
    const refused = page.getByTestId('refused-reports');
    await refused.getByRole('button', { name: 'Dismiss' }).click();
    await refused.waitFor({ state: 'detached' });
    const statusOf = async () => (await readStudy(instance, study.studyInstanceUid))?.readingStatus;
    expect(await statusOf()).toBe('unread');
    // The same of the right patient takes the study off the list.
    const right = await ris.send(oru({ accession, controlId: 'M8', pid: `${patientId}^^^^MR` }));
    expect([codeOf(right), await statusOf()]).toEqual(['AA', 'reported-elsewhere']);
    ris.close();
    expect(errors).toEqual([]);
  });

  it('says when the server no longer answers', async () => {
    await page.route('**/api/admin/**', (route) => route.abort());
    await page.getByTestId('status-stale').waitFor({ timeout: 30_000 });
    await page.unroute('**/api/admin/**');
    await page.getByTestId('status-stale').waitFor({ state: 'detached', timeout: 30_000 });
  });
});
