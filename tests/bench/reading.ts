/**
 * The reading page in a real Chromium, with software WebGL and without any, beside OHIF and Cornerstone3D's bare stack
 * example on the same series from the same server: `npm run build && npx --no-install node tests/bench/reading.ts [what ...]`,
 * of `radiograph`, `stack`, `planes`, `memory` and `priors` all unless named; `no-ohif` leaves out what has to be fetched from npm (50 MB).
 * Prints tables for BENCHMARKS.md.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join, resolve } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { build } from 'vite';
import { readAttributes } from '#dicom/attributes/read-attributes.ts';
import { parseFileMeta } from '#dicom/part10/read-part10.ts';
import { createAccount } from '#worklist/accounts/accounts.ts';
import { type Graphics, launchChromium, openPage } from '../support/chromium.ts';
import { keepStudy, logPageIn } from '../support/reading-site.ts';
import { startWebProcess } from '../support/web-process.ts';
import { ctSeries, radiograph } from './ct-series.ts';
import { median, printTable } from './measure.ts';
import { startOhif } from './ohif-viewer.ts';
import {
  firstImageAt,
  memoryOf,
  NOTE_FIRST_IMAGE,
  nextStudyTimes,
  noteNextStudy,
  type Scroll,
  scrollSlices,
} from './page-clock.ts';
import { type Held, runPlanes } from './planes.ts';

const WITH_OHIF = !process.argv.includes('no-ohif');
const WANTED = process.argv.slice(2).filter((word) => word !== 'no-ohif');
const wants = (what: string) => WANTED.length === 0 || WANTED.includes(what);
const RADIOGRAPHS = 6;
const STACKS = [300, 1000];
const TURNS = 200;
const PLANES_SLICES = 1000;
const PRIORS = 30;
const OPENED = 50;
/** Memory has settled when the last ten studies stand no higher than those after the first ten, but for noise. */
const STEADY = 1.1;
const VIEWER = resolve(import.meta.dirname, '../../viewer/dist');
const BARE = join(VIEWER, 'bare-viewer');
const READER = 'bench';
const GRAPHICS: readonly Graphics[] = ['swiftshader', 'none'];
const NAMES = { swiftshader: 'software WebGL', none: 'no WebGL' };

const round = (value: number) => value.toFixed(0);

function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}

async function buildBareViewer(): Promise<void> {
  await build({
    configFile: resolve(VIEWER, '../vite.config.ts'),
    plugins: [],
    root: resolve(import.meta.dirname, 'bare-viewer'),
    base: '/bare-viewer/',
    logLevel: 'error',
    build: { outDir: BARE, emptyOutDir: true },
  });
}

const web = await startWebProcess();
const ohif = WITH_OHIF ? await startOhif(web.url) : null;
const archive = join(web.dataDirectory, 'archive');
mkdirSync(archive, { recursive: true });
let minutesAgo = 0;

async function keep(
  files: readonly Buffer[],
  more: Parameters<typeof keepStudy>[2] = {},
): Promise<string> {
  const [first] = files;
  const found = first === undefined ? undefined : parseFileMeta(first, true);
  if (first === undefined || found === undefined) throw new Error('no file');
  const dataSet = first.subarray(found.dataSetOffset);
  const { studyInstanceUid } = readAttributes(dataSet, found.meta.transferSyntaxUid);
  minutesAgo += 1;
  const receivedAt = new Date(Date.now() - minutesAgo * 60_000);
  const place = { database: web.database, directory: archive };
  const columns = { receivedAt, dueAt: new Date(receivedAt.getTime() + 14_400_000) };
  await keepStudy(place, { studyInstanceUid, files }, { ...columns, rankAt: receivedAt, ...more });
  return studyInstanceUid;
}

async function openReader(browser: Browser): Promise<Page> {
  const { page } = await openPage(browser);
  await logPageIn({ database: web.database, url: web.url }, page, READER);
  await page.addInitScript(NOTE_FIRST_IMAGE);
  page.on('response', (response) => {
    if (response.status() < 400) return;
    void response.text().then((text) => process.stderr.write(`${response.url()}: ${text}\n`));
  });
  page.on('pageerror', (error) => process.stderr.write(`${page.url()}: ${error.message}\n`));
  return page;
}

const ready = (page: Page, uid: string) =>
  page.locator(`[data-testid="reading-page"][data-uid="${uid}"][data-ready="true"]`).waitFor();

/** OHIF of this version draws nothing where there is no WebGL: an exception in its console, and a black viewport. */
const viewersOf = (graphics: Graphics): readonly Viewer[] => [
  'ours',
  ...(WITH_OHIF && graphics !== 'none' ? (['ohif'] as const) : []),
  'bare',
];

