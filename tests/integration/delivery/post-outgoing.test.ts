import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { RadTriageError } from '#core/errors.ts';
import { createAddressJudge } from '#delivery/outgoing-address.ts';
import { type OutgoingPost, postOutgoing } from '#delivery/post-outgoing.ts';
import { selfSigned, TestAuthority } from '#tests/support/certificates.ts';
import { missingPeer } from '#tests/support/peers.ts';
import { temporaryDirectory } from '#tests/support/temporary.ts';
import { waitFor } from '#tests/support/wait-for.ts';
import {
  answerWith,
  startReceiver,
  type WebhookReceiver,
} from '#tests/support/webhook-receiver.ts';

const allowed = createAddressJudge({
  innerHosts: ['127.0.0.1', 'hook.example'],
  innerNetworks: [],
});
const strict = createAddressJudge({ innerHosts: [], innerNetworks: [] });
const opened: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const each of opened.splice(0)) await each.close();
});

async function receiver(...args: Parameters<typeof startReceiver>): Promise<WebhookReceiver> {
  const started = await startReceiver(...args);
  opened.push(started);
  return started;
}

/** A server of raw bytes. */
async function rawServer(onConnection: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    onConnection(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  opened.push({
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  });
  return (server.address() as AddressInfo).port;
}

function post(url: string, more: Partial<OutgoingPost> = {}) {
  const headers = { 'content-type': 'application/json' };
  return postOutgoing({
    url,
    headers,
    body: '{"a":"ä"}',
    timeoutMs: 5_000,
    judge: allowed,
    ...more,
  });
}

async function failureOf(sending: Promise<unknown>): Promise<RadTriageError> {
  const thrown = await sending.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(thrown instanceof RadTriageError)) throw new Error(`no failure of ours: ${thrown}`);
  return thrown;
}

describe('a request to a place outside', () => {
  it('posts the body and gives status and answer', async () => {
    const server = await receiver(answerWith(201, 'taken', { 'retry-after': '7' }));
    const answer = await post(`http://127.0.0.1:${server.port}/a/b?c=1`);
    expect(answer).toEqual({ status: 201, body: 'taken', retryAfterMs: 7_000 });
    expect(server.requests).toMatchObject([
      { path: '/a/b?c=1', body: '{"a":"ä"}', headers: { 'content-length': '10' } },
    ]);
  });

  it('gives an error status as an answer', async () => {
    const server = await receiver(answerWith(500, 'broken'));
    expect((await post(`http://127.0.0.1:${server.port}/`)).status).toBe(500);
  });

  it('follows no redirect, inwards or anywhere', async () => {
    const inner = await receiver();
    const server = await receiver(
      answerWith(307, '', { location: `http://127.0.0.1:${inner.port}/secret` }),
    );
    expect((await post(`http://127.0.0.1:${server.port}/`)).status).toBe(307);
    expect(server.requests).toHaveLength(1);
    expect(inner.connections()).toBe(0);
  });

  it('does not connect to an inner address, by number or by name', async () => {
    const server = await receiver();
    const { port } = server;
    const inner = async () => [{ address: '127.0.0.1', family: 4 }];
    const failures = await Promise.all([
      failureOf(post(`http://127.0.0.1:${port}/`, { judge: strict })),
      failureOf(post(`http://2130706433:${port}/`, { judge: strict })),
      failureOf(post(`http://0x7f.1:${port}/`, { judge: strict })),
      failureOf(post(`http://[::ffff:127.0.0.1]:${port}/`, { judge: strict })),
      failureOf(post(`http://localhost:${port}/`, { judge: strict })),
      failureOf(post(`http://rebinding.example:${port}/`, { judge: strict, resolve: inner })),
    ]);
    expect(failures.map(({ code }) => code)).toEqual(failures.map(() => 'ADDRESS_FORBIDDEN'));
    expect(server.connections()).toBe(0);
  });

  it('connects to the address that was judged: a name that changes its mind gains nothing', async () => {
    const outer = await receiver();
    const asked: string[] = [];
    const changing = async (host: string) => {
      asked.push(host);
      // The second look-up of a name, if there were one, would lead to where nobody listens.
      return [{ address: asked.length === 1 ? '127.0.0.1' : '127.0.0.2', family: 4 }];
    };
    const judge = createAddressJudge({ innerHosts: [], innerNetworks: ['127.0.0.1'] });
    const answer = await post(`http://hook.example:${outer.port}/`, { judge, resolve: changing });
    expect(answer.status).toBe(204);
    expect(asked).toEqual(['hook.example']);
    expect(outer.requests[0]?.headers.host).toBe(`hook.example:${outer.port}`);
  });

  it('leaves out the inner addresses of a name that has others too', async () => {
    const outer = await receiver();
    const judge = createAddressJudge({ innerHosts: [], innerNetworks: ['127.0.0.1'] });
    const resolve = async () => [
      { address: '169.254.169.254', family: 4 },
      { address: '127.0.0.1', family: 4 },
    ];
    const answer = await post(`http://hook.example:${outer.port}/`, { judge, resolve });
    expect(answer.status).toBe(204);
  });

  it('waits no longer than it may: for a name, for an answer, for its last byte', async () => {
    const silent = await receiver(() => undefined);
    const slow = await rawServer((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n');
      const timer = setInterval(() => socket.write('x'), 20);
      socket.on('close', () => clearInterval(timer));
    });
    const slowHead = await rawServer((socket) => {
      const timer = setInterval(() => socket.write('x'), 20);
      socket.write('HTTP/1.1 200 OK\r\nx-');
      socket.on('close', () => clearInterval(timer));
    });
    const resolve = () => new Promise<never>(() => undefined);
    const limits = { timeoutMs: 300 };
    const failures = await Promise.all([
      failureOf(post('http://hook.example/', { ...limits, resolve })),
      failureOf(post(`http://127.0.0.1:${silent.port}/`, limits)),
      failureOf(post(`http://127.0.0.1:${slow}/`, limits)),
      failureOf(post(`http://127.0.0.1:${slowHead}/`, limits)),
    ]);
    for (const { code, message } of failures) {
      expect([code, message]).toEqual(['RECEIVER_UNREACHABLE', 'no whole answer within 300 ms']);
    }
  });

  it('reads no more of an answer than it has use for, and ends the connection', async () => {
    let sent = 0;
    let gone = false;
    const port = await rawServer((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n');
      const block = Buffer.alloc(65_536, 'x');
      const more = (): void => {
        while (!gone && socket.write(block)) sent += block.length;
      };
      socket.on('drain', more);
      socket.on('close', () => {
        gone = true;
      });
      more();
    });
    expect(await post(`http://127.0.0.1:${port}/`)).toMatchObject({ status: 200, body: undefined });
    await waitFor(() => gone, { what: 'the connection to be ended' });
    expect(sent).toBeLessThan(100_000_000);
  });

  it('takes nothing that is not HTTP, a head without end, or a switch of protocols for an answer', async () => {
    const answers = [
      'SSH-2.0-OpenSSH_9.6\r\n',
      `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(40_000)}\r\n\r\n`,
      'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n',
      'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nab',
      '',
    ];
    for (const answer of answers) {
      const port = await rawServer((socket) => socket.end(answer));
      const { code } = await failureOf(post(`http://127.0.0.1:${port}/`));
      expect(code).toBe('RECEIVER_UNREACHABLE');
    }
  });

  it('ends when it is told to', async () => {
    const silent = await receiver(() => undefined);
    const stopping = new AbortController();
    const sending = failureOf(
      post(`http://127.0.0.1:${silent.port}/`, { signal: stopping.signal }),
    );
    await waitFor(() => silent.requests.length === 1, { what: 'the request' });
    stopping.abort();
    expect((await sending).code).toBe('RECEIVER_UNREACHABLE');
  });
});

