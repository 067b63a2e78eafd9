/** Makes the pictures of docs/ from a running system: `npm run screenshots`. Look at each before it is committed. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import type { GeneratedStudy } from '#test-data/study.ts';
import { launchChromium, openPage } from '../support/chromium.ts';
import { type Instance, startInstance } from '../support/instance.ts';
import { readStudy } from '../support/studies.ts';
import { waitFor } from '../support/wait-for.ts';
import { PICTURE_STUDIES } from './picture-studies.ts';
import { keepPicture, SIZE } from './take-pictures.ts';

const PASSWORD = 'a long word for pictures';
const CONFIG = `
site: Demonstration
links:
  - { name: PACS, url: 'https://pacs.example/viewer?study={studyInstanceUid}' }
  - { name: RIS, url: 'https://ris.example/order?accession={accessionNumber}' }
`;
const MAX_BYTES = 2.5 * 1024 ** 2;

interface Sent {
  readonly uid: string;
  readonly role: string;
}

async function addAccounts(instance: Instance): Promise<void> {
  for (const [name, role] of [
    ['alice', 'radiologist'],
    ['quentin', 'qa'],
    ['ada', 'admin'],
  ] as const) {
    const { code, stderr } = await instance.cli(
      ['user', 'add', name, '--role', role],
      `${PASSWORD}\n`,
    );
    if (code !== 0) throw new Error(stderr);
  }
}

/** The time of a visit so many months ago. */
function visitAt(monthsAgo: number): { studyDate: string; studyTime: string } {
  const then = new Date();
  then.setUTCMonth(then.getUTCMonth() - monthsAgo);
  const [date = '', time = ''] = then.toISOString().split('T');
  return { studyDate: date.replaceAll('-', ''), studyTime: time.slice(0, 8).replaceAll(':', '') };
}

function writeStudies(folder: string): Sent[] {
  const write = (role: string, { studyInstanceUid: uid, files }: GeneratedStudy): Sent => {
    mkdirSync(join(folder, uid), { recursive: true });
    for (const file of files) writeFileSync(join(folder, uid, file.name), file.bytes);
    return { uid, role };
  };
  return PICTURE_STUDIES.flatMap(({ role, generate, generatePrior }) => [
    write(role, generate(visitAt(0))),
    ...(generatePrior === null ? [] : [write('prior', generatePrior(visitAt(14)))]),
  ]);
}

/** Sends the studies over DICOM and waits until each has its result. Priors were reported long ago. */
async function sendStudies(instance: Instance, folder: string): Promise<Sent[]> {
  const sent = writeStudies(folder);
  const { aeTitle, host, port } = instance.dicom;
  const to = `${aeTitle}@${host}:${port}`;
  const result = await instance.cliWithoutData([
    'send',
    folder,
    '--to',
    to,
    '--from',
    'MODALITIES',
  ]);
  if (result.code !== 0) throw new Error(result.stderr);
  for (const { uid } of sent) {
    await waitFor(
      async () => {
        const { status } = (await readStudy(instance, uid)) ?? {};
        return status === 'analysed' || status === 'not-analysed';
      },
      { what: 'every study to have its result', deadlineMs: 180_000 },
    );
  }
  const token = await instance.cli(['token', 'create', 'RIS', '--role', 'service']);
  const headers = { authorization: `Bearer ${token.stdout.trim()}` };
  for (const { uid } of sent.filter(({ role }) => role === 'prior')) {
    const path = `/api/studies/${uid}/reported-elsewhere`;
    const { ok, status } = await instance.api(path, { method: 'POST', headers });
    if (!ok) throw new Error(`a prior could not be marked as reported: ${status}`);
  }
  return sent;
}

/** Until every picture on the page is there, and what follows the first drawing. */
async function settle(page: Page): Promise<void> {
  const all = '[...document.images].every((image) => image.complete && image.naturalWidth > 0)';
  await waitFor(() => page.evaluate<boolean>(all), { what: 'every picture of the page' });
  await page.waitForTimeout(1_500);
}

async function logIn(browser: Browser, instance: Instance, name: string): Promise<Page> {
  const { page } = await openPage(browser, SIZE);
  await page.goto(instance.http.url);
  await page.getByLabel(/user/i).fill(name);
  await page.getByLabel(/password/i).fill(PASSWORD);
  await page.keyboard.press('Enter');
  await page.getByTestId('worklist-row').first().waitFor();
  return page;
}

async function read(page: Page, instance: Instance, uid: string): Promise<void> {
  await page.goto(`${instance.http.url}/studies/${uid}`);
  await page.locator('[data-testid="reading-page"][data-ready="true"]').waitFor();
  await settle(page);
}

async function pictureWorklist(page: Page): Promise<number> {
  await settle(page);
  let bytes = await keepPicture(page, 'worklist');
  await page.getByRole('button', { name: 'More filters' }).click();
  await page.getByRole('dialog').waitFor();
  bytes += await keepPicture(page, 'walk-through/filters');
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('d');
  await page.getByTestId('detail').waitFor();
  await settle(page);
  await page.getByTestId('outside-links').scrollIntoViewIfNeeded();
  bytes += await keepPicture(page, 'walk-through/details');
  await page.keyboard.press('d');
  return bytes;
}

const heat = '[data-testid="heatmap-canvas"][data-visible="true"]';

