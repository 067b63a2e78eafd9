import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { DeliverySite, storeTo } from '#tests/support/delivery-site.ts';
import { type Orthanc, startOrthanc } from '#tests/support/orthanc.ts';
import { missingPeer } from '#tests/support/peers.ts';

const CLI = resolve(import.meta.dirname, '../../../services/cli/radtriage.ts');
const instances = z.array(z.object({ MainDicomTags: z.object({ SOPInstanceUID: z.string() }) }));

/** A way to a peer that breaks off after so many bytes towards it: it carries nothing more, and does not close. */
class BrittleLine {
  readonly port: number;
  readonly #sockets = new Set<Socket>();
  readonly #close: () => void;
  #left = Number.POSITIVE_INFINITY;
  #broken = Promise.withResolvers<void>();

  private constructor(port: number, close: () => void) {
    this.port = port;
    this.#close = close;
  }

  static async open(to: number): Promise<BrittleLine> {
    const server = createServer((socket) => line.#carry(socket, to)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const line = new BrittleLine(address.port, () => server.close());
    return line;
  }

  /** @returns when it has broken */
  breakAfter(bytes: number): Promise<void> {
    this.#left = bytes;
    this.#broken = Promise.withResolvers();
    return this.#broken.promise;
  }

  mend(): void {
    this.#left = Number.POSITIVE_INFINITY;
    for (const socket of this.#sockets) socket.destroy();
  }

  close(): void {
    this.mend();
    this.#close();
  }

  #carry(socket: Socket, to: number): void {
    const peer = connect(to, '127.0.0.1');
    for (const each of [socket, peer]) {
      this.#sockets.add(each);
      each.on('error', () => each.destroy());
      each.on('close', () => this.#sockets.delete(each));
    }
    peer.pipe(socket);
    socket.on('end', () => peer.end());
    socket.on('data', (chunk: Buffer) => {
      if (this.#left <= 0) return;
      this.#left -= chunk.length;
      peer.write(chunk);
      if (this.#left <= 0) this.#broken.resolve();
    });
  }
}

describe.skipIf(missingPeer('Orthanc'))('kill -9 of the worker while it delivers', () => {
  let site: DeliverySite;
  let orthanc: Orthanc;
  let line: BrittleLine;
  let worker: ChildProcess | undefined;
  let log = '';

  beforeAll(async () => {
    [site, orthanc] = await Promise.all([DeliverySite.start(), startOrthanc()]);
    line = await BrittleLine.open(orthanc.dicomPort);
  });
  afterAll(async () => {
    await end('SIGTERM');
    line.close();
    await orthanc.stop();
    await site.stop();
  });

  /** `radtriage worker` over the site's database and files. */
  function startWorker(configFile: string): void {
    const inherited = Object.entries(process.env).filter(
      ([name]) => !name.startsWith('RADTRIAGE_'),
    );
    const env = { ...Object.fromEntries(inherited), RADTRIAGE_CONFIG: configFile };
    worker = spawn(process.execPath, [CLI, 'worker'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [worker.stdout, worker.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        log += chunk.toString();
      });
    }
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    if (worker === undefined || worker.exitCode !== null || worker.signalCode !== null) return;
    const exit = once(worker, 'exit');
    worker.kill(signal);
    await exit;
  }

  it('leaves each object in the PACS exactly once, and loses none', async () => {
    const directory = site.files.path;
    const settings = storeTo(line.port, { calledAe: 'ORTHANC' });
    const configFile = join(directory, 'radtriage.yaml');
    writeFileSync(
      configFile,
      JSON.stringify({
        ...{ dataDirectory: directory, databaseUrl: site.db.url, destinations: [settings] },
        inference: { builtInModels: false },
      }),
    );
    const { destinations } = site.configure([settings]);
    const planned: string[] = [];
    let bytes = 0;
    for (let study = 0; study < 3; study += 1) {
      const kinds = ['sr', 'sc', 'sc', 'sc'] as const;
      const { objects } = await site.plan(destinations, kinds, { size: 1_000, below: 'archive' });
      for (const object of objects) {
        planned.push(object.sopInstanceUid);
        bytes += object.bytes.length;
      }
    }
    // In the middle of a picture: the line breaks, and with it nothing is known of that picture.
    for (const part of [0.25, 0.4]) {
      const broken = line.breakAfter(part * bytes);
      startWorker(configFile);
      await broken;
      await end('SIGKILL');
      line.mend();
      const states = (await site.rows()).map(({ state }) => state);
      expect(states).toContain('waiting');
      expect(states).toContain('sent');
    }
    startWorker(configFile);
    const rows = await site.waitForRows('everything to be sent', ({ state }) => state === 'sent', {
      deadlineMs: 90_000,
    });
    expect(rows.filter(({ attempts }) => attempts > 1).length).toBeGreaterThanOrEqual(1);
    const answer = await orthanc.request('GET', '/instances?expand');
    const held = instances
      .parse(JSON.parse(answer))
      .map(({ MainDicomTags }) => MainDicomTags.SOPInstanceUID);
    expect(held.sort()).toEqual(planned.sort());
    expect(log).not.toMatch(/Phantom|\^/);
  });
});