const addresses = {
  ours: (uid: string) => `${web.url}/studies/${uid}`,
  ohif: (uid: string) => `${ohif?.url}/viewer?StudyInstanceUIDs=${uid}`,
  bare: (uid: string) => `${web.url}/bare-viewer/index.html?study=${uid}&width=882&height=630`,
};
type Viewer = keyof typeof addresses;

/** From navigation to the first image, with the page's code in the browser's cache. */
async function firstImages(browser: Browser, viewer: Viewer, uids: readonly string[]) {
  const page = await openReader(browser);
  const times: number[] = [];
  for (const uid of uids) {
    await page.goto(addresses[viewer](uid));
    times.push(await firstImageAt(page));
  }
  await page.context().close();
  return times.slice(1);
}

/** Sign-off after sign-off: what was fetched ahead is what comes. */
async function nextStudies(browser: Browser, uids: readonly string[]) {
  const page = await openReader(browser);
  const times: { key: number; answer: number }[] = [];
  const [first = '', ...others] = uids;
  await page.goto(addresses.ours(first));
  await ready(page, first);
  for (const uid of others) {
    const fetched = page.waitForResponse((response) => /frames\/1$/.test(response.url()));
    await fetched;
    // Decoding takes longer than fetching.
    await page.waitForTimeout(1_000);
    await noteNextStudy(page);
    await page.keyboard.press('s');
    await page.keyboard.press('Enter');
    times.push(await nextStudyTimes(page));
    await ready(page, uid);
  }
  await page.context().close();
  return times;
}

async function measureRadiographs(): Promise<void> {
  const rows: string[][] = [];
  for (const graphics of GRAPHICS) {
    const uids: string[] = [];
    for (let index = 0; index < RADIOGRAPHS; index += 1) {
      uids.push(await keep([radiograph(`${graphics} ${index}`)]));
    }
    uids.reverse();
    const browser = await launchChromium(graphics);
    for (const viewer of viewersOf(graphics)) {
      const times = await firstImages(browser, viewer, uids);
      rows.push([NAMES[graphics], viewer, round(median(times)), round(Math.max(...times)), '']);
    }
    const next = await nextStudies(browser, uids);
    const of = (which: 'key' | 'answer') => next.map((each) => each[which]);
    for (const which of ['key', 'answer'] as const) {
      const from = which === 'key' ? 'from Enter' : "from the sign-off's answer";
      const times = of(which);
      rows.push([
        NAMES[graphics],
        `ours, next study, ${from}`,
        round(median(times)),
        round(Math.max(...times)),
        '',
      ]);
    }
    await browser.close();
    for (const uid of uids)
      await web.database
        .updateTable('study')
        .set({ readingStatus: 'reviewed' })
        .where('studyInstanceUid', '=', uid)
        .execute();
  }
  printTable(
    ['radiograph 3000 x 2500', 'page', 'median ms', 'maximum ms'],
    rows.map((row) => row.slice(0, 4)),
  );
}

function tellScroll({ frames, drawn, seconds }: Scroll): string[] {
  return [
    `${round(quantile(frames, 0.5))}, ${round(quantile(frames, 0.95))}`,
    round(Math.max(...frames)),
    (drawn / seconds).toFixed(0),
  ];
}

async function measureStacks(): Promise<void> {
  const rows: string[][] = [];
  for (const slices of STACKS) {
    const uid = await keep([...ctSeries(`stack ${slices}`, slices)]);
    for (const graphics of GRAPHICS) {
      const browser = await launchChromium(graphics);
      for (const viewer of viewersOf(graphics)) {
        const page = await openReader(browser);
        await page.goto(addresses[viewer](uid));
        await firstImageAt(page);
        // Once more: with the page's code in the browser's cache.
        await page.goto(addresses[viewer](uid));
        const first = await firstImageAt(page);
        const loading = await scrollSlices(page, TURNS);
        await page.waitForTimeout(15_000);
        const loaded = await scrollSlices(page, TURNS);
        const memory = await memoryOf(page);
        rows.push([
          `${slices}, ${NAMES[graphics]}`,
          viewer,
          round(first),
          ...tellScroll(loading),
          ...tellScroll(loaded),
          `${round(memory.heap)}, ${round(memory.buffers)}`,
        ]);
        await page.context().close();
      }
      await browser.close();
    }
  }
  printTable(
    [
      'slices',
      'page',
      'first image ms',
      ...['while loading: frame p50, p95 ms', 'longest', 'slices/s'],
      ...['loaded: frame p50, p95 ms', 'longest', 'slices/s'],
      'heap, buffers MB',
    ],
    rows,
  );
}

