import { spawn } from 'node:child_process';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readPart10 } from '#dicom/part10/read-part10.ts';
import { peerPath } from './peers.ts';
import { findFreePort } from './ports.ts';
import { waitFor } from './wait-for.ts';

export interface Run {
  readonly code: number | null;
  readonly output: string;
}

/** Runs a program of DCMTK to its end. */
export function run(name: string, args: readonly string[]): Promise<Run> {
  const child = spawn(peerPath(name), args, { env: { ...process.env, TCP_NODELAY: '1' } });
  let output = '';
  child.stdout.on('data', (text: Buffer) => {
    output += text.toString();
  });
  child.stderr.on('data', (text: Buffer) => {
    output += text.toString();
  });
  return new Promise((resolve) => {
    child.on('close', (code) => resolve({ code, output }));
  });
}

/** What `storescp +B`, which keeps the bytes of the network as they are, keeps of the same transmission. */
export class BitPreservingPeer {
  readonly folder: string;
  readonly port: number;
  readonly #child: ReturnType<typeof spawn>;

  constructor(folder: string, port: number) {
    this.folder = folder;
    this.port = port;
    this.#child = spawn(
      peerPath('storescp'),
      ['+B', '+xa', '-od', folder, '-aet', 'RADTRIAGE', String(port)],
      { stdio: 'ignore' },
    );
  }

  static async start(folder: string): Promise<BitPreservingPeer> {
    const port = await findFreePort();
    const peer = new BitPreservingPeer(folder, port);
    await waitFor(
      async () =>
        (await run('echoscu', ['-aec', 'RADTRIAGE', '127.0.0.1', String(port)])).code === 0,
      { everyMs: 100, what: 'storescp to listen' },
    );
    return peer;
  }

  /** The data set of the one file that it holds, without preamble and file meta. */
  async takeDataSet(): Promise<Buffer> {
    const [name, ...others] = await readdir(this.folder);
    if (name === undefined || others.length > 0) throw new Error('not exactly one file was kept');
    const path = join(this.folder, name);
    const { dataSetOffset } = await readPart10(path);
    const bytes = await readFile(path);
    await rm(path);
    return bytes.subarray(dataSetOffset);
  }

  stop(): void {
    this.#child.kill();
  }
}

/** The option with which storescu proposes a transfer syntax. */
export const PROPOSALS: Readonly<Record<string, string>> = {
  '1.2.840.10008.1.2': '-xi',
  '1.2.840.10008.1.2.1': '-xe',
  '1.2.840.10008.1.2.2': '-xb',
  '1.2.840.10008.1.2.1.99': '-xd',
  '1.2.840.10008.1.2.5': '-xr',
  '1.2.840.10008.1.2.4.50': '-xy',
  '1.2.840.10008.1.2.4.51': '-xx',
  '1.2.840.10008.1.2.4.70': '-xs',
  '1.2.840.10008.1.2.4.80': '-xt',
  '1.2.840.10008.1.2.4.81': '-xu',
  '1.2.840.10008.1.2.4.90': '-xv',
  '1.2.840.10008.1.2.4.91': '-xw',
};
