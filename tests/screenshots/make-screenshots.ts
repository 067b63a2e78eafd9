/** Makes the pictures of docs/ from a running system: `npm run screenshots`. Look at each before it is committed. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
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

/** Sends the studies over DICOM and waits until each has its result. */
async function sendStudies(instance: Instance, folder: string): Promise<Sent[]> {
  const [date = '', time = ''] = new Date().toISOString().split('T');
  const studyDate = date.replaceAll('-', '');
  const studyTime = time.slice(0, 8).replaceAll(':', '');
  const sent = PICTURE_STUDIES.map(({ role, generate }) => {
    const { studyInstanceUid: uid, files } = generate({ studyDate, studyTime });
    mkdirSync(join(folder, uid), { recursive: true });
    for (const file of files) writeFileSync(join(folder, uid, file.name), file.bytes);
    return { uid, role };
  });
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

async function pictureReading(
  page: Page,
  instance: Instance,
  sent: readonly Sent[],
): Promise<number> {
  const uidOf = (role: string) => sent.find((each) => each.role === role)?.uid ?? '';
  await read(page, instance, uidOf('radiograph'));
  await page.locator(heat).first().waitFor();
  let bytes = await keepPicture(page, 'reading');
  await sign(page, 'Round opacity, right lower zone. CT advised.');
  bytes += await keepPicture(page, 'walk-through/sign-off');
  await page.getByTestId('sign-now').click();
  await page.getByTestId('comment').waitFor({ state: 'detached' });
  await read(page, instance, uidOf('ct'));
  await page.locator(heat).first().waitFor();
  bytes += await keepPicture(page, 'walk-through/ct');
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
