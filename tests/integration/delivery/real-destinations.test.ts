import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readPart10 } from '#dicom/part10/read-part10.ts';
import { BitPreservingPeer, run } from '#tests/support/dcmtk.ts';
import { DeliverySite, storeTo } from '#tests/support/delivery-site.ts';
import { type Orthanc, startOrthanc } from '#tests/support/orthanc.ts';
import { findPeer, missingPeer, peerPath } from '#tests/support/peers.ts';
import { findFreePort } from '#tests/support/ports.ts';
import { temporaryDirectory } from '#tests/support/temporary.ts';
import { waitFor } from '#tests/support/wait-for.ts';

const KINDS = ['sr', 'sc', 'seg', 'ko', 'gsps'] as const;
const isSent = ({ state }: { state: string }) => state === 'sent';
const peers = ['Orthanc', 'storescp', 'dcmqrscp', 'echoscu', 'libOrthancDicomWeb.so'];

const instances = z.array(z.object({ MainDicomTags: z.object({ SOPInstanceUID: z.string() }) }));

/** The SOP instances that an Orthanc holds, each as often as it holds it. */
async function heldBy(orthanc: Orthanc): Promise<string[]> {
  const answer = await orthanc.request('GET', '/instances?expand');
  return instances.parse(JSON.parse(answer)).map((each) => each.MainDicomTags.SOPInstanceUID);
}

describe.skipIf(missingPeer(...peers))('real destinations', () => {
  const folder = temporaryDirectory();
  let site: DeliverySite;
  let orthanc: Orthanc;
  beforeAll(async () => {
    const plugins = [findPeer('libOrthancDicomWeb.so')];
    [site, orthanc] = await Promise.all([
      DeliverySite.start(),
      startOrthanc({}, { Plugins: plugins, DicomAlwaysAllowStore: true }),
    ]);
  });
  afterEach(() => site.reset());
  afterAll(async () => {
    await orthanc.stop();
    await site.stop();
    folder.remove();
  });

  it('Orthanc gets each object exactly once over C-STORE, also when sent again', async () => {
    const config = site.configure([storeTo(orthanc.dicomPort, { calledAe: 'ORTHANC' })]);
    const { objects } = await site.plan(config.destinations, KINDS);
    const deliveries = site.serve(config);
    await site.waitForRows('everything to be sent', isSent);
    await site.db.database
      .updateTable('delivery')
      .set({ state: 'waiting', nextAttemptAt: new Date() })
      .execute();
    deliveries.wake();
    await site.waitForRows(
      'all to be sent a second time',
      (row) => isSent(row) && row.attempts > 1,
    );
    const uids = objects.map(({ sopInstanceUid }) => sopInstanceUid);
    expect((await heldBy(orthanc)).filter((uid) => uids.includes(uid)).sort()).toEqual(uids.sort());
  });

  it('Orthanc gets them over STOW-RS, and what it holds is what we hold', async () => {
    const web = {
      ...{ name: 'web', kind: 'STOW-RS', url: `${orthanc.httpUrl}/dicom-web`, allowPrivate: true },
      ...{ send: KINDS, retrySeconds: 0.05 },
    };
    const config = site.configure([web]);
    const { objects } = await site.plan(config.destinations, KINDS);
    site.serve(config);
    const rows = await site.waitForRows('all to be sent', isSent, { destination: 'web' });
    expect(rows.map(({ attempts }) => attempts)).toEqual([1, 1, 1, 1, 1]);
    const held = await heldBy(orthanc);
    for (const { sopInstanceUid } of objects) {
      expect(held.filter((uid) => uid === sopInstanceUid)).toHaveLength(1);
    }
  });

  it('storescp gets the very bytes', async () => {
    const kept = join(folder.path, 'storescp');
    mkdirSync(kept);
    const peer = await BitPreservingPeer.start(kept);
    const config = site.configure([storeTo(peer.port, { calledAe: 'RADTRIAGE' })]);
    const { objects } = await site.plan(config.destinations, KINDS, { size: 300 });
    site.serve(config);
    await site.waitForRows('everything to be sent', isSent);
    const names = readdirSync(kept);
    expect(names).toHaveLength(objects.length);
    const received = await Promise.all(
      names.map(async (name) => {
        const path = join(kept, name);
        const { dataSetOffset, meta } = await readPart10(path);
        return [meta.sopInstanceUid, readFileSync(path).subarray(dataSetOffset)] as const;
      }),
    );
    const byUid = new Map(received);
    for (const { bytes, sopInstanceUid } of objects) {
      const dataSet = byUid.get(sopInstanceUid) ?? Buffer.alloc(1);
      expect(bytes.subarray(bytes.length - dataSet.length).equals(dataSet)).toBe(true);
    }
    peer.stop();
  });

  it('dcmqrscp keeps them in its own index', async () => {
    const port = await findFreePort();
    const kept = join(folder.path, 'dcmqrscp');
    mkdirSync(kept);
    const settings = join(folder.path, 'dcmqrscp.cfg');
    writeFileSync(
      settings,
      `NetworkTCPPort = ${port}\nMaxPDUSize = 16384\nMaxAssociations = 4\nHostTable BEGIN\nHostTable END\nAETable BEGIN\nARCHIVE ${kept} RW (50, 1024mb) ANY\nAETable END\n`,
    );
    const child = spawn(peerPath('dcmqrscp'), ['-c', settings], { stdio: 'ignore' });
    const arguments_ = ['-aec', 'ARCHIVE', '127.0.0.1', String(port)];
    await waitFor(async () => (await run('echoscu', arguments_)).code === 0, {
      what: 'dcmqrscp to listen',
      everyMs: 100,
    });
    const config = site.configure([storeTo(port, { calledAe: 'ARCHIVE' })]);
    const { objects } = await site.plan(config.destinations, ['sr', 'sc', 'ko']);
    site.serve(config);
    await site.waitForRows('everything to be sent', isSent);
    const files = readdirSync(kept).filter((name) => !name.startsWith('index'));
    const uids = await Promise.all(
      files.map(async (name) => (await readPart10(join(kept, name))).meta.sopInstanceUid),
    );
    expect(uids.sort()).toEqual(objects.map(({ sopInstanceUid }) => sopInstanceUid).sort());
    const gone = once(child, 'exit');
    child.kill();
    await gone;
  });
});
