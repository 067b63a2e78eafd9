import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Certified } from './certificates.ts';

export interface ReceivedRequest {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** How a receiver answers. An answer that is never ended keeps the sender waiting. */
export type Behaviour = (response: ServerResponse, request: ReceivedRequest) => void;

/** A server on loopback that keeps what it was sent. */
export interface WebhookReceiver {
  readonly port: number;
  readonly requests: readonly ReceivedRequest[];
  /** Connections, also those that never became a request. */
  connections(): number;
  behave(behaviour: Behaviour): void;
  close(): Promise<void>;
}

export const answerWith =
  (status: number, body = '', headers: Record<string, string> = {}): Behaviour =>
  (response) => {
    response.writeHead(status, headers);
    response.end(body);
  };

/** @param certified serves TLS with this certificate */
export async function startReceiver(
  behaviour: Behaviour = answerWith(204),
  certified?: Certified,
): Promise<WebhookReceiver> {
  let behave = behaviour;
  let connections = 0;
  const requests: ReceivedRequest[] = [];
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8');
      const received = { path: request.url ?? '', headers: request.headers, body };
      requests.push(received);
      behave(response, received);
    });
  };
  const server =
    certified === undefined
      ? createServer(handle)
      : createSecureServer(
          { key: readFileSync(certified.keyFile), cert: readFileSync(certified.certFile) },
          handle,
        );
  server.on('connection', () => {
    connections += 1;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    requests,
    connections: () => connections,
    behave: (next) => {
      behave = next;
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
