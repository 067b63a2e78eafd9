import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { notificationPayloadSchema } from '#contracts/notification-payload.ts';
import { keepScreenshot, launchChromium, openPage } from '../support/chromium.ts';
import { type Instance, startInstance } from '../support/instance.ts';
import { missingPeer } from '../support/peers.ts';
import { findFreePort } from '../support/ports.ts';
import { addUser, PASSWORD } from '../support/reader.ts';
import { readStudy, sendWithStorescu, writeStudy } from '../support/studies.ts';
import { waitFor } from '../support/wait-for.ts';
import { answerWith, startReceiver, type WebhookReceiver } from '../support/webhook-receiver.ts';

const SECRET = 'of-the-end-to-end-tests-only';

describe.skipIf(missingPeer('storescu', 'chromium'))('notifications', () => {
  const folder = mkdtempSync(join(tmpdir(), 'radtriage-e2e-notifications-'));
  const study = writeStudy(folder, {
    ...{ kind: 'DX', seed: 'e2e-notified', lesion: { subtlety: 'obvious' } },
  });
  const quiet = writeStudy(folder, { kind: 'DX', seed: 'e2e-notified', lesion: null });
  let instance: Instance;
  let browser: Browser;
  let pager: WebhookReceiver;
  let board: WebhookReceiver;
  let metricsPort: number;

  beforeAll(async () => {
    pager = await startReceiver(answerWith(204));
    board = await startReceiver(answerWith(410));
    const secretFile = join(folder, 'secret');
    writeFileSync(secretFile, `${SECRET}\n`);
    const config = join(folder, 'radtriage.yaml');
    writeFileSync(
      config,
      `
notifications:
  pageUrl: https://triage.example
  plainHttpHosts: [127.0.0.1]
  innerHosts: [127.0.0.1]
  rules:
    - name: pager
      url: http://127.0.0.1:${pager.port}/hook
      when: { flagged: true, modalities: [DX] }
      secret: { file: ${secretFile} }
    - name: board
      url: http://127.0.0.1:${board.port}/board
      when: { priorityAtLeast: HIGH }
      secret: { file: ${secretFile} }
    - name: ct-desk
      url: http://127.0.0.1:${board.port}/ct
      when: { findings: [Phantom lesion, haemorrage], modalities: [CT] }
      secret: { variable: CT_DESK_SECRET }
`,
    );
    metricsPort = await findFreePort();
    const environment = {
      RADTRIAGE_CONFIG: config,
      RADTRIAGE_METRICS_WORKER_PORT: String(metricsPort),
    };
    instance = await startInstance({ environment });
    await addUser(instance, 'rosa', 'radiologist');
    await addUser(instance, 'anna', 'admin');
    for (const each of [quiet, study]) {
      await sendWithStorescu(instance.dicom, each.folder);
      await waitFor(
        async () => (await readStudy(instance, each.studyInstanceUid))?.status === 'analysed',
        { what: 'the analysis', deadlineMs: 60_000 },
      );
    }
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser?.close();
    await instance?.stop();
    await pager?.close();
    await board?.close();
    rmSync(folder, { recursive: true });
  });

  async function logIn(name: string, path: string) {
    const opened = await openPage(browser);
    await opened.page.goto(`${instance.http.url}${path}`);
    await opened.page.getByLabel(/user/i).fill(name);
    await opened.page.getByLabel(/password/i).fill(PASSWORD);
    await opened.page.keyboard.press('Enter');
    return opened;
  }

  /** By axe and by screenshot, dark and light. */
  async function look(page: Page, name: string): Promise<void> {
    for (const theme of ['dark', 'light']) {
      await page.evaluate(`document.documentElement.dataset.theme = '${theme}'`);
      await keepScreenshot(page, `notifications-${name}-${theme}`);
      const { violations } = await new AxeBuilder({ page }).analyze();
      expect(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([]);
    }
  }

  const shows = (page: Page, selector: string, said: RegExp) =>
    waitFor(
      async () => {
        const texts = await page.locator(selector).allInnerTexts();
        return texts.some((text) => said.test(text.replaceAll(/\s+/g, ' ')));
      },
      { what: `${selector} to say ${said}`, everyMs: 200 },
    );

  it('go out by themselves with the result, signed, and only for what was flagged', async () => {
    await waitFor(() => pager.requests.length === 1, { what: 'the notification' });
    const [{ body = '', headers = {} } = {}] = pager.requests;
    const payload = notificationPayloadSchema.parse(JSON.parse(body));
    expect(payload).toMatchObject({
      ...{ type: 'study-result', rule: 'pager' },
      study: { studyInstanceUid: study.studyInstanceUid, modality: 'DX' },
      link: `https://triage.example/studies/${study.studyInstanceUid}`,
    });
    expect(payload.findings.length).toBeGreaterThan(0);
    const [, time = '', digest] =
      /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers['radtriage-signature'])) ?? [];
    expect(createHmac('sha256', SECRET).update(`${time}.${body}`).digest('hex')).toBe(digest);
    expect(Math.abs(Date.now() / 1_000 - Number(time))).toBeLessThan(300);
    const figures = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
    expect(figures).toContain('radtriage_notification_tries_total{rule="pager",outcome="taken"} 1');
    expect(figures).toContain('radtriage_notification_seconds_count 1');
    expect(pager.requests).toHaveLength(1);
  });

  it('stand on the worklist and on the study page until a radiologist acknowledges', async () => {
    const { page, errors } = await logIn('rosa', '/');
    const row = `[data-testid="worklist-row"][data-uid="${study.studyInstanceUid}"]`;
    await shows(page, `${row} [data-testid="notified"]`, /^notified \d\d:\d\d, not acknowledged$/);
    expect(await page.getByTestId('notified').count()).toBe(1);
    await look(page, 'worklist');
    await page.locator(`${row} a`).click();
    await page.locator('[data-testid="reading-page"][data-ready="true"]').waitFor();
    const line = '[data-testid="study-notification"]';
    await shows(page, line, /^pager: notified .*, seen by rosa .*, not acknowledged$/);
    await shows(page, line, /^board: could not be sent$/);
    await look(page, 'study');
    await page.getByTestId('acknowledge').click();
    await shows(page, line, /^pager: .*, acknowledged by rosa \d\d:\d\d$/);
    await page.getByTestId('acknowledge').waitFor({ state: 'detached' });
    // The reader's own act does not make the page stale.
    expect(await page.getByTestId('study-changed').count()).toBe(0);
    await page.keyboard.press('q');
    // The other rule's is what is left to tell of.
    await shows(page, `${row} [data-testid="notified"]`, /^notification could not be sent$/);
    expect(errors).toEqual([]);
  });

  it('are shown to administrators, who test, send again and dismiss', async () => {
    const { page, errors } = await logIn('anna', '/administration/notifications');
    await shows(page, '[data-testid="problem"]', /1 notification was given up/);
    const rule = (name: string) => `[data-testid="notification-rule"][data-rule="${name}"]`;
    await shows(page, rule('pager'), /anything flagged, modality DX nothing waits 1 \d+ ms/);
    await shows(page, rule('board'), /priority HIGH or more urgent 1 given up/);
    await shows(page, rule('ct-desk'), /modality CT No active model has: haemorrage\./);
    await shows(page, rule('ct-desk'), /no data yet no data yet Send a test/);
    const dead = '[data-testid="notification"][data-state="dead"]';
    await shows(page, dead, /board .*1 the receiver answered 410/);
    await page.locator(`${rule('ct-desk')} button`).click();
    const failing = '[data-testid="notification"][data-rule="ct-desk"]';
    await shows(page, failing, /test .*next try .*CT_DESK_SECRET holds no secret/);
    await page.getByTestId('notifications').scrollIntoViewIfNeeded();
    await look(page, 'administration');
    await page.locator(failing).getByRole('button', { name: 'Dismiss' }).click();
    await shows(page, failing, /^dismissed/);

    board.behave(answerWith(200));
    await page.locator(dead).getByRole('button', { name: 'Send again' }).click();
    await shows(page, '[data-testid="notification"][data-rule="board"]', /^sent board/);
    expect(board.requests).toHaveLength(2);
    const keys = board.requests.map(({ headers }) => headers['idempotency-key']);
    expect(new Set(keys).size).toBe(1);

    await page.locator(`${rule('pager')} button`).click();
    await waitFor(() => pager.requests.length === 2, { what: 'the test' });
    const sent = notificationPayloadSchema.parse(JSON.parse(pager.requests[1]?.body ?? ''));
    expect(sent).toMatchObject({ type: 'test', study: null });
    await waitFor(async () => (await page.locator(dead).count()) === 0, { what: 'none dead' });
    expect(errors).toEqual([]);
  });

  it('are at hand on the command line', async () => {
    const none = await instance.cli(['notifications', 'list']);
    expect(none.stdout).toBe('nothing waits, and nothing was given up\n');
    const all = (await instance.cli(['notifications', 'list', '--all'])).stdout;
    expect(all).toMatch(new RegExp(`sent +pager .* rosa .* ${study.studyInstanceUid}`));
    const tested = await instance.cli(['notifications', 'test', 'pager']);
    expect(tested.stdout).toMatch(/was taken by http:\/\/127\.0\.0\.1:\d+\n$/);
    board.behave(answerWith(410));
    const refused = await instance.cli(['notifications', 'test', 'board']);
    expect([refused.code, refused.stderr]).toEqual([
      1,
      expect.stringMatching(/RECEIVER_UNREACHABLE: \d+ not sent: the receiver answered 410/),
    ]);
    board.behave(answerWith(200));
    const id = /(\d+) not sent/.exec(refused.stderr)?.[1] ?? '';
    const before = board.requests.length;
    expect((await instance.cli(['notifications', 'resend', id])).code).toBe(0);
    await waitFor(() => board.requests.length > before, { what: 'the one sent again' });
    const unknown = await instance.cli(['notifications', 'test', 'nobody']);
    expect([unknown.code, unknown.stderr]).toEqual([
      1,
      expect.stringContaining('no notification rule nobody'),
    ]);
  });
});
