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
import { createRefusalLog, type RefusalLog } from './refusal-log.ts';
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

/**
 * Opens the door for HL7 v2 over MLLP: from listed senders alone, each message answered after what it asks for is
 * durable. @throws RadTriageError CONFIG_INVALID, PORT_IN_USE
 */
export async function startRis(options: RisOptions): Promise<Ris> {
  const { config, database, logger } = options;
  const unknown = config.senders.find(({ characterSet }) => !isKnownCharacterSet(characterSet));
  if (unknown !== undefined) {
    const message = `hl7.senders: the character set of ${unknown.name} is not supported`;
    throw new RadTriageError('CONFIG_INVALID', message);
  }
  const open = new Set<{ finish(): Promise<void> }>();
  const sockets = new Set<Socket>();
  const refusals = createRefusalLog(database, logger);
  const { refuse } = refusals;
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
    if (!isListed) refuse({ cause: 'hl7-address', address, why: 'its address is not listed' });
    else if (sockets.size >= config.maxConnections) {
      refuse({ cause: 'hl7-limit', address, why: 'too many connections are open' });
    } else if (!closing) {
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
      const why = 'its certificate is not the one listed';
      refuse({ cause: 'hl7-certificate', address, why });
      socket.destroy();
      return;
    }
    const connection = serveConnection(socket, { ...options, senders, address, refusals });
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
      await refusals.close();
    },
  };
}

async function createServerFor(
  { tls, port }: RisOptions['config'],
  door: {
    admit: (socket: Socket) => void;
    serve: (socket: Socket, certificate: PeerCertificate | undefined) => void;
    refuse: RefusalLog['refuse'];
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
        if (event.type !== 'tls-failed') return;
        const why = `TLS: ${event.detail}`;
        door.refuse({ cause: 'hl7-certificate', address: event.peerAddress, why });
      },
      admit: door.admit,
      open: door.serve,
      handshakeMs: HANDSHAKE_MS,
    },
  );
}
