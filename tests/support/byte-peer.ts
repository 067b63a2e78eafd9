import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { waitFor } from './wait-for.ts';

/**
 * A DICOM peer that is made of bytes alone: it builds any PDU, right or wrong, without any code of the product, so
 * that a fault in the product's codec cannot hide itself.
 */
export interface PduSeen {
  readonly type: number;
  readonly body: Buffer;
}

const IMPLICIT_LE = '1.2.840.10008.1.2';
export const EXPLICIT_LE = '1.2.840.10008.1.2.1';
export const VERIFICATION = '1.2.840.10008.1.1';
export const CT_IMAGE = '1.2.840.10008.5.1.4.1.1.2';

const DEADLINE_MS = 10_000;

/** A PDU whose length may be made to lie. */
export function pdu(type: number, body: Uint8Array, claimedLength = body.length): Buffer {
  const header = Buffer.alloc(6);
  header.writeUInt8(type, 0);
  header.writeUInt32BE(claimedLength, 2);
  return Buffer.concat([header, body]);
}

function item(type: number, body: Uint8Array | string): Buffer {
  const bytes = Buffer.from(typeof body === 'string' ? Buffer.from(body, 'latin1') : body);
  const header = Buffer.alloc(4);
  header.writeUInt8(type, 0);
  header.writeUInt16BE(bytes.length, 2);
  return Buffer.concat([header, bytes]);
}

export interface RequestOptions {
  calledAe?: string;
  callingAe?: string;
  /** By context number: abstract syntax, then transfer syntaxes. */
  contexts?: Record<number, string[]>;
  maxLength?: number;
  applicationContext?: string;
  protocolVersion?: number;
  /** Further user information items, encoded. */
  userItems?: Buffer[];
}

const DEFAULT_CONTEXTS: Record<number, string[]> = {
  1: [VERIFICATION, IMPLICIT_LE],
  3: [CT_IMAGE, EXPLICIT_LE],
  5: [CT_IMAGE, IMPLICIT_LE],
};

/** The body of an A-ASSOCIATE-RQ (PS3.8 9.3.2). */
export function associateRequestBody(options: RequestOptions = {}): Buffer {
  const fixed = Buffer.alloc(68);
  fixed.writeUInt16BE(options.protocolVersion ?? 1, 0);
  fixed.write((options.calledAe ?? 'RADTRIAGE').padEnd(16), 4, 'latin1');
  fixed.write((options.callingAe ?? 'BYTEPEER').padEnd(16), 20, 'latin1');
  const contexts = Object.entries(options.contexts ?? DEFAULT_CONTEXTS).map(([id, syntaxes]) =>
    item(
      0x20,
      Buffer.concat([
        Buffer.from([Number(id), 0, 0, 0]),
        ...syntaxes.map((uid, index) => item(index === 0 ? 0x30 : 0x40, uid)),
      ]),
    ),
  );
  const maxLength = Buffer.alloc(4);
  maxLength.writeUInt32BE(options.maxLength ?? 16_384);
  return Buffer.concat([
    fixed,
    item(0x10, options.applicationContext ?? '1.2.840.10008.3.1.1.1'),
    ...contexts,
    item(
      0x50,
      Buffer.concat([
        item(0x51, maxLength),
        item(0x52, '2.25.1'),
        ...(options.userItems ?? []),
        item(0x55, 'BYTEPEER'),
      ]),
    ),
  ]);
}

export function associateRequest(options: RequestOptions = {}): Buffer {
  return pdu(0x01, associateRequestBody(options));
}

export function userItem(type: number, body: Uint8Array): Buffer {
  return item(type, body);
}

export interface PdvOptions {
  contextId: number;
  command?: boolean;
  last?: boolean;
  claimedLength?: number;
}

export function pdv(bytes: Uint8Array, options: PdvOptions): Buffer {
  const header = Buffer.alloc(6);
  header.writeUInt32BE(options.claimedLength ?? bytes.length + 2, 0);
  header.writeUInt8(options.contextId, 4);
  header.writeUInt8((options.command ? 1 : 0) | (options.last === false ? 0 : 2), 5);
  return Buffer.concat([header, bytes]);
}

/** P-DATA-TF PDUs that carry bytes, cut into fragments of `fragmentBytes`. */
export function dataPdus(bytes: Uint8Array, options: PdvOptions, fragmentBytes = 16_372): Buffer {
  const parts: Buffer[] = [];
  let offset = 0;
  do {
    const end = Math.min(bytes.length, offset + fragmentBytes);
    const last = end === bytes.length && options.last !== false;
    parts.push(pdu(0x04, pdv(bytes.subarray(offset, end), { ...options, last })));
    offset = end;
  } while (offset < bytes.length);
  return Buffer.concat(parts);
}

/** An element of a command set: Implicit VR Little Endian, group 0000 (PS3.7 6.3.1). */
export function commandElement(element: number, value: number | string | Uint8Array): Buffer {
  let body: Buffer;
  if (typeof value === 'number') {
    body = Buffer.alloc(2);
    body.writeUInt16LE(value);
  } else if (typeof value === 'string') {
    body = Buffer.from(value.length % 2 === 0 ? value : `${value}\0`, 'latin1');
  } else {
    body = Buffer.from(value);
  }
  const header = Buffer.alloc(8);
  header.writeUInt16LE(element, 2);
  header.writeUInt32LE(body.length, 4);
  return Buffer.concat([header, body]);
}

