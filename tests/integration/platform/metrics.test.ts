import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { createProcessMetrics } from '#cli/process-metrics.ts';
import { createDeliveryMetrics } from '#delivery/destinations/delivery-metrics.ts';
import { createNotificationMetrics } from '#delivery/notifications/notification-metrics.ts';
import { createWorkerMetrics } from '#inference/worker-metrics.ts';
import { createDoorMetrics, type DoorMetrics } from '#listener/door-metrics.ts';
import { configSchema } from '#platform/config/schema.ts';
import { MetricsRegistry } from '#platform/metrics/registry.ts';
import { associateRequest, BytePeer, EXPLICIT_LE } from '#tests/support/byte-peer.ts';
import { sampleDataSet } from '#tests/support/data-set-samples.ts';
import { startTestDatabase, type TestDatabase } from '#tests/support/postgres.ts';
import { temporaryDirectory } from '#tests/support/temporary.ts';
import { startTestListener, type TestListener } from '#tests/support/test-listener.ts';
import { waitFor } from '#tests/support/wait-for.ts';
import { startTestWeb, WEB_ADMIN_TOKEN } from '#tests/support/web-server.ts';

const TOKEN = 'a-token-of-the-metrics';

/** Samples by name and labels; fails on any line that the text format does not know. */
function parseText(text: string): Map<string, number> {
  const samples = new Map<string, number>();
  for (const line of text.trimEnd().split('\n')) {
    if (/^# (HELP|TYPE) [a-z_0-9]+ .+$/.test(line)) continue;
    const match = /^([a-zA-Z_]\w*(?:\{(?:\w+="(?:[^"\\\n]|\\.)*",?)*\})?) (\S+)$/.exec(line);
    if (match === null) throw new Error(`not in the text format: ${line}`);
    samples.set(match[1] ?? '', Number(match[2]));
  }
  return samples;
}

describe('the figures of the door', () => {
  const registry = new MetricsRegistry();
  let door: TestListener;
  let figures: DoorMetrics;
  let open = 0;

  beforeAll(async () => {
    figures = createDoorMetrics(registry, ['BYTEPEER'], () => ({
      associations: () => ({ open, dropped: 0 }),
      backlog: () => ({ instances: 7, oldestMs: 2500 }),
      readySlots: () => 12,
      disk: () => ({ freeBytes: 1000, sizeBytes: 4000 }),
    }));
    door = await startTestListener({ onEvent: figures.observe });
  });
  afterAll(async () => {
    await door.listener.close({ graceMs: 0 });
  });

  test('count what a peer does', async () => {
    for (const callingAe of ['BYTEPEER', 'MADE_UP_1', 'MADE_UP_2']) {
      const peer = await BytePeer.associate(door.port, { callingAe });
      open += 1;
      peer.store(sampleDataSet(EXPLICIT_LE, '1.2.3'), { contextId: 3, sopInstanceUid: '1.2.3' });
      expect((await peer.nextResponse()).status).toBe(0);
      peer.store(sampleDataSet(EXPLICIT_LE, '1.2.3'), { contextId: 3, sopInstanceUid: '1.2.4' });
      expect((await peer.nextResponse()).status).toBe(0xa900);
      await peer.release();
    }
    const refused = await BytePeer.connect(door.port);
    refused.send(associateRequest({ calledAe: 'WRONG' }));
    await refused.nextPdu('a rejection');
    const stranger = await BytePeer.connect(door.port);
    stranger.send(Buffer.from('GET / HTTP/1.1\r\n\r\n'));
    await stranger.ending();
    const samples = await waitFor(
      () => {
        const all = parseText(registry.render());
        return all.get('radtriage_associations_total{peer="other",how="released"}') === 2
          ? all
          : undefined;
      },
      { what: 'the ends of the associations' },
    );
    const bytes = sampleDataSet(EXPLICIT_LE, '1.2.3').length;
    expect(Object.fromEntries(samples)).toMatchObject({
      'radtriage_associations_total{peer="BYTEPEER",how="released"}': 1,
      'radtriage_stores_total{peer="BYTEPEER",status="success"}': 1,
      'radtriage_stores_total{peer="BYTEPEER",status="DICOM_UID_MISMATCH"}': 1,
      'radtriage_stores_total{peer="other",status="success"}': 2,
      'radtriage_store_bytes_total{peer="BYTEPEER"}': bytes,
      'radtriage_rejections_total{cause="called-ae"}': 1,
      'radtriage_rejections_total{cause="protocol"}': 1,
      radtriage_store_settle_seconds_count: 6,
      'radtriage_store_settle_seconds_bucket{le="+Inf"}': 6,
      radtriage_associations: 3,
      radtriage_index_lag_seconds: 2.5,
      radtriage_index_backlog_objects: 7,
      radtriage_disk_free_bytes: 1000,
    });
    expect([...samples.keys()].join()).not.toContain('MADE_UP');
  });

  test('put each time into its bucket, and those above', () => {
    figures.observeSync(0.0004);
    figures.observeSync(0.0005);
    figures.observeSync(99);
    const samples = parseText(registry.render());
    const below = (le: string) => samples.get(`radtriage_file_sync_seconds_bucket{le="${le}"}`);
    expect(['0.00025', '0.0005', '1', '+Inf'].map(below)).toEqual([0, 2, 2, 3]);
    expect(samples.get('radtriage_file_sync_seconds_sum')).toBeCloseTo(99.0009);
  });

  test('stay few, and escape what is odd', () => {
    const odd = new MetricsRegistry();
    const counter = odd.counter({ name: 'odd_total', help: 'two\nlines' });
    for (let index = 0; index < 5000; index += 1) counter.add(1, { name: `"${index}\\\n` });
    expect(parseText(odd.render()).size).toBe(500);
    expect(() => odd.gauge({ name: 'odd_total', help: '' }, () => 1)).toThrow('two figures');
  });
});

describe('the port of a process', () => {
  test('is not there unless asked for, and then says how the process is', async () => {
    expect(createProcessMetrics(configSchema.parse({}).metrics, undefined)).toBeUndefined();
    const { metrics } = configSchema.parse({ metrics: { token: TOKEN } });
    const process = createProcessMetrics(metrics, 0);
    let ready = false;
    const url = (await process?.open(() => ready)) ?? '';
    const status = async (path: string, headers = {}) =>
      (await fetch(url + path, { headers })).status;
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(await status('/health/live')).toBe(200);
    expect(await status('/health/ready')).toBe(503);
    ready = true;
    expect(await status('/health/ready')).toBe(200);
    expect(await status('/metrics')).toBe(401);
    expect(await status('/metrics', { authorization: `Bearer ${TOKEN}x` })).toBe(401);
    expect(await status('/elsewhere')).toBe(404);
    expect((await fetch(`${url}/metrics`, { method: 'POST' })).status).toBe(405);
    const answer = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${TOKEN}` } });
    const samples = parseText(await answer.text());
    expect(samples.get('process_resident_memory_bytes')).toBeGreaterThan(10_000_000);
    expect(samples.get('process_cpu_seconds_total')).toBeGreaterThan(0);
    const twice = createProcessMetrics(metrics, Number(new URL(url).port));
    await expect(twice?.open(() => true)).rejects.toMatchObject({ code: 'PORT_IN_USE' });
    await twice?.close();
    await process?.close();
  });
});

const rules = z.object({
  groups: z.array(
    z.object({
      name: z.string(),
      rules: z.array(
        z.strictObject({
          alert: z.string().regex(/^RadTriage[A-Za-z]+$/),
          expr: z.string(),
          for: z
            .string()
            .regex(/^\d+[smhd]$/)
            .optional(),
          labels: z.strictObject({ severity: z.enum(['critical', 'warning']) }),
          annotations: z.strictObject({ summary: z.string().min(10) }),
        }),
      ),
    }),
  ),
});

describe('deploy/prometheus-alerts.yaml', () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await startTestDatabase();
  });
  afterAll(async () => {
    await db.stop();
  });

  test('asks only for figures that there are', async () => {
    const directory = temporaryDirectory();
    const place = { database: db.database, databaseUrl: db.url, directory: directory.path };
    const web = await startTestWeb(place);
    const headers = { authorization: `Bearer ${WEB_ADMIN_TOKEN}` };
    const site = await (await fetch(`${web.url}/metrics`, { headers })).text();
    await web.close();
    directory.remove();
    const metrics = createProcessMetrics(configSchema.parse({}).metrics, 0);
    if (metrics === undefined) throw new Error('no metrics');
    createDoorMetrics(metrics.registry, [], () => undefined);
    createWorkerMetrics(metrics.registry);
    createNotificationMetrics(metrics.registry, []);
    clearInterval(createDeliveryMetrics(metrics.registry, db.database, []).timer);
    const own = metrics.registry.render();
    await metrics.close();
    const known = new Set(
      [...`${site}\n${own}`.matchAll(/^# TYPE (\w+) /gm)].map(([, name]) => name),
    );
    const text = readFileSync(
      resolve(import.meta.dirname, '../../../deploy/prometheus-alerts.yaml'),
      'utf8',
    );
    const all = rules.parse(parse(text)).groups.flatMap((group) => group.rules);
    const asked = all.flatMap(({ expr }) => expr.match(/\b(?:radtriage|process)_\w+/g) ?? []);
    const unknown = asked.filter((name) => !known.has(name.replace(/_bucket$/, '')));
    expect(unknown).toEqual([]);
    expect(new Set(asked).size).toBeGreaterThan(10);
    const documented = readFileSync(
      resolve(import.meta.dirname, '../../../docs/operations.md'),
      'utf8',
    );
    const radtriage = [...known].filter((name) => name?.startsWith('radtriage_'));
    const missing = radtriage.filter(
      (name) => !documented.includes(name?.replace(/^radtriage/, '') ?? ''),
    );
    expect(missing).toEqual([]);
  });
});
