/** A part of a multipart answer: its header lines and its bytes. */
export interface ReceivedPart {
  readonly head: string;
  readonly bytes: Buffer;
}

/** Splits multipart/related (RFC 2046 5.1), as a viewer does. @throws Error when it has no end */
export function splitParts(contentType: string, body: Buffer): ReceivedPart[] {
  const boundary = /boundary=([^;]+)/.exec(contentType)?.[1] ?? 'none';
  const parts: ReceivedPart[] = [];
  let at = body.indexOf(`--${boundary}\r\n`);
  while (at >= 0) {
    const head = at + boundary.length + 4;
    const start = body.indexOf('\r\n\r\n', head) + 4;
    const length = /Content-Length: (\d+)/i.exec(body.subarray(head, start).toString())?.[1];
    const end = body.indexOf(`\r\n--${boundary}`, start + Number(length ?? 0));
    if (end < 0) throw new Error('a part has no end');
    parts.push({
      head: body.subarray(head, start - 4).toString(),
      bytes: body.subarray(start, end),
    });
    const next = body.subarray(end + 2, end + boundary.length + 6).toString();
    if (next.endsWith('--')) return parts;
    at = end + 2;
  }
  throw new Error('the body has no end');
}
