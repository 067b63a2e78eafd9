/**
 * The worklist with many studies that wait to be read, in a real Chromium without a graphics card:
 * `npm run build && npx --no-install node tests/bench/worklist.ts [studies]`
 */
import { loadavg } from 'node:os';
import type { Page } from 'playwright-core';
import { createAccount } from '#worklist/accounts/accounts.ts';
import { keepScreenshot, launchChromium, openPage } from '../support/chromium.ts';
import { startWebProcess } from '../support/web-process.ts';
import { keepArriving } from './keep-arriving.ts';
import { median, printTable } from './measure.ts';
import { seedWorklist } from './seed-worklist.ts';
import { worklistQuestions } from './worklist-questions.ts';

const STUDIES = Number(process.argv[2] ?? 100_000);
const ROUNDS = 9;
const ARRIVALS = 20;
const WHEEL_TURNS = 200;
const LONG_FRAME_MS = 33.4;
const PASSWORD = 'a long word for the bench';

function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}

const round = (value: number) => value.toFixed(0);

async function measureApi(url: string, token: string): Promise<string[][]> {
  const rows: string[][] = [];
  for (const [name, path] of worklistQuestions(STUDIES)) {
    const times: number[] = [];
    for (let index = 0; index <= ROUNDS; index += 1) {
      const start = performance.now();
      const response = await fetch(`${url}/api/${path}`, {
        headers: { authorization: `Bearer ${token}` },
      });
      await response.text();
      if (response.status !== 200) throw new Error(`${path} answered ${response.status}`);
      // The first one warms up.
      if (index > 0) times.push(performance.now() - start);
    }
    rows.push([name, round(median(times)), round(Math.max(...times))]);
  }
  return rows;
}

/** From the navigation until a row is there and a key moves the selection, milliseconds. */
async function timeToInteractive(page: Page, url: string): Promise<number> {
  await page.goto(url, { waitUntil: 'commit' });
  await page.getByTestId('worklist-row').first().waitFor();
  await page.keyboard.press('ArrowDown');
  await page
    .locator('[data-testid="worklist-row"][aria-rowindex="3"][aria-current="true"]')
    .waitFor();
  return page.evaluate(() => performance.now());
}

/** Milliseconds between frames while the wheel turns, without a pause. */
async function scrollFrames(page: Page): Promise<number[]> {
  await page.mouse.move(600, 400);
  await page.evaluate(`
    window.frameTimes = [];
    window.frameStep = (time) => {
      window.frameTimes.push(time);
      if (window.frameStep) requestAnimationFrame(window.frameStep);
    };
    requestAnimationFrame(window.frameStep);`);
  for (let turn = 0; turn < WHEEL_TURNS; turn += 1) await page.mouse.wheel(0, 400);
  const times: number[] = await page.evaluate('window.frameStep = null; window.frameTimes');
  return times.slice(1).map((time, index) => time - (times[index] ?? 0));
}

async function timeOfKey(page: Page, key: string, rowindex: number): Promise<number> {
  const start = performance.now();
  await page.keyboard.press(key);
  await page
    .locator(`[data-testid="worklist-row"][aria-rowindex="${rowindex}"][aria-current="true"]`)
    .waitFor();
  return performance.now() - start;
}

async function heapMegabytes(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  return usedSize / 1024 / 1024;
}

async function measurePage(url: string): Promise<string[][]> {
  const browser = await launchChromium();
  try {
    const { page, errors } = await openPage(browser);
    await page.goto(url);
    await page.getByLabel(/user/i).fill('bench');
    await page.getByLabel(/password/i).fill(PASSWORD);
    await page.keyboard.press('Enter');
    await page.getByTestId('worklist-row').first().waitFor();
    const starts: number[] = [];
    for (let index = 0; index < 5; index += 1) starts.push(await timeToInteractive(page, url));
    const before = await heapMegabytes(page);
    const frames = await scrollFrames(page);
    const end = await timeOfKey(page, 'End', STUDIES + 1);
    const home = await timeOfKey(page, 'Home', 2);
    const after = await heapMegabytes(page);
    await keepScreenshot(page, 'worklist-100000');
    if (errors.length > 0) throw new Error(errors.join('; '));
    const long = frames.filter((time) => time > LONG_FRAME_MS).length;
    return [
      ['time to interactive, ms (median of 5)', round(median(starts))],
      ['frames while scrolling', String(frames.length)],
      [
        'frame, p50 and p95, ms',
        `${round(quantile(frames, 0.5))}, ${round(quantile(frames, 0.95))}`,
      ],
      [`frames over 33 ms`, `${long} (${((100 * long) / frames.length).toFixed(1)} %)`],
      ['longest frame, ms', round(Math.max(...frames))],
      ['End until the last study stands there, ms', round(end)],
      ['Home until the first does, ms', round(home)],
      ['heap of the page before and after, MB', `${before.toFixed(1)}, ${after.toFixed(1)}`],
    ];
  } finally {
    await browser.close();
  }
}

const web = await startWebProcess();
try {
  await createAccount(web.database, {
    username: 'bench',
    password: PASSWORD,
    roles: ['radiologist'],
  });
  await seedWorklist(web.database, STUDIES);
  const load = loadavg().map((value) => value.toFixed(1));
  process.stdout.write(`${STUDIES} studies; load of the machine ${load.join(', ')}\n\n`);
  printTable(
    ['GET /api/worklist', 'median ms', 'maximum ms'],
    await measureApi(web.url, web.token),
  );
  process.stdout.write('\n');
  printTable(['page', ''], await measurePage(web.url));
  process.stdout.write(`\nwhile ${ARRIVALS} studies a second come and change:\n\n`);
  const arrivals = keepArriving(web.database, ARRIVALS);
  printTable(
    ['GET /api/worklist', 'median ms', 'maximum ms'],
    await measureApi(web.url, web.token),
  );
  process.stdout.write(`\n${await arrivals.stop()} studies came meanwhile\n`);
} finally {
  await web.stop();
}
