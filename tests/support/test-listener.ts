import { expect } from 'vitest';
import type { DimseService } from '#dicom/dimse/dimse-service.ts';
import type { ScpEvent, ScpLimits } from '#dicom/dimse/scp-types.ts';
import { type Listener, startListener } from '#listener/start-listener.ts';
import { configSchema } from '#platform/config/schema.ts';
import { createLogger } from '#platform/logger/logger.ts';
import { BytePeer } from './byte-peer.ts';
import { MemoryReceiver } from './memory-receiver.ts';

export interface TestListener {
  readonly listener: Listener;
  readonly port: number;
  readonly receiver: MemoryReceiver;
  readonly events: ScpEvent[];
}

/** A listener on port 0 that keeps what it receives in memory. */
export async function startTestListener(
  options: {
    limits?: Partial<ScpLimits>;
    dicom?: Record<string, unknown>;
    services?: readonly DimseService[];
    onEvent?: (event: ScpEvent) => void;
  } = {},
): Promise<TestListener> {
  const receiver = new MemoryReceiver();
  const events: ScpEvent[] = [];
  const config = configSchema.parse({ dicom: { port: 0, ...options.dicom } });
  const listener = await startListener({
    config,
    receiver,
    logger: createLogger({ level: 'silent', process: 'test' }),
    ...(options.services === undefined ? {} : { services: options.services }),
    onEvent: (event) => {
      events.push(event);
      options.onEvent?.(event);
    },
    ...(options.limits === undefined ? {} : { limits: options.limits }),
  });
  return { listener, port: listener.port, receiver, events };
}

/** A well-behaved peer from another address associates, gets its C-ECHO answered and is released. */
export async function expectAlive(port: number, localAddress = '127.0.0.9'): Promise<void> {
  const peer = await BytePeer.associate(port, { localAddress });
  peer.echo(7);
  expect(await peer.nextResponse()).toMatchObject({
    commandField: 0x8030,
    status: 0,
    messageId: 7,
  });
  await peer.release();
}

/** Repeats `expectAlive` until stopped; a failure comes out of `stop`. */
export function keepEchoing(port: number): { stop(): Promise<number> } {
  let stopped = false;
  let rounds = 0;
  const running = (async () => {
    do {
      await expectAlive(port);
      rounds += 1;
    } while (!stopped);
  })();
  running.catch(() => undefined);
  return {
    stop: async () => {
      stopped = true;
      await running;
      return rounds;
    },
  };
}
