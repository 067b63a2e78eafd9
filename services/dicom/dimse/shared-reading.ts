import { Socket } from 'node:net';

/**
 * Node gives every 64 KB that a socket receives a new buffer, which costs more than receiving them. A socket made with
 * `onread` receives into a buffer of ours, but a server's sockets cannot be asked for that. This file takes the handle
 * of an accepted socket and makes a new socket around it; where Node's inner names have changed it gives the socket
 * back as it is, and everything works, slower.
 */

type TakeChunk = (chunk: Buffer) => void;

/** What Node keeps in a server's socket, by names that are not part of its interface. */
interface AcceptedSocket {
  _handle: { useUserBuffer?: unknown; reading?: boolean } | null;
  _server: unknown;
  server: unknown;
}

/** As much as the kernel has ready in one go, while it stays in the processor's cache. */
const SHARED_BYTES = 256 * 1024;
const shared = Buffer.allocUnsafeSlow(SHARED_BYTES);
const takers = new WeakMap<Socket, { take: TakeChunk | undefined }>();

function isAccepted(socket: object): socket is AcceptedSocket {
  return '_handle' in socket && '_server' in socket && 'server' in socket;
}

/**
 * Makes a socket that has been accepted paused receive into the buffer that all connections share.
 * @returns the socket to use from now on, still paused; the given one when it cannot be done
 */
export function shareReading(accepted: Socket): Socket {
  const inner: object = accepted;
  if (!isAccepted(inner)) return accepted;
  const { _handle: handle, _server: owner } = inner;
  if (typeof handle?.useUserBuffer !== 'function') return accepted;
  inner._handle = null;
  inner._server = null;
  const reader: { take: TakeChunk | undefined } = { take: undefined };
  const options = {
    handle,
    readable: true,
    writable: true,
    pauseOnCreate: true,
    onread: {
      buffer: shared,
      callback: (bytes: number): boolean => {
        reader.take?.(shared.subarray(0, bytes));
        return true;
      },
    },
  };
  const socket = new Socket(options);
  // The server counts its connections by this, and closes when the last one has gone.
  Object.assign(socket, { _server: owner, server: owner });
  takers.set(socket, reader);
  return socket;
}

/** Hands on what comes in. A chunk is only good until `take` returns: the next one overwrites it. */
export function readChunks(socket: Socket, take: TakeChunk): void {
  const reader = takers.get(socket);
  if (reader === undefined) {
    socket.on('data', take);
    return;
  }
  reader.take = take;
  socket.resume();
}
