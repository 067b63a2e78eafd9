import { randomUUID } from 'node:crypto';

/** A body's only part: what stands before it, and after it. */
export interface Envelope {
  /** For the header of the answer. */
  readonly contentType: string;
  readonly head: Buffer;
  readonly tail: Buffer;
}

/** multipart/related around one part (RFC 2387; PS3.18 8.6.1.2). @param length bytes of the part */
export function envelope(
  part: { mediaType: string; transferSyntaxUid: string },
  length: number | string,
): Envelope {
  const boundary = `radtriage-${randomUUID()}`;
  const { mediaType, transferSyntaxUid } = part;
  const head = [
    `--${boundary}`,
    `Content-Type: ${mediaType}; transfer-syntax=${transferSyntaxUid}`,
    `Content-Length: ${length}`,
  ];
  return {
    contentType: `multipart/related; type="${mediaType}"; transfer-syntax=${transferSyntaxUid}; boundary=${boundary}`,
    head: Buffer.from(`${head.join('\r\n')}\r\n\r\n`),
    tail: Buffer.from(`\r\n--${boundary}--\r\n`),
  };
}