/** A series of half a gigabyte in three planes, which need WebGL. */
async function measurePlanes(): Promise<void> {
  const uid = await keep([...ctSeries('planes', PLANES_SLICES)]);
  const browser = await launchChromium('swiftshader');
  const page = await openReader(browser);
  await page.goto(addresses.ours(uid));
  await ready(page, uid);
  const run = await runPlanes(browser, page);
  await browser.close();
  const told = ({ heap, buffers, renderer, gpu }: Held) =>
    [heap, buffers, renderer, gpu].map(round).join(', ');
  printTable(
    [`three planes of ${PLANES_SLICES} slices`, ''],
    [
      ['first pictures, all slices, ms', `${round(run.first)}, ${round(run.all)}`],
      [
        'Esc while loading, ms; frames asked for after it',
        `${round(run.cancelled)}, ${run.askedAfter}`,
      ],
      [
        'scrolling axial: frame p50, p95, longest ms',
        [quantile(run.frames, 0.5), quantile(run.frames, 0.95), Math.max(...run.frames)]
          .map(round)
          .join(', '),
      ],
      ['heap, buffers, renderer, GPU process MB: before', told(run.before)],
      ['open', told(run.open)],
      ['left', told(run.after)],
    ],
  );
}

type PageMemory = Pick<Held, 'heap' | 'buffers'>;

/** Whether the last ten take no more than the second ten did. */
function tellSteadiness(series: readonly PageMemory[], name: string): void {
  for (const what of ['heap', 'buffers'] as const) {
    const values = series.map((each) => each[what]);
    const mean = (part: number[]) => part.reduce((sum, value) => sum + value, 0) / part.length;
    const [early, late] = [mean(values.slice(10, 20)), mean(values.slice(-10))];
    const verdict = late <= early * STEADY + 1 ? 'steady' : 'GROWS';
    const told = values.filter((_, index) => index % 5 === 4).map((value) => value.toFixed(1));
    process.stdout.write(`${name}, ${what}, MB: ${told.join(', ')}: ${verdict}\n`);
    if (verdict !== 'steady') process.exitCode = 1;
  }
}

/** Thirty priors of one patient, one after the other beside one study. */
async function measurePriors(): Promise<void> {
  const uids: string[] = [];
  for (let year = 0; year <= PRIORS; year += 1) {
    const when = { patientKey: 'priors', studyDate: `${2026 - year}0112` };
    uids.push(await keep([...ctSeries(`prior ${year}`, 12)], when));
  }
  for (const graphics of GRAPHICS) {
    const browser = await launchChromium(graphics);
    const page = await openReader(browser);
    const [uid = ''] = uids;
    await page.goto(`${web.url}/studies/${uid}`);
    await ready(page, uid);
    const beside = page.locator('[data-testid="pane"][data-slot="prior"]');
    const series: PageMemory[] = [];
    for (let place = 1; place <= PRIORS; place += 1) {
      await page.keyboard.press('<');
      await beside.getByText(`${place} of ${PRIORS}`).waitFor();
      await beside.getByTestId('image-place').waitFor();
      await page.waitForTimeout(300);
      series.push(await memoryOf(page));
    }
    tellSteadiness(series, `${NAMES[graphics]}, after each fifth prior`);
    await browser.close();
  }
}

/** Fifty studies one after the other within one page, as a morning goes. */
async function measureMemory(): Promise<void> {
  const uids: string[] = [];
  for (let index = 0; index < OPENED; index += 1) {
    uids.push(await keep([...ctSeries(`memory ${index}`, 12)]));
  }
  for (const graphics of GRAPHICS) {
    const browser = await launchChromium(graphics);
    const page = await openReader(browser);
    await page.goto(web.url);
    await page.getByTestId('worklist-row').first().waitFor();
    const series: PageMemory[] = [];
    for (const uid of uids) {
      await page.evaluate(`history.pushState(null, '', '/studies/${uid}')`);
      await ready(page, uid);
      await page.waitForTimeout(300);
      await page.keyboard.press('q');
      await page.getByTestId('worklist-row').first().waitFor();
      await page.waitForTimeout(300);
      series.push(await memoryOf(page));
    }
    tellSteadiness(series, `${NAMES[graphics]}, after each fifth study`);
    await browser.close();
  }
}

try {
  await createAccount(web.database, {
    username: READER,
    password: 'a long word for the bench',
    roles: ['radiologist'],
  });
  await buildBareViewer();
  process.stdout.write(
    `load of the machine ${loadavg()
      .map((value) => value.toFixed(1))
      .join(', ')}\n\n`,
  );
  if (wants('radiograph')) await measureRadiographs();
  if (wants('stack')) await measureStacks();
  if (wants('planes')) await measurePlanes();
  if (wants('memory')) await measureMemory();
  if (wants('priors')) await measurePriors();
} finally {
  await ohif?.stop();
  await web.stop();
  rmSync(BARE, { recursive: true, force: true });
}
