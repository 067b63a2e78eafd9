import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { RadTriageError } from '#core/errors.ts';
import { addressOf } from '#dicom/dimse/peer-address.ts';
import {
  createTlsServer,
  type PeerCertificate,
  type TlsIdentity,
} from '#dicom/dimse/tls-server.ts';
import type { Hl7Config } from '#platform/config/hl7.ts';
import type { Database } from '#platform/database/connect.ts';
import type { Logger } from '#platform/logger/logger.ts';
import type { ReportRules } from '#platform/outside-reports/act-on-report.ts';
import { isKnownCharacterSet } from './hl7/decode-text.ts';
import { sendersBehind } from './listed-senders.ts';
import { serveConnection } from './serve-connection.ts';

export interface RisOptions {
  readonly config: Hl7Config & { readonly port: number };
  readonly rules: ReportRules;
  readonly database: Database;
  readonly logger: Logger;
}

export interface Ris {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  /** Takes no further message, lets those under way be answered, and closes. */
  close(): Promise<void>;
}

const HANDSHAKE_MS = 10_000;
/** Who is not listed is logged once in this time: a scanner must not fill the log. */
const TELL_AGAIN_MS = 3_600_000;

async function readIdentity(tls: NonNullable<Hl7Config['tls']>): Promise<TlsIdentity> {
  const read = async (path: string): Promise<Buffer> =>
    readFile(path).catch((cause: unknown) => {
      throw new RadTriageError('CONFIG_INVALID', `hl7.tls: ${path} cannot be read`, { cause });
    });
  const ca = tls.caFile === undefined ? {} : { ca: await read(tls.caFile) };
  return { key: await read(tls.keyFile), cert: await read(tls.certFile), ...ca };
}

async function listenOn(server: Server, { host, port }: RisOptions['config']): Promise<number> {
  server.listen({ host, port });
  try {
    await once(server, 'listening');
  } catch (cause) {
    throw new RadTriageError('PORT_IN_USE', `hl7: ${host}:${port} cannot be listened on`, {
      cause,
    });
  }
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
}

function createTeller(logger: Logger): (address: string, why: string) => void {
  const told = new Map<string, number>();
  return (address, why) => {
    const now = Date.now();
    if (now - (told.get(`${address} ${why}`) ?? 0) < TELL_AGAIN_MS) return;
    if (told.size > 1_000) told.clear();
    told.set(`${address} ${why}`, now);
    logger.warn({ peerAddress: address, why }, 'HL7 connection refused');
  };
}

/**
 * Opens the door for HL7 v2 over MLLP: from listed senders alone, each message answered after what it asks for is
 * durable. @throws RadTriageError CONFIG_INVALID, PORT_IN_USE
 */
export async function startRis(options: RisOptions): Promise<Ris> {
  const { config, logger } = options;
  const unknown = config.senders.find(({ characterSet }) => !isKnownCharacterSet(characterSet));
  if (unknown !== undefined) {
    const message = `hl7.senders: the character set of ${unknown.name} is not supported`;
    throw new RadTriageError('CONFIG_INVALID', message);
  }
  const open = new Set<{ finish(): Promise<void> }>();
  const sockets = new Set<Socket>();
  const refuse = createTeller(logger);
  let closing = false;

  const admit = (socket: Socket): void => {
    // Nobody handles it before the handshake of TLS is over: an error must not end the process.
    socket.on('error', () => socket.destroy());
    const address = addressOf(socket);
    const isListed =
      sendersBehind(
        config.senders.map((sender) => ({ ...sender, certificate: undefined })),
        { address, certificate: undefined },
      ).length > 0;
    if (!isListed) refuse(address, 'its address is not listed');
    else if (sockets.size >= config.maxConnections) refuse(address, 'too many connections');
    else if (!closing) {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      return;
    }
    socket.destroy();
  };
  const serve = (socket: Socket, certificate: PeerCertificate | undefined): void => {
    const address = addressOf(socket);
    const senders = sendersBehind(config.senders, { address, certificate });
    if (senders.length === 0) {
      refuse(address, 'its certificate is not the one listed');
      socket.destroy();
      return;
    }
    const connection = serveConnection(socket, { ...options, senders, address });
    open.add(connection);
    socket.once('close', () => open.delete(connection));
  };

  const { server, stop } = await createServerFor(config, { admit, serve, refuse });
  const port = await listenOn(server, config);
  const tls = config.tls !== undefined;
  logger.info({ host: config.host, port, tls }, 'listening for HL7');
  return {
    ...{ host: config.host, port, tls },
    close: async () => {
      closing = true;
      stop();
      server.close();
      await Promise.all([...open].map((connection) => connection.finish()));
      for (const socket of sockets) socket.destroy();
    },
  };
}

async function createServerFor(
  { tls, port }: RisOptions['config'],
  door: {
    admit: (socket: Socket) => void;
    serve: (socket: Socket, certificate: PeerCertificate | undefined) => void;
    refuse: (address: string, why: string) => void;
  },
): Promise<{ server: Server; stop: () => void }> {
  if (tls === undefined) {
    const server = createServer((socket) => {
      door.admit(socket);
      if (!socket.destroyed) door.serve(socket, undefined);
    });
    return { server, stop: () => undefined };
  }
  return createTlsServer(
    { port, load: () => readIdentity(tls) },
    {
      emit: (event) => {
        if (event.type === 'tls-failed') door.refuse(event.peerAddress, `TLS: ${event.detail}`);
      },
      admit: door.admit,
      open: door.serve,
      handshakeMs: HANDSHAKE_MS,
    },
  );
}
