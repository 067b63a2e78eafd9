import type { Page } from 'playwright-core';

const PATIENCE_MS = 60_000;

/** Milliseconds between frames and what was drawn, while the wheel turned by one slice in each frame. */
export interface Scroll {
  readonly frames: number[];
  readonly drawn: number;
  readonly seconds: number;
}

/** OHIF draws its small pictures on canvases too. */
const VIEWPORT = '.cornerstone-canvas';

/** Turns the wheel once a frame over the image, as both pages take it, until all turns are made. */
export async function scrollSlices(page: Page, turns: number, over = VIEWPORT): Promise<Scroll> {
  return page.evaluate<Scroll>(`new Promise((done) => {
    const canvas = document.querySelector(${JSON.stringify(over)});
    const { left, top, width, height } = canvas.getBoundingClientRect();
    const place = { clientX: left + width / 2, clientY: top + height / 2 };
    let drawn = 0;
    const count = () => { drawn += 1; };
    document.addEventListener('CORNERSTONE_IMAGE_RENDERED', count, { capture: true });
    const frames = [];
    let [last, made, start] = [0, 0, 0];
    const step = (time) => {
      if (made > 0) frames.push(time - last);
      else start = time;
      last = time;
      if (made >= ${turns}) {
        document.removeEventListener('CORNERSTONE_IMAGE_RENDERED', count, { capture: true });
        done({ frames, drawn, seconds: (time - start) / 1000 });
        return;
      }
      made += 1;
      // There and back, so that the stack is never at its end.
      const deltaY = Math.floor(made / 100) % 2 === 0 ? 100 : -100;
      canvas.dispatchEvent(new WheelEvent('wheel', { ...place, deltaY, bubbles: true, cancelable: true }));
      requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  })`);
}

/**
 * From the start of the page's navigation until the first image is drawn, milliseconds; set up before the page loads.
 * Viewports without an image are drawn too: what counts is that something is to be seen in the middle, where all our
 * images are bright.
 */
export const NOTE_FIRST_IMAGE = `
  document.addEventListener('CORNERSTONE_IMAGE_RENDERED', ({ target }) => {
    if (window.firstImageAt !== undefined) return;
    const drawn = performance.now();
    const canvas = target.querySelector('canvas');
    const [x, y] = [Math.floor(canvas.width / 2), Math.floor(canvas.height / 2)];
    const { data } = canvas.getContext('2d').getImageData(x, y, 8, 8);
    if (data.some((value, place) => place % 4 === 0 && value > 32)) window.firstImageAt = drawn;
  }, { capture: true });`;

export async function firstImageAt(page: Page): Promise<number> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    if (Date.now() > deadline) throw new Error(`no image came at ${page.url()}`);
    const at = await page.evaluate<number | undefined>('window.firstImageAt');
    if (at !== undefined) return at;
    await page.waitForTimeout(10);
  }
}

/** Within the page: when Enter was pressed, and when the room of another study is ready with its image painted. */
export async function noteNextStudy(page: Page): Promise<void> {
  await page.evaluate(`(() => {
    const uid = () => document.querySelector('[data-testid="reading-page"][data-ready="true"]')?.dataset.uid;
    const before = uid();
    window.nextStudy = { pressed: 0, ready: 0 };
    window.addEventListener('keydown', (event) => {
      if (event.key === 'Enter') window.nextStudy.pressed = performance.now();
    }, { capture: true });
    const look = () => {
      const now = uid();
      if (now === undefined || now === before) requestAnimationFrame(look);
      else window.nextStudy.ready = performance.now();
    };
    requestAnimationFrame(look);
  })()`);
}

/** Milliseconds from Enter, and from the server's answer to the sign-off, until the next study's image stood. */
export async function nextStudyTimes(page: Page): Promise<{ key: number; answer: number }> {
  for (;;) {
    const times = await page.evaluate<{ key: number; answer: number } | null>(`(() => {
      const { pressed, ready } = window.nextStudy;
      if (ready === 0) return null;
      const answers = performance.getEntriesByType('resource').filter(({ name }) => name.endsWith('/reviews'));
      return { key: ready - pressed, answer: ready - answers.at(-1).responseEnd };
    })()`);
    if (times !== null) return times;
    await page.waitForTimeout(10);
  }
}

/** Memory of the page after a collection, megabytes: objects, and array buffers (decoded images among them). */
export async function memoryOf(page: Page): Promise<{ heap: number; buffers: number }> {
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  await session.send('HeapProfiler.collectGarbage');
  const usage = await session.send('Runtime.getHeapUsage');
  await session.detach();
  const { usedSize } = usage;
  const buffers = 'backingStorageSize' in usage ? Number(usage.backingStorageSize) : 0;
  return { heap: usedSize / 2 ** 20, buffers: buffers / 2 ** 20 };
}
