import { randomUUID } from 'node:crypto';

export interface PartFacts {
  readonly mediaType: string;
  readonly transferSyntaxUid?: string | undefined;
  /** Bytes; undefined while they are not known. */
  readonly length?: number | undefined;
  /** Where this part alone can be had. */
  readonly location?: string | undefined;
}

/** A multipart/related body that is written part by part (RFC 2387; PS3.18 8.6.1.2). */
export class Multipart {
  readonly #boundary = `radtriage-${randomUUID()}`;

  /** For the header of the answer. A transfer syntax where all parts have the same. */
  contentType(mediaType: string, transferSyntaxUid?: string): string {
    const syntax = transferSyntaxUid === undefined ? '' : `; transfer-syntax=${transferSyntaxUid}`;
    return `multipart/related; type="${mediaType}"${syntax}; boundary=${this.#boundary}`;
  }

  /** What stands before the bytes of a part; behind them stands `partEnd`. */
  partHead({ mediaType, transferSyntaxUid, length, location }: PartFacts): Buffer {
    const syntax = transferSyntaxUid === undefined ? '' : `; transfer-syntax=${transferSyntaxUid}`;
    const lines = [
      `--${this.#boundary}`,
      `Content-Type: ${mediaType}${syntax}`,
      ...(length === undefined ? [] : [`Content-Length: ${length}`]),
      ...(location === undefined ? [] : [`Content-Location: ${location}`]),
    ];
    return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`);
  }

  readonly partEnd: Buffer = Buffer.from('\r\n');

  /** What stands behind the last part and its `partEnd`. */
  get end(): Buffer {
    return Buffer.from(`--${this.#boundary}--\r\n`);
  }
}
