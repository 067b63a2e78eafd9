import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { RadTriageError } from '#core/errors.ts';
import { ScpAssociation, type ScpContext } from './scp-association.ts';
import { DEFAULT_SCP_LIMITS, type ScpEvent, type ScpLimits, type ScpOptions } from './scp-types.ts';

export interface ScpServer {
  /** The port that is listened on. */
  readonly port: number;
  /**
   * Takes no new association, aborts idle ones, lets messages under way be answered, and aborts what is left after
   * `graceMs` (10 s by default). Resolves when every connection is closed.
   */
  close(options?: { graceMs?: number }): Promise<void>;
  /** Connections without an association, and associations. */
  counts(): { pending: number; associations: number };
}

const SWEEP_MS = 1000;
const DEFAULT_GRACE_MS = 10_000;
/** Time for the last answers and A-ABORTs to reach the peer once everything is aborted. */
const FAREWELL_MS = 250;

/**
 * Listens for associations and takes in C-ECHO and C-STORE (PS3.4 annexes A and B) as the acceptor.
 * @throws RadTriageError PORT_IN_USE when the port is taken, CONFIG_INVALID when it cannot be listened on.
 */
export async function startScp(options: ScpOptions): Promise<ScpServer> {
  const door = new ScpDoor(options);
  const server = createDoorServer(options, door);
  await listen(server, options);
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : options.port;
  return {
    port,
    counts: () => door.counts(),
    close: async ({ graceMs = DEFAULT_GRACE_MS } = {}) => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await door.close(graceMs);
      await closed;
    },
  };
}

function createDoorServer(options: ScpOptions, door: ScpDoor): Server {
  if (options.tls === undefined) {
    return createServer((socket) => {
      door.admitConnection(socket);
      door.openAssociation(socket, false);
    });
  }
  const server = createTlsServer({
    minVersion: 'TLSv1.2',
    ...options.tls,
    requestCert: options.tls.ca !== undefined,
    rejectUnauthorized: options.tls.ca !== undefined,
    handshakeTimeout: door.limits.artimMs,
  });
  server.on('connection', (socket: Socket) => door.admitConnection(socket));
  server.on('secureConnection', (socket) => door.openAssociation(socket, socket.authorized));
  server.on('tlsClientError', (error) => {
    options.onEvent?.({ type: 'tls-failed', detail: error.message });
  });
  return server;
}

function listen(server: Server, { host, port }: ScpOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const code = error.code === 'EADDRINUSE' ? 'PORT_IN_USE' : 'CONFIG_INVALID';
      const message = `cannot listen for DICOM on ${host}:${port} (${error.code ?? error.message})`;
      reject(new RadTriageError(code, message, { cause: error, details: { host, port } }));
    });
    server.listen({ host, port, backlog: 512 }, () => resolve());
  });
}

/** Counts who is inside: pending connections, which give way to new ones, and associations, which do not. */
class ScpDoor {
  readonly limits: ScpLimits;
  readonly #options: ScpOptions;
  readonly #context: ScpContext;
  /** Connections without an association, oldest first, by remote address and port. */
  readonly #pending = new Map<string, Socket>();
  readonly #open = new Map<string, ScpAssociation>();
  readonly #admitted = new Set<ScpAssociation>();
  readonly #sweep: NodeJS.Timeout;
  #lastId = 0;
  #closing = false;
  #whenEmpty: (() => void) | undefined;

  constructor(options: ScpOptions) {
    this.#options = options;
    this.limits = { ...DEFAULT_SCP_LIMITS, ...options.limits };
    this.#context = {
      policy: options.policy,
      handlers: options.handlers,
      limits: this.limits,
      emit: (event) => this.#emit(event),
      admit: (association) => this.#admit(association),
    };
    const everyMs = Math.max(
      10,
      Math.min(SWEEP_MS, this.limits.stallMs / 4, this.limits.idleMs / 4),
    );
    this.#sweep = setInterval(() => {
      for (const association of this.#admitted) association.checkProgress(performance.now());
    }, everyMs);
    this.#sweep.unref();
  }

  counts(): { pending: number; associations: number } {
    return { pending: this.#pending.size, associations: this.#admitted.size };
  }

  /** A connection that has just been made; when too many wait, the one that has waited longest gives way. */
  admitConnection(socket: Socket): void {
    const key = keyOf(socket);
    if (key === undefined || this.#closing) {
      socket.destroy();
      return;
    }
    this.#pending.set(key, socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => this.#forget(key));
    if (this.#pending.size <= this.limits.maxPendingConnections) return;
    for (const [oldestKey, oldest] of this.#pending) {
      this.#pending.delete(oldestKey);
      oldest.destroy();
      this.#emit({ type: 'connection-evicted', peerAddress: addressOf(oldest) });
      return;
    }
  }

  openAssociation(socket: Socket, certified: boolean): void {
    const key = keyOf(socket);
    if (key === undefined || !this.#pending.has(key)) {
      socket.destroy();
      return;
    }
    this.#lastId += 1;
    const connection = { associationId: this.#lastId, peerAddress: addressOf(socket), certified };
    this.#open.set(key, new ScpAssociation(socket, connection, this.#context));
  }

  async close(graceMs: number): Promise<void> {
    this.#closing = true;
    for (const association of this.#open.values()) association.drain();
    await this.#empty(graceMs);
    for (const association of this.#open.values()) association.terminate('the grace time is over');
    await this.#empty(FAREWELL_MS);
    for (const socket of this.#pending.values()) socket.destroy();
    for (const association of this.#open.values()) association.destroy();
    clearInterval(this.#sweep);
  }

  #empty(withinMs: number): Promise<void> {
    if (this.#pending.size + this.#open.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, withinMs);
      this.#whenEmpty = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #admit(association: ScpAssociation): boolean {
    if (this.#closing || this.#admitted.size >= this.limits.maxAssociations) return false;
    const { peerAddress } = association.connection;
    let fromPeer = 0;
    for (const other of this.#admitted) {
      if (other.connection.peerAddress === peerAddress) fromPeer += 1;
    }
    if (fromPeer >= this.limits.maxAssociationsPerPeer) return false;
    this.#admitted.add(association);
    for (const [key, open] of this.#open) {
      if (open === association) this.#pending.delete(key);
    }
    return true;
  }

  #forget(key: string): void {
    this.#pending.delete(key);
    const association = this.#open.get(key);
    if (association !== undefined) this.#admitted.delete(association);
    this.#open.delete(key);
    if (this.#pending.size + this.#open.size === 0) this.#whenEmpty?.();
  }

  #emit(event: ScpEvent): void {
    this.#options.onEvent?.(event);
  }
}

function keyOf(socket: Socket): string | undefined {
  return socket.remotePort === undefined
    ? undefined
    : `${socket.remoteAddress ?? ''} ${socket.remotePort}`;
}

/** An IPv4 address that came in over an IPv6 socket is the same peer. */
function addressOf(socket: Socket): string {
  return (socket.remoteAddress ?? '').replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/, '');
}
