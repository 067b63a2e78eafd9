import { createServer, type Server, type Socket } from 'node:net';
import { RadTriageError } from '#core/errors.ts';
import type { Connection } from './answer-association.ts';
import { addressOf } from './peer-address.ts';
import { ScpAssociation, type ScpContext } from './scp-association.ts';
import { DEFAULT_SCP_LIMITS, type ScpEvent, type ScpLimits, type ScpOptions } from './scp-types.ts';
import { ServiceBudget } from './service-operation.ts';
import { shareReading } from './shared-reading.ts';
import { SopClassTable } from './sop-class-table.ts';
import { createTlsServer } from './tls-server.ts';

export interface ScpServer {
  /** The port that is listened on without TLS, or the one of TLS where there is no other. */
  readonly port: number;
  readonly tlsPort: number | undefined;
  /**
   * Takes no new association, aborts idle ones, lets messages under way be answered, and aborts what is left after
   * `graceMs` (10 s by default). Resolves when every connection is closed.
   */
  close(options?: { graceMs?: number }): Promise<void>;
  /** Connections without an association, and associations. */
  counts(): { pending: number; associations: number };
  /** What each association has sent so far, bytes by association id. */
  bytesReceived(): ReadonlyMap<number, number>;
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
  const { host, port, tls } = options;
  const door = new ScpDoor(options);
  const servers: Server[] = [];
  let stopTls: (() => void) | undefined;
  try {
    if (port !== null) {
      const server = createPlainServer(door);
      await listen(server, host, port);
      servers.push(server);
    }
    if (tls !== undefined) {
      const { server, stop } = await createTlsServer(tls, door.forTls());
      stopTls = stop;
      await listen(server, host, tls.port);
      servers.push(server);
    }
    if (servers.length === 0) {
      throw new RadTriageError('CONFIG_INVALID', 'DICOM needs a port, with TLS or without');
    }
  } catch (error) {
    stopTls?.();
    for (const server of servers) server.close();
    await door.close(0);
    throw error;
  }
  const ports = servers.map((server) => portOf(server));
  return {
    port: ports[0] ?? 0,
    tlsPort: tls === undefined ? undefined : ports.at(-1),
    counts: () => door.counts(),
    bytesReceived: () => door.bytesReceived(),
    close: async ({ graceMs = DEFAULT_GRACE_MS } = {}) => {
      stopTls?.();
      const closed = servers.map(
        (server) => new Promise<void>((resolve) => server.close(() => resolve())),
      );
      await door.close(graceMs);
      await Promise.all(closed);
    },
  };
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

function createPlainServer(door: ScpDoor): Server {
  return createServer({ pauseOnConnect: true }, (accepted) => {
    const socket = shareReading(accepted);
    door.admitConnection(socket);
    door.openAssociation(socket, { tls: false, certificate: undefined });
  });
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const code = error.code === 'EADDRINUSE' ? 'PORT_IN_USE' : 'CONFIG_INVALID';
      const message = `cannot listen for DICOM on ${host}:${port} (${error.code ?? error.message})`;
      reject(new RadTriageError(code, message, { cause: error, details: { host, port } }));
    });
    server.listen({ host, port, backlog: 512 }, () => resolve());
  });
}

type Security = Pick<Connection, 'tls' | 'certificate'>;

/** One connection, from the first packet to the close of its transport. */
interface Guest {
  /** The TCP socket, below TLS where there is any. */
  readonly transport: Socket;
  readonly key: string;
  readonly address: string;
  association: ScpAssociation | undefined;
  /** Has an association that was accepted; before, it gives way to newer connections when there are too many. */
  admitted: boolean;
}

