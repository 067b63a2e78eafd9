import type { Socket } from 'node:net';

/** An IPv4 address that came in over an IPv6 socket is the same peer. */
export function addressOf(socket: Pick<Socket, 'remoteAddress'>): string {
  return (socket.remoteAddress ?? '').replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/, '');
}
