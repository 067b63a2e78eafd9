import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { notifyChange } from '#platform/database/changes.ts';
import { seedStudy } from '#tests/support/seed-studies.ts';
import { waitFor } from '#tests/support/wait-for.ts';
import { type Caller, callerFor, startTestWeb } from '#tests/support/web-server.ts';
import { startWebSite, type WebSite } from '#tests/support/web-site.ts';

/** An open stream and what has come through it so far. */
interface Stream {
  readonly text: () => string;
  readonly ended: () => boolean;
  close(): Promise<void>;
}

async function openStream(call: Caller, headers: Record<string, string> = {}): Promise<Stream> {
  const response = await call('/api/events', { headers });
  expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
  const reader = response.body?.getReader();
  if (reader === undefined) throw new Error('no body');
  const decoder = new TextDecoder();
  let text = '';
  let ended = false;
  const pump = async (): Promise<void> => {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      text += decoder.decode(value, { stream: true });
    }
  };
  void pump()
    .catch(() => undefined)
    .finally(() => {
      ended = true;
    });
  return { text: () => text, ended: () => ended, close: () => reader.cancel() };
}

describe('server-sent events', () => {
  let site: WebSite;
  let call: Caller;

  beforeAll(async () => {
    site = await startWebSite();
    call = await site.sessionCallerFor('radiologist', 'events');
  });
  afterAll(async () => {
    await site.stop();
  });

  it('names a study that changed to every listener, once for many changes, and nothing more', async () => {
    const streams = [await openStream(call), await openStream(call)];
    const { studyInstanceUid } = await seedStudy(site.database);
    for (let change = 0; change < 50; change++) await notifyChange(site.database, studyInstanceUid);
    for (const stream of streams) {
      await waitFor(() => stream.text().includes('event: changed'), { what: 'the event' });
      expect(stream.text()).toContain(`data: ${JSON.stringify({ studyInstanceUid })}\n\n`);
      expect(stream.text()).not.toContain('Phantom');
      expect(stream.text().match(/event: changed/g)?.length).toBeLessThan(25);
      await stream.close();
    }
  });

  it('tells of a review within a second', async () => {
    const stream = await openStream(call);
    const { studyInstanceUid } = await seedStudy(site.database);
    const body = { version: 1, verdicts: [] };
    const started = Date.now();
    await call(`/api/studies/${studyInstanceUid}/reviews`, { method: 'POST', body });
    await waitFor(() => stream.text().includes(studyInstanceUid), { what: 'the event' });
    expect(Date.now() - started).toBeLessThan(1_000);
    await stream.close();
  });

  it('tells one who comes back to ask for everything', async () => {
    const back = await openStream(call, { 'last-event-id': '7' });
    await waitFor(() => back.text().includes('event: resync'), { what: 'resync' });
    await back.close();
    const first = await openStream(call);
    await waitFor(() => first.text().includes('event: ready'), { what: 'ready' });
    expect(first.text()).not.toContain('resync');
    await first.close();
  });

  it('says resync after the database was away, and goes on', async () => {
    const stream = await openStream(call);
    await waitFor(() => stream.text().includes('ready'), { what: 'ready' });
    await site.server.killAndRestart();
    await waitFor(() => stream.text().includes('event: resync'), {
      what: 'resync after the restart',
      deadlineMs: 30_000,
    });
    const study = await waitFor(() => seedStudy(site.database), { what: 'a row' });
    await notifyChange(site.database, study.studyInstanceUid);
    await waitFor(() => stream.text().includes(study.studyInstanceUid), { what: 'the event' });
    expect(stream.ended()).toBe(false);
    await stream.close();
  });

  it('ends the streams when the server closes', async () => {
    const place = {
      database: site.database,
      databaseUrl: site.server.url,
      directory: site.directory,
    };
    const second = await startTestWeb(place);
    const caller = await callerFor(second, site.database, { role: 'qa', name: 'closing' });
    const stream = await openStream(caller);
    await second.close();
    await waitFor(() => stream.ended(), { what: 'the end of the stream' });
  });
});
