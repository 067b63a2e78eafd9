import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { minimalImage } from '#test-data/minimal-objects.ts';
import { peerPath } from '../support/peers.ts';
import { CALLED } from './receivers.ts';

/** Sends a file or a folder over one association. TCP_NODELAY, since DCMTK would wait tens of milliseconds an image. */
export function sendWithStorescu(port: number, path: string): Promise<void> {
  const args = ['-aec', CALLED, '-pdu', '131072', '-xe', '+sd', '127.0.0.1', String(port), path];
  const child = spawn(peerPath('storescu'), args, {
    env: { ...process.env, TCP_NODELAY: '1' },
    stdio: 'ignore',
  });
  return new Promise((done, fail) => {
    child.once('exit', (code) =>
      code === 0 ? done() : fail(new Error(`storescu ended with ${code}`)),
    );
  });
}

const SERIAL = '700000007';

/** One file that can be sent again and again under a new SOP Instance UID: a new number is written over the old. */
export interface RenewableFile {
  /** The folder that holds nothing but it. */
  readonly folder: string;
  readonly megabytes: number;
  renew(): void;
}

/** A multi-frame object of 512 x 512 frames of 16 bits. */
export function writeMultiframe(folder: string, frames: number): RenewableFile {
  mkdirSync(folder, { recursive: true });
  const pixels = Buffer.alloc(frames * 512 * 512 * 2);
  for (let i = 0; i < pixels.length; i += 4096) pixels.writeUInt32LE((i * 2_654_435_761) >>> 0, i);
  const image = minimalImage({
    modality: 'OT',
    seed: 'multi-frame',
    attributes: {
      SOPInstanceUID: `2.25.${SERIAL}`,
      Rows: 512,
      Columns: 512,
      NumberOfFrames: frames,
      BitsAllocated: 16,
      BitsStored: 16,
      HighBit: 15,
      PixelData: pixels,
    },
  });
  const path = join(folder, 'multi-frame.dcm');
  writeFileSync(path, image.bytes);
  const descriptor = openSync(path, 'r');
  const head = Buffer.alloc(8192);
  readSync(descriptor, head, 0, head.length, 0);
  closeSync(descriptor);
  const places: number[] = [];
  for (let at = head.indexOf(SERIAL); at >= 0; at = head.indexOf(SERIAL, at + 1)) places.push(at);
  if (places.length !== 2) throw new Error('the UID stands in file meta and in the data set');
  let serial = Number(SERIAL);
  return {
    folder,
    megabytes: image.bytes.length / 1e6,
    renew: () => {
      serial += 1;
      const file = openSync(path, 'r+');
      for (const place of places) writeSync(file, String(serial), place, 'latin1');
      closeSync(file);
    },
  };
}
