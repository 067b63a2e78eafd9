import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { peerPath } from './peers.ts';
import { freePort } from './postgres.ts';
import { temporaryDirectory } from './temporary.ts';
import { waitFor } from './wait-for.ts';

export interface TestRedis {
  readonly url: string;
  readonly port: number;
  killAndRestart(): Promise<void>;
  stop(): Promise<void>;
}

/** One inline command to a Redis; gives the raw answer. */
export async function askRedis(port: number, command: string): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1' });
  try {
    await once(socket, 'connect');
    socket.write(`${command}\r\n`);
    const [answer]: unknown[] = await once(socket, 'data');
    return String(answer);
  } finally {
    socket.destroy();
  }
}

/** A Redis with an append-only file on a free port of 127.0.0.1. Ask `missingPeer('redis-server')` first. */
export async function startTestRedis(): Promise<TestRedis> {
  const directory = temporaryDirectory();
  const port = await freePort();
  const settings = ['--bind', '127.0.0.1', '--dir', directory.path, '--save', ''];
  const durable = [
    '--appendonly',
    'yes',
    '--appendfsync',
    'always',
    '--maxmemory-policy',
    'noeviction',
  ];
  const launch = async (): Promise<ChildProcess> => {
    const started = spawn(
      peerPath('redis-server'),
      ['--port', String(port), ...settings, ...durable],
      { stdio: 'ignore' },
    );
    await waitFor(async () => (await askRedis(port, 'PING')).startsWith('+PONG'), {
      what: 'Redis',
    });
    return started;
  };
  let child = await launch();
  const end = async (name: NodeJS.Signals): Promise<void> => {
    const exit = once(child, 'exit');
    child.kill(name);
    await exit;
  };
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    killAndRestart: async () => {
      await end('SIGKILL');
      child = await launch();
    },
    stop: async () => {
      await end('SIGTERM');
      directory.remove();
    },
  };
}
