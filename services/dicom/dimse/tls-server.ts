import { constants, type X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import {
  createServer,
  type PeerCertificate as NodeCertificate,
  type SecureContextOptions,
  type Server,
  type TLSSocket,
} from 'node:tls';
import { RadTriageError } from '#core/errors.ts';
import { addressOf } from './peer-address.ts';
import type { ScpEvent } from './scp-types.ts';

/** What a TLS server shows, and whom it believes; in PEM. */
export interface TlsIdentity {
  readonly key: Buffer;
  readonly cert: Buffer;
  /** Authorities whose certificates peers may show. */
  readonly ca?: Buffer;
}

export interface ScpTls {
  /** 0 lets the system choose. */
  readonly port: number;
  /** Read at the start and again now and then: what has changed is used for the next connection. */
  readonly load: () => Promise<TlsIdentity>;
  /** How often it is read again, in milliseconds. */
  readonly reloadMs?: number;
  /** Whether a peer without a certificate is refused; where there is an authority it is, unless told otherwise. */
  readonly requireClientCertificate?: boolean;
}

/** The certificate that a peer has shown, and that one of our authorities has signed. */
export interface PeerCertificate {
  /** SHA-256, 64 hexadecimal digits in lower case. */
  readonly fingerprint: string;
  /** Common names of the subject, and the values of its alternative names. */
  readonly names: readonly string[];
}

interface TlsDoor {
  readonly emit: (event: ScpEvent) => void;
  /** A TCP connection was made; its handshake follows. */
  readonly admit: (transport: Socket) => void;
  /** The handshake went well, and whoever has to show a certificate has shown a good one. */
  readonly open: (socket: Socket, certificate: PeerCertificate | undefined) => void;
  readonly handshakeMs: number;
}

const RELOAD_MS = 10_000;

/** BCP 195 (RFC 9325 4.2): forward secrecy and authenticated encryption alone, 1.3 before 1.2. */
export const TLS_CIPHERS: readonly string[] = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
];

/**
 * No renegotiation, no compression (RFC 9325 3.3, 3.5), and no tickets: a session that is resumed would outlive the
 * certificate, or the trust in it, with which it began.
 */
const SECURE_OPTIONS =
  constants.SSL_OP_NO_RENEGOTIATION | constants.SSL_OP_NO_COMPRESSION | constants.SSL_OP_NO_TICKET;

/** How we speak TLS, at either end. */
export function strictTls(): SecureContextOptions {
  return {
    minVersion: 'TLSv1.2',
    // Level 2: keys of 112 bits of security at least (RSA of 2048), no SHA-1.
    ciphers: `${TLS_CIPHERS.join(':')}:@SECLEVEL=2`,
    honorCipherOrder: true,
    secureOptions: SECURE_OPTIONS,
  };
}

/** The same with what we show, and whom we believe. */
export function contextOptions(identity: TlsIdentity): SecureContextOptions {
  return { ...identity, ...strictTls() };
}

/**
 * A server for DICOM over TLS (PS3.15 B.12) that is still to listen.
 * @throws RadTriageError CONFIG_INVALID when key and certificates are unusable.
 */
export async function createTlsServer(
  tls: ScpTls,
  door: TlsDoor,
): Promise<{ server: Server; stop: () => void }> {
  const identity = await tls.load();
  const requireCertificate = tls.requireClientCertificate ?? identity.ca !== undefined;
  const server = attempt(() =>
    createServer({
      ...contextOptions(identity),
      requestCert: identity.ca !== undefined,
      // Who shows no good certificate is refused below, where it can be told.
      rejectUnauthorized: false,
      handshakeTimeout: door.handshakeMs,
    }),
  );
  server.on('connection', (socket: Socket) => door.admit(socket));
  server.on('secureConnection', (socket) => {
    const { certificate, refusal } = judgeCertificate(socket, requireCertificate);
    if (refusal === undefined) door.open(socket, certificate);
    else refuse(socket, refusal);
  });
  server.on('tlsClientError', (error: NodeJS.ErrnoException, socket) =>
    refuse(socket, error.code ?? error.message),
  );
  function refuse(socket: TLSSocket, detail: string): void {
    const shown = socket.getPeerX509Certificate();
    door.emit({
      type: 'tls-failed',
      detail,
      peerAddress: addressOf(socket),
      ...(shown === undefined ? {} : { fingerprint: fingerprintOf(shown) }),
    });
    socket.destroy();
  }
  return { server, stop: keepFresh(server, { tls, identity, emit: door.emit }) };
}

function judgeCertificate(
  socket: TLSSocket,
  required: boolean,
): { certificate?: PeerCertificate; refusal?: string } {
  const shown = socket.getPeerX509Certificate();
  if (shown === undefined) return required ? { refusal: 'NO_CLIENT_CERTIFICATE' } : {};
  if (!socket.authorized) return { refusal: String(socket.authorizationError) };
  return { certificate: describeCertificate(socket.getPeerCertificate()) };
}

function fingerprintOf(certificate: Pick<X509Certificate, 'fingerprint256'>): string {
  return certificate.fingerprint256.replaceAll(':', '').toLowerCase();
}

export function describeCertificate(certificate: NodeCertificate): PeerCertificate {
  return { fingerprint: fingerprintOf(certificate), names: namesOf(certificate) };
}

/** An alternative name as Node writes it: what could be taken for two stands in quotes, as a JSON string. */
const ALTERNATIVE_NAME = /([^:,]+):("(?:[^"\\]|\\.)*"|[^,]*)(?:, |$)/gy;

function namesOf({ subject, subjectaltname = '' }: NodeCertificate): string[] {
  const common = [subject.CN].flat();
  const alternative = [...subjectaltname.matchAll(ALTERNATIVE_NAME)].map(([, , value = '']) =>
    value.startsWith('"') ? String(JSON.parse(value)) : value,
  );
  return [...common, ...alternative].filter((name) => name !== undefined && name !== '');
}

/** Certificates are renewed under a running server: what has changed and is sound takes the place of the old. */
function keepFresh(
  server: Server,
  { tls, identity, emit }: { tls: ScpTls; identity: TlsIdentity; emit: (event: ScpEvent) => void },
): () => void {
  let current = digestible(identity);
  let seen = current;
  let judged = current;
  let reading = false;
  const reload = async (): Promise<void> => {
    const next = await tls.load().catch((error: unknown) => reasonOf(error));
    const text = typeof next === 'string' ? next : digestible(next);
    // What is still being written is another text the next time: only what stays as it is counts.
    const settled = text === seen;
    seen = text;
    if (!settled || text === judged) return;
    judged = text;
    try {
      if (typeof next === 'string') throw new Error(next);
      if (text === current) return;
      attempt(() => server.setSecureContext(contextOptions(next)));
      current = text;
      emit({ type: 'tls-reloaded', fault: undefined });
    } catch (error) {
      emit({ type: 'tls-reloaded', fault: reasonOf(error) });
    }
  };
  const timer = setInterval(() => {
    if (reading) return;
    reading = true;
    void reload().finally(() => {
      reading = false;
    });
  }, tls.reloadMs ?? RELOAD_MS);
  timer.unref();
  return () => clearInterval(timer);
}

function digestible({ key, cert, ca }: TlsIdentity): string {
  return [key, cert, ca].map((part) => part?.toString('latin1') ?? '').join('\0');
}

function attempt<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    const message = `dicom.tls: key and certificates cannot be used (${reasonOf(error)})`;
    throw new RadTriageError('CONFIG_INVALID', message, { cause: error });
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