describe.skipIf(missingPeer('openssl'))('a request over TLS', () => {
  const folder = temporaryDirectory();
  let authority: TestAuthority;
  const resolve = async () => [{ address: '127.0.0.1', family: 4 }];
  beforeAll(() => {
    authority = new TestAuthority(folder.path, 'authority');
  });
  afterAll(() => folder.remove());

  const postTo = (server: WebhookReceiver) =>
    post(`https://hook.example:${server.port}/`, {
      resolve,
      ca: readFileSync(authority.caFile, 'utf8'),
    });

  it('goes to a receiver whose certificate an authority of the rule has signed', async () => {
    const good = authority.issue({ name: 'good', names: ['DNS:hook.example'] });
    const server = await receiver(answerWith(200), good);
    expect((await postTo(server)).status).toBe(200);
    const { message } = await failureOf(post(`https://hook.example:${server.port}/`, { resolve }));
    expect(message).toContain('UNABLE_TO_VERIFY_LEAF_SIGNATURE');
  });

  it('sends nothing to a certificate of another name, run out, or signed by itself', async () => {
    const bad = [
      [authority.issue({ name: 'other', names: ['DNS:other.example'] }), 'ALTNAME_INVALID'],
      [authority.issue({ name: 'old', names: ['DNS:hook.example'], days: -1 }), 'EXPIRED'],
      [selfSigned(folder.path, 'self'), 'SELF_SIGNED'],
    ] as const;
    for (const [certified, why] of bad) {
      const server = await receiver(answerWith(200), certified);
      const { code, message } = await failureOf(postTo(server));
      expect([code, message]).toEqual(['RECEIVER_UNREACHABLE', expect.stringContaining(why)]);
      expect(server.requests).toEqual([]);
    }
  });

  it('checks certificates whatever the environment says', async () => {
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    try {
      const server = await receiver(answerWith(200), selfSigned(folder.path, 'unchecked'));
      expect((await failureOf(postTo(server))).message).toContain('SELF_SIGNED');
    } finally {
      delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    }
  });
});
