import { describe, expect, it, onTestFinished } from 'vitest';
import { nativeImage } from '#tests/support/test-image.ts';
import { waitFor } from '#tests/support/wait-for.ts';
import { createSharedDecoder } from '#worklist/dicomweb/retrieve/shared-decoder.ts';

const request = {
  bytes: nativeImage({ rows: 2, columns: 2, bitsAllocated: 8 }, Uint8Array.of(1, 2, 3, 4)),
  transferSyntaxUid: '1.2.840.10008.1.2.1',
};

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('the decoder that all requests share', () => {
  it('starts its process with the first frame, ends it when idle, and starts anew', async () => {
    const decoder = createSharedDecoder(1);
    onTestFinished(() => decoder.close());
    expect(decoder.processIds()).toEqual([]);
    const decoding = decoder.decode(request);
    await waitFor(() => decoder.processIds().length === 1, { what: 'the process to start' });
    const pids = decoder.processIds();
    expect(await decoding).toMatchObject({ rows: 2, columns: 2 });
    await waitFor(() => pids.every((pid) => !isAlive(pid)), { what: 'the process to end' });
    expect(decoder.processIds()).toEqual([]);
    expect(await decoder.decode(request)).toMatchObject({ rows: 2 });
  });

  it('fails what is under way when it is closed', async () => {
    const decoder = createSharedDecoder();
    const decoding = expect(decoder.decode(request)).rejects.toMatchObject({ code: 'INTERNAL' });
    await decoder.close();
    await decoding;
  });
});