export function commandSet(elements: readonly Buffer[]): Buffer {
  const body = Buffer.concat(elements);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(body.length);
  return Buffer.concat([commandElement(0x0000, length), body]);
}

export interface StoreOptions {
  sopClassUid?: string;
  sopInstanceUid: string;
  messageId?: number;
  hasDataSet?: boolean;
}

export function storeCommand(options: StoreOptions): Buffer {
  return commandSet([
    commandElement(0x0002, options.sopClassUid ?? CT_IMAGE),
    commandElement(0x0100, 0x0001),
    commandElement(0x0110, options.messageId ?? 1),
    commandElement(0x0700, 0),
    commandElement(0x0800, options.hasDataSet === false ? 0x0101 : 0x0000),
    commandElement(0x1000, options.sopInstanceUid),
  ]);
}

export function echoCommand(messageId = 1): Buffer {
  return commandSet([
    commandElement(0x0002, VERIFICATION),
    commandElement(0x0100, 0x0030),
    commandElement(0x0110, messageId),
    commandElement(0x0800, 0x0101),
  ]);
}

/** A response, as far as a test has to look into it. */
export interface ResponseSeen {
  readonly commandField: number | undefined;
  readonly status: number | undefined;
  readonly errorComment: string | undefined;
  readonly messageId: number | undefined;
}

function readResponse(body: Buffer): ResponseSeen {
  const values = new Map<number, Buffer>();
  // PDV header, then elements.
  for (let offset = 6; offset + 8 <= body.length; ) {
    const end = offset + 8 + body.readUInt32LE(offset + 4);
    values.set(body.readUInt16LE(offset + 2), body.subarray(offset + 8, end));
    offset = end;
  }
  return {
    commandField: values.get(0x0100)?.readUInt16LE(0),
    status: values.get(0x0900)?.readUInt16LE(0),
    messageId: values.get(0x0120)?.readUInt16LE(0),
    errorComment: values.get(0x0902)?.toString('latin1').trim(),
  };
}

export class BytePeer {
  readonly socket: Socket;
  readonly #seen: PduSeen[] = [];
  #bytes = Buffer.alloc(0);
  #closed = false;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      this.#closed = true;
    });
    socket.on('data', (chunk: Buffer) => {
      this.#bytes = Buffer.concat([this.#bytes, chunk]);
      while (this.#bytes.length >= 6) {
        const end = 6 + this.#bytes.readUInt32BE(2);
        if (this.#bytes.length < end) break;
        this.#seen.push({
          type: this.#bytes.readUInt8(0),
          body: Buffer.from(this.#bytes.subarray(6, end)),
        });
        this.#bytes = Buffer.from(this.#bytes.subarray(end));
      }
    });
  }

  static async connect(port: number, localAddress?: string): Promise<BytePeer> {
    const socket = connect({
      host: '127.0.0.1',
      port,
      ...(localAddress === undefined ? {} : { localAddress }),
    });
    const peer = new BytePeer(socket);
    await once(socket, 'connect');
    return peer;
  }

  /** Connects and has an association accepted. */
  static async associate(
    port: number,
    options: RequestOptions & { localAddress?: string } = {},
  ): Promise<BytePeer> {
    const peer = await BytePeer.connect(port, options.localAddress);
    peer.send(associateRequest(options));
    const answer = await peer.nextPdu('the answer to an association request');
    if (answer.type !== 0x02) throw new Error(`not accepted: PDU of type ${answer.type}`);
    return peer;
  }

  get closed(): boolean {
    return this.#closed;
  }

  send(...parts: Uint8Array[]): void {
    if (!this.socket.destroyed) this.socket.write(Buffer.concat(parts));
  }

  /** The next PDU that has come in and was not asked for yet. */
  nextPdu(what: string): Promise<PduSeen> {
    return waitFor(() => this.#seen.shift(), { deadlineMs: DEADLINE_MS, everyMs: 2, what });
  }

  async nextResponse(): Promise<ResponseSeen> {
    const { type, body } = await this.nextPdu('a response');
    if (type !== 0x04) throw new Error(`no response but a PDU of type ${type}`);
    return readResponse(body);
  }

  /** Waits for the other side to abort or close, and says whether it sent an A-ABORT first. */
  async ending(): Promise<{ abort: Buffer | undefined }> {
    let abort: Buffer | undefined;
    await waitFor(
      () => {
        for (let seen = this.#seen.shift(); seen !== undefined; seen = this.#seen.shift()) {
          if (seen.type === 0x07) abort = seen.body;
        }
        return this.#closed;
      },
      { deadlineMs: DEADLINE_MS, everyMs: 2, what: 'the connection to be closed' },
    );
    return { abort };
  }

  store(dataSet: Uint8Array, options: StoreOptions & { contextId: number }): void {
    const { contextId } = options;
    this.send(
      dataPdus(storeCommand(options), { contextId, command: true }),
      dataPdus(dataSet, { contextId }),
    );
  }

  echo(messageId = 1): void {
    this.send(dataPdus(echoCommand(messageId), { contextId: 1, command: true }));
  }

  async release(): Promise<void> {
    this.send(pdu(0x05, Buffer.alloc(4)));
    const answer = await this.nextPdu('the answer to a release');
    if (answer.type !== 0x06) throw new Error(`no A-RELEASE-RP but a PDU of type ${answer.type}`);
    this.socket.end();
  }

  destroy(): void {
    this.socket.destroy();
  }
}
