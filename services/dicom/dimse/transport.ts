import type { Socket } from 'node:net';
import { readChunks } from './shared-reading.ts';

export interface TransportUser {
  /**
   * A returned promise holds the peer back: no more is read until it settles. The chunk is good only until the call
   * returns.
   */
  takeChunk(chunk: Buffer): Promise<void> | undefined;
  /** `takeChunk` threw, or its promise was rejected. */
  takeFailure(error: unknown): void;
  /** Once, at the very end. */
  takeClose(): void;
}

/** One socket with back-pressure both ways: a slow user holds the peer back, a slow peer holds the user back. */
export class Transport {
  readonly #socket: Socket;
  readonly #user: TransportUser;
  #reading: Promise<void> | undefined;
  #blockedSince: number | undefined;
  #bytesReceived = 0;
  #lastError: Error | undefined;

  constructor(socket: Socket, user: TransportUser) {
    this.#socket = socket;
    this.#user = user;
    socket.setNoDelay(true);
    readChunks(socket, (chunk) => this.#takeChunk(chunk));
    socket.on('error', (error) => {
      this.#lastError = error;
    });
    socket.on('close', () => user.takeClose());
  }

  get bytesReceived(): number {
    return this.#bytesReceived;
  }

  /** The user is at work and holds the peer back. */
  get busy(): boolean {
    return this.#reading !== undefined;
  }

  /** When the peer stopped taking what is sent, by the clock of `performance.now()`; undefined while it takes it. */
  get blockedSince(): number | undefined {
    return this.#blockedSince;
  }

  /** Why the connection was lost, for the log. */
  get loss(): string {
    return this.#lastError?.message ?? 'the peer closed the connection';
  }

  whenConnected(connected: () => void): void {
    this.#socket.once('encrypted' in this.#socket ? 'secureConnect' : 'connect', connected);
  }

  /** Sends parts in one go. @returns a promise when the peer has to catch up before more is sent. */
  write(...parts: readonly Buffer[]): Promise<void> | undefined {
    this.#socket.cork();
    let ready = true;
    for (const part of parts) ready = this.#socket.write(part);
    this.#socket.uncork();
    return ready ? undefined : this.#drained();
  }

  /** Sends the last bytes and closes our direction; the peer may still send. */
  end(bytes?: Buffer): void {
    if (!this.#socket.writable) return;
    if (bytes === undefined) this.#socket.end();
    else this.#socket.end(bytes);
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #drained(): Promise<void> {
    this.#blockedSince ??= performance.now();
    return new Promise((resolve) => {
      const done = (): void => {
        this.#socket.off('drain', done);
        this.#socket.off('close', done);
        this.#blockedSince = undefined;
        resolve();
      };
      this.#socket.on('drain', done);
      this.#socket.on('close', done);
      if (this.#socket.destroyed) done();
    });
  }

  #takeChunk(chunk: Buffer): void {
    this.#bytesReceived += chunk.length;
    if (this.#reading !== undefined) {
      const kept = Buffer.from(chunk);
      this.#hold(this.#reading.then(() => this.#user.takeChunk(kept)));
      return;
    }
    try {
      const pending = this.#user.takeChunk(chunk);
      if (pending !== undefined) this.#hold(pending);
    } catch (error) {
      this.#user.takeFailure(error);
    }
  }

  /** Reads no more until what is under way has settled. */
  #hold(pending: Promise<void>): void {
    this.#socket.pause();
    const settled = pending
      .catch((error: unknown) => this.#user.takeFailure(error))
      .then(() => {
        if (this.#reading !== settled) return;
        this.#reading = undefined;
        this.#socket.resume();
      });
    this.#reading = settled;
  }
}
