import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { expect, it } from 'vitest';
import { readChunks, shareReading } from '#dicom/dimse/shared-reading.ts';
import { waitFor } from '#tests/support/wait-for.ts';

it('connections share one buffer on this Node, and the server still counts and closes them', async () => {
  const received = new Map<Socket, Buffer[]>();
  const replaced: boolean[] = [];
  const server = createServer({ pauseOnConnect: true }, (accepted) => {
    const socket = shareReading(accepted);
    replaced.push(socket !== accepted);
    const chunks: Buffer[] = [];
    received.set(socket, chunks);
    readChunks(socket, (chunk) => chunks.push(Buffer.from(chunk)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const messages = ['a', 'b', 'c'].map((letter) => Buffer.alloc(3_000_000, letter));
  const peers = messages.map((message) => {
    const peer = connect(address.port, '127.0.0.1');
    peer.write(message);
    return peer;
  });
  const sizes = (): number[] =>
    [...received.values()].map((chunks) => chunks.reduce((sum, { length }) => sum + length, 0));
  await waitFor(() => sizes().length === 3 && sizes().every((size) => size === 3_000_000), {
    what: 'everything to come in',
  });
  expect(replaced).toEqual([true, true, true]);
  const bodies = [...received.values()].map((chunks) => Buffer.concat(chunks));
  for (const message of messages) expect(bodies.some((body) => body.equals(message))).toBe(true);
  const [first] = received.keys();
  first?.write('answer');
  for (const peer of peers) peer.end();
  const closed = once(server, 'close');
  server.close();
  await closed;
});
