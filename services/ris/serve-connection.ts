import type { Socket } from 'node:net';
import type { Hl7Config } from '#platform/config/hl7.ts';
import { type AnswerOptions, answerMessage } from './answer-message.ts';
import { createFrameReader, frame } from './hl7/frames.ts';

export interface ConnectionOptions extends AnswerOptions {
  readonly config: Pick<Hl7Config, 'maxMessageBytes' | 'stallSeconds'>;
}

/** A sender that is gone without a word is noticed after this time without traffic. */
const KEEP_ALIVE_MS = 60_000;

/**
 * Answers the messages of one connection, one after the other: what follows is not read from the network before that.
 * Bytes that are no frame, a frame that is too large, and one that does not end, end the connection.
 */
export function serveConnection(
  socket: Socket,
  options: ConnectionOptions,
): { finish(): Promise<void> } {
  const { logger, address, config } = options;
  const reader = createFrameReader(config.maxMessageBytes);
  let working: Promise<void> = Promise.resolve();
  let finishing = false;
  let stall: NodeJS.Timeout | undefined;

  const drop = (why: string): void => {
    logger.warn({ peerAddress: address, why }, 'HL7 connection ended');
    socket.destroy();
  };
  const watchFrame = (): void => {
    if (!reader.isWithin) {
      clearTimeout(stall);
      stall = undefined;
    }
    // From the first byte of the message: one that trickles is not waited for either.
    else stall ??= setTimeout(() => drop('a message does not end'), config.stallSeconds * 1_000);
  };
  const take = async (chunk: Buffer): Promise<void> => {
    const { messages, fault } = reader.push(chunk);
    watchFrame();
    for (const message of messages) {
      if (finishing || socket.destroyed) return;
      const answer = await answerMessage(message, options);
      if (socket.writable) socket.write(frame(answer));
    }
    if (fault !== undefined) drop(fault);
  };

  socket.setKeepAlive(true, KEEP_ALIVE_MS);
  socket.setNoDelay(true);
  socket.on('data', (chunk: Buffer) => {
    socket.pause();
    working = take(chunk).finally(() => socket.resume());
  });
  socket.on('error', () => socket.destroy());
  socket.on('close', () => clearTimeout(stall));
  return {
    finish: async () => {
      finishing = true;
      await working;
      // What was answered is sent before the connection ends.
      await new Promise<void>((done) => {
        socket.once('close', () => done());
        socket.end();
        setTimeout(() => socket.destroy(), 1_000).unref();
      });
    },
  };
}
