import { readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterAll, describe, expect, it } from 'vitest';
import { temporaryDirectory } from '#tests/support/temporary.ts';
import { waitFor } from '#tests/support/wait-for.ts';
import { type Piece, PieceStream } from '#worklist/dicomweb/retrieve/piece-stream.ts';

const folder = temporaryDirectory();
afterAll(() => folder.remove());

/** Takes bytes when it is told to. */
class Receiver extends Writable {
  readonly taken: Buffer[] = [];
  /** Until it is called, the chunk at hand is not taken. */
  take: (() => void) | undefined;
  readonly #isPatient: boolean;

  constructor({ patient = false } = {}) {
    super({ highWaterMark: 1 });
    this.#isPatient = patient;
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    const take = () => {
      // A copy: the buffer behind it is used again.
      this.taken.push(Buffer.from(chunk));
      done();
    };
    if (this.#isPatient) this.take = take;
    else take();
  }
}

function fileOf(name: string, bytes: Buffer): string {
  const path = join(folder.path, name);
  writeFileSync(path, bytes);
  return path;
}

const pattern = (length: number, seed: number) =>
  Buffer.from(Uint8Array.from({ length }, (_, at) => (at * 31 + (at >> 8) + seed) % 256));

function openFiles(): number {
  return readdirSync('/proc/self/fd').filter((name) => {
    const link = join('/proc/self/fd', name);
    try {
      return readlinkSync(link).startsWith(folder.path);
    } catch {
      return false;
    }
  }).length;
}

async function* give(pieces: readonly Piece[], ended: { value: boolean } = { value: false }) {
  try {
    yield* pieces;
  } finally {
    ended.value = true;
  }
}

const finished = (receiver: Receiver) =>
  new Promise<void>((resolve) => receiver.once('finish', resolve));

describe('a stream of pieces', () => {
  it('gives bytes and ranges of files in order, whatever their size', async () => {
    const large = pattern(1_700_001, 3);
    const path = fileOf('large', large);
    const memory = pattern(700_000, 9);
    const pieces: Piece[] = [
      Buffer.from('head'),
      { path, start: 0, length: large.length },
      Buffer.alloc(0),
      memory,
      { path, start: 100, length: 600_000, atOnce: true },
      { path, start: 5, length: 0 },
      Buffer.from('tail'),
    ];
    const receiver = new Receiver();
    const end = finished(receiver);
    new PieceStream(give(pieces)).pipe(receiver);
    await end;
    const expected = Buffer.concat([
      ...[Buffer.from('head'), large, memory, large.subarray(100, 600_100)],
      Buffer.from('tail'),
    ]);
    expect(Buffer.concat(receiver.taken).equals(expected)).toBe(true);
    expect(openFiles()).toBe(0);
  });

  it('sends many small pieces in few writes', async () => {
    const receiver = new Receiver();
    const end = finished(receiver);
    new PieceStream(give(Array.from({ length: 5_000 }, () => Buffer.alloc(100, 1)))).pipe(receiver);
    await end;
    expect(Buffer.concat(receiver.taken).length).toBe(500_000);
    expect(receiver.taken.length).toBeLessThan(3);
  });

  it('reads no further than two buffers while nothing is taken, and frees all when the receiver goes', async () => {
    const path = fileOf('waiting', pattern(600_000, 1));
    let given = 0;
    const ended = { value: false };
    async function* pieces(): AsyncGenerator<Piece> {
      try {
        for (; given < 100; given += 1) yield { path, start: 0, length: 600_000 };
      } finally {
        ended.value = true;
      }
    }
    const receiver = new Receiver({ patient: true });
    const stream = new PieceStream(pieces());
    const failed = new Promise<Error>((resolve) => stream.once('error', resolve));
    stream.pipe(receiver);
    await waitFor(() => receiver.take !== undefined, { what: 'the first chunk' });
    await waitFor(() => openFiles() === 1, { what: 'the second file to be opened' });
    expect(given).toBeLessThan(3);
    receiver.destroy();
    expect(await failed).toMatchObject({ code: 'ASSOCIATION_FAILED' });
    await waitFor(() => ended.value && openFiles() === 0, { what: 'all to be closed' });
  });

  it.each([
    ['a file that is not there', { path: '/nowhere/at/all', start: 0, length: 1 }],
    ['a file that is shorter', { path: fileOf('short', Buffer.alloc(9)), start: 0, length: 10 }],
    ['one of them read at once', { path: '/nowhere', start: 0, length: 1, atOnce: true }],
  ])('fails with %s, and ends the generator', async (_name, piece) => {
    const ended = { value: false };
    const stream = new PieceStream(give([Buffer.from('head'), piece], ended));
    const failed = new Promise<Error>((resolve) => stream.once('error', resolve));
    const receiver = new Receiver();
    stream.pipe(receiver);
    expect(await failed).toMatchObject({ code: 'STORAGE_FAILED' });
    expect([ended.value, receiver.writableEnded]).toEqual([true, false]);
    expect(openFiles()).toBe(0);
  });

  it('ends the generator when it is destroyed before anybody took from it', async () => {
    const stream = new PieceStream(give([Buffer.alloc(1)]));
    stream.destroy();
    await new Promise((resolve) => stream.once('close', resolve));
    expect(stream.destroyed).toBe(true);
  });
});