/** Signs a study off by keys: every finding confirmed. */
async function sign(page: Page, comment: string): Promise<void> {
  for (let index = 0; index < (await page.getByTestId('finding').count()); index += 1) {
    await page.keyboard.press('y');
  }
  await page.keyboard.press('s');
  await page.getByTestId('comment').fill(comment);
}

/** Opens the prior beside the study. */
async function openPrior(page: Page): Promise<void> {
  await page.keyboard.press('<');
  await page.locator('[data-slot="prior"] [data-testid="image-place"]').waitFor();
}

/** Slices beside one another that scroll together, with the line where they cut, and three planes. */
async function pictureStacks(page: Page): Promise<number> {
  await page.keyboard.press('7');
  await page.locator('[data-slot="1"] [data-testid="image-place"]').waitFor();
  await openPrior(page);
  await page.keyboard.press('/');
  await page.locator('[data-slot="prior"] [data-testid="linked"]').waitFor();
  await page
    .locator('[data-slot="1"] [data-testid="reference-line"]')
    .waitFor({ state: 'attached' });
  await settle(page);
  let bytes = await keepPicture(page, 'walk-through/linked');
  await page.keyboard.press('>');
  await page.keyboard.press('6');
  await page.locator('[data-slot="1"]').waitFor({ state: 'detached' });
  await page.keyboard.press('#');
  await page.locator('.mpr-image').first().waitFor();
  await settle(page);
  bytes += await keepPicture(page, 'walk-through/planes');
  await page.keyboard.press('#');
  return bytes;
}

async function pictureReading(
  page: Page,
  instance: Instance,
  sent: readonly Sent[],
): Promise<number> {
  const uidOf = (role: string) => sent.find((each) => each.role === role)?.uid ?? '';
  await read(page, instance, uidOf('radiograph'));
  await page.locator(heat).first().waitFor();
  let bytes = await keepPicture(page, 'reading');
  await openPrior(page);
  await settle(page);
  bytes += await keepPicture(page, 'walk-through/prior');
  await page.keyboard.press('>');
  await sign(page, 'Round opacity, right lower zone. CT advised.');
  bytes += await keepPicture(page, 'walk-through/sign-off');
  await page.getByTestId('sign-now').click();
  await page.getByTestId('comment').waitFor({ state: 'detached' });
  await read(page, instance, uidOf('ct'));
  await page.locator(heat).first().waitFor();
  bytes += await keepPicture(page, 'walk-through/ct');
  bytes += await pictureStacks(page);
  for (const { uid } of sent.filter(({ role }) => role.endsWith('flagged'))) {
    await read(page, instance, uid);
    await sign(page, '');
    await page.getByTestId('sign-now').click();
    await page.getByTestId('comment').waitFor({ state: 'detached' });
  }
  return bytes;
}

async function pictureOffices(browser: Browser, instance: Instance): Promise<number> {
  const quality = await logIn(browser, instance, 'quentin');
  await quality.goto(`${instance.http.url}/quality`);
  await settle(quality);
  let bytes = await keepPicture(quality, 'walk-through/quality');
  const administration = await logIn(browser, instance, 'ada');
  await administration.goto(`${instance.http.url}/administration`);
  await settle(administration);
  bytes += await keepPicture(administration, 'walk-through/administration');
  return bytes;
}

/** The same study by somebody who asks for another language. */
async function pictureGerman(browser: Browser, instance: Instance, uid: string): Promise<number> {
  const page = await logIn(browser, instance, 'alice');
  await page.evaluate(`localStorage.setItem('radtriage.language', 'de')`);
  await read(page, instance, uid);
  await page.locator(heat).first().waitFor();
  return keepPicture(page, 'walk-through/german');
}

async function pictureBlindFirst(
  browser: Browser,
  instance: Instance,
  uid: string,
): Promise<number> {
  const page = await logIn(browser, instance, 'alice');
  await read(page, instance, uid);
  await page.getByTestId('blind-first').waitFor();
  return keepPicture(page, 'walk-through/blind-first');
}

const place = mkdtempSync(join(tmpdir(), 'radtriage-pictures-'));
const config = join(place, 'radtriage.yaml');
writeFileSync(config, CONFIG);
const dataDirectory = join(place, 'data');
const environment = { RADTRIAGE_CONFIG: config, RADTRIAGE_QUIET_SECONDS: '2' };
const browser = await launchChromium();
let instance: Instance | undefined;
try {
  instance = await startInstance({ dataDirectory, environment });
  await addAccounts(instance);
  const sent = await sendStudies(instance, join(place, 'studies'));
  const page = await logIn(browser, instance, 'alice');
  let bytes = await pictureWorklist(page);
  bytes += await pictureReading(page, instance, sent);
  const flagged = sent.find(({ role }) => role === 'stat')?.uid ?? '';
  bytes += await pictureGerman(browser, instance, flagged);
  bytes += await pictureOffices(browser, instance);
  await instance.stop();
  const blind = { ...environment, RADTRIAGE_BLIND_FIRST: 'site' };
  instance = await startInstance({ dataDirectory, environment: blind });
  const unread = sent.find(({ role }) => role === 'blind')?.uid ?? '';
  bytes += await pictureBlindFirst(browser, instance, unread);
  process.stdout.write(`${(bytes / 1024 ** 2).toFixed(2)} MB in all\n`);
  if (bytes > MAX_BYTES) process.exitCode = 1;
} finally {
  await browser.close();
  await instance?.stop();
  rmSync(place, { recursive: true, force: true });
}
