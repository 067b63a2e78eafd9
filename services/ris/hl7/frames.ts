const START = 0x0b;
const END = 0x1c;
const RETURN = 0x0d;
const LINE_FEED = 0x0a;

export type FrameFault = 'no-frame' | 'too-large' | 'start-within-frame';

export interface FrameReader {
  /** Takes what came and gives the messages that are whole now; after a fault nothing more is read. */
  push(chunk: Buffer): { readonly messages: readonly Buffer[]; readonly fault?: FrameFault };
  /** Whether a frame has begun and not ended. */
  readonly isWithin: boolean;
}

/**
 * The frames of MLLP: 0x0B, the message, 0x1C 0x0D. Keeps at most `maxBytes` of a message. Blank lines between frames
 * are passed over; anything else there, and a frame within a frame, is a fault: what follows cannot be told apart.
 */
export function createFrameReader(maxBytes: number): FrameReader {
  let parts: Buffer[] = [];
  let size = 0;
  let within = false;
  let ended = false;
  let fault: FrameFault | undefined;

  const keep = (part: Buffer): void => {
    size += part.length;
    if (size > maxBytes) fault = 'too-large';
    else if (part.length > 0) parts.push(part);
  };
  /** @returns where to go on */
  const findStart = (chunk: Buffer, from: number): number => {
    const byte = chunk[from];
    if (byte === START) within = true;
    else if (byte !== RETURN && byte !== LINE_FEED) fault = 'no-frame';
    return from + 1;
  };
  const readWithin = (chunk: Buffer, from: number, messages: Buffer[]): number => {
    if (ended) {
      ended = false;
      if (chunk[from] !== RETURN) {
        // A byte 0x1C of the message itself.
        keep(Buffer.from([END]));
        return from;
      }
      messages.push(Buffer.concat(parts));
      parts = [];
      size = 0;
      within = false;
      return from + 1;
    }
    const end = chunk.indexOf(END, from);
    const part = chunk.subarray(from, end === -1 ? chunk.length : end);
    if (part.includes(START)) fault = 'start-within-frame';
    else keep(part);
    ended = end !== -1;
    return from + part.length + (ended ? 1 : 0);
  };
  return {
    get isWithin() {
      return within;
    },
    push: (chunk) => {
      const messages: Buffer[] = [];
      let at = 0;
      while (fault === undefined && at < chunk.length) {
        at = within ? readWithin(chunk, at, messages) : findStart(chunk, at);
      }
      if (fault === undefined) return { messages };
      parts = [];
      return { messages, fault };
    },
  };
}

/** A message as it goes over the wire. */
export function frame(message: Buffer): Buffer {
  return Buffer.concat([Buffer.from([START]), message, Buffer.from([END, RETURN])]);
}