/** Counts who is inside: pending connections, which give way to new ones, and associations, which do not. */
class ScpDoor {
  readonly limits: ScpLimits;
  readonly #options: ScpOptions;
  readonly #context: ScpContext;
  /** Oldest first. */
  readonly #guests = new Set<Guest>();
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
      classes: new SopClassTable(options.handlers.services, options.moreStorageClasses),
      budget: new ServiceBudget(this.limits.maxServiceBytesInAll),
      limits: this.limits,
      emit: (event) => this.#emit(event),
      admit: (association) => this.#admit(association),
    };
    const { stallMs, idleMs } = this.limits;
    const everyMs = Math.max(10, Math.min(SWEEP_MS, stallMs / 4, idleMs / 4));
    this.#sweep = setInterval(() => {
      for (const guest of this.#guests) guest.association?.checkProgress(performance.now());
    }, everyMs);
    this.#sweep.unref();
  }

  counts(): { pending: number; associations: number } {
    const associations = this.#admittedGuests().length;
    return { pending: this.#guests.size - associations, associations };
  }

  bytesReceived(): ReadonlyMap<number, number> {
    const received = new Map<number, number>();
    for (const { association, admitted } of this.#guests) {
      if (admitted && association !== undefined) {
        received.set(association.connection.associationId, association.bytesReceived);
      }
    }
    return received;
  }

  /** A connection that has just been made; when too many wait, one of them gives way. */
  admitConnection(transport: Socket): void {
    const key = keyOf(transport);
    if (key === undefined || this.#closing) {
      transport.destroy();
      return;
    }
    const address = addressOf(transport);
    const guest: Guest = { transport, key, address, association: undefined, admitted: false };
    this.#guests.add(guest);
    transport.on('error', () => transport.destroy());
    transport.once('close', () => this.#forget(guest));
    if (this.counts().pending <= this.limits.maxPendingConnections) return;
    const oldest = this.#whoGivesWay();
    if (oldest === undefined) return;
    this.#emit({ type: 'connection-evicted', peerAddress: oldest.address });
    this.#guests.delete(oldest);
    oldest.transport.destroy();
  }

  /** The oldest connection without an association, of the address that has most of them: a flood harms itself. */
  #whoGivesWay(): Guest | undefined {
    const waiting = new Map<string, Guest[]>();
    for (const guest of this.#guests) {
      if (guest.admitted) continue;
      const same = waiting.get(guest.address);
      if (same === undefined) waiting.set(guest.address, [guest]);
      else same.push(guest);
    }
    let most: Guest[] = [];
    for (const same of waiting.values()) if (same.length > most.length) most = same;
    return most[0];
  }

  openAssociation(socket: Socket, security: Security): void {
    const key = keyOf(socket);
    const guest = [...this.#guests].findLast((other) => other.key === key);
    if (guest === undefined || guest.association !== undefined) {
      socket.destroy();
      return;
    }
    this.#lastId += 1;
    const connection = {
      associationId: this.#lastId,
      peerAddress: addressOf(socket),
      ...security,
    };
    guest.association = new ScpAssociation(socket, connection, this.#context);
  }

  /** What a TLS server needs of the door. */
  forTls(): Parameters<typeof createTlsServer>[1] {
    return {
      emit: (event) => this.#emit(event),
      admit: (transport) => this.admitConnection(transport),
      open: (socket, certificate) => this.openAssociation(socket, { tls: true, certificate }),
      handshakeMs: this.limits.artimMs,
    };
  }

  async close(graceMs: number): Promise<void> {
    this.#closing = true;
    for (const { association, transport } of this.#guests) {
      if (association === undefined) transport.destroy();
      else association.drain();
    }
    await this.#empty(graceMs);
    for (const { association } of this.#guests) association?.terminate('the grace time is over');
    await this.#empty(FAREWELL_MS);
    for (const { transport } of this.#guests) transport.destroy();
    clearInterval(this.#sweep);
  }

  #empty(withinMs: number): Promise<void> {
    if (this.#guests.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, withinMs);
      this.#whenEmpty = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #admittedGuests(): Guest[] {
    return [...this.#guests].filter((guest) => guest.admitted);
  }

  #admit(association: ScpAssociation): boolean {
    const guest = [...this.#guests].find((other) => other.association === association);
    const admitted = this.#admittedGuests();
    const { peerAddress } = association.connection;
    const fromPeer = admitted.filter(
      (other) => other.association?.connection.peerAddress === peerAddress,
    );
    if (
      guest === undefined ||
      this.#closing ||
      admitted.length >= this.limits.maxAssociations ||
      fromPeer.length >= this.limits.maxAssociationsPerPeer
    ) {
      return false;
    }
    guest.admitted = true;
    return true;
  }

  #forget(guest: Guest): void {
    this.#guests.delete(guest);
    if (this.#guests.size === 0) this.#whenEmpty?.();
  }

  #emit(event: ScpEvent): void {
    this.#options.onEvent?.(event);
  }
}

/** Tells connections apart, above TLS as below. */
function keyOf(socket: Socket): string | undefined {
  return socket.remotePort === undefined
    ? undefined
    : `${socket.remoteAddress ?? ''} ${socket.remotePort} ${socket.localPort}`;
}
