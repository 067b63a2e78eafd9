import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { BytePeer, commandElement, commandSet, dataPdus, pdu } from './byte-peer.ts';

/** A C-STORE, N-ACTION or C-ECHO that came in. */
export interface HostileRequest {
  readonly service: 'store' | 'action' | 'echo';
  readonly sopInstanceUid: string;
  /** Counts all requests of the peer, from 1. */
  readonly number: number;
  readonly dataSet: Buffer;
}

/** A status to answer with, or what to do instead: say nothing, or abort. */
export type HostileAnswer = number | 'silence' | 'abort';

export interface HostileBehaviour {
  readonly answer?: (request: HostileRequest) => HostileAnswer | Promise<HostileAnswer>;
  /** Whether a context of this abstract syntax is accepted; everything is unless told otherwise. */
  readonly accepts?: (abstractSyntax: string) => boolean;
  /** What to do when the first bytes of a data set have come, before its end. */
  readonly midDataSet?: (number: number) => 'go on' | 'abort' | 'stall';
  /** Take the connection, and never answer the request for an association. */
  readonly deaf?: boolean;
}

/** A PACS made of bytes alone (PS3.8 9.3), which does to its sender what it is told. */
export class HostilePacs {
  readonly port: number;
  /** SOP instances that it took in whole, in order, as often as they came. */
  readonly taken: string[] = [];
  readonly requests: HostileRequest[] = [];
  associations = 0;
  behaviour: HostileBehaviour;
  readonly #close: () => Promise<void>;

  private constructor(port: number, behaviour: HostileBehaviour, close: () => Promise<void>) {
    this.port = port;
    this.behaviour = behaviour;
    this.#close = close;
  }

  static async start(behaviour: HostileBehaviour = {}, port = 0): Promise<HostilePacs> {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      void new HostileSession(pacs, socket).run().catch(() => socket.destroy());
    }).listen(port, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const pacs = new HostilePacs(address.port, behaviour, async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    });
    return pacs;
  }

  close(): Promise<void> {
    return this.#close();
  }
}

const SERVICES: Readonly<Record<number, HostileRequest['service']>> = {
  1: 'store',
  48: 'echo',
  304: 'action',
};
const NO_DATA_SET = 0x0101;
const ABORT = pdu(0x07, Buffer.from([0, 0, 0, 0]));

class HostileSession {
  readonly #pacs: HostilePacs;
  readonly #peer: BytePeer;
  #command: Map<number, Buffer> | undefined;
  #parts: Buffer[] = [];

  constructor(pacs: HostilePacs, socket: Socket) {
    this.#pacs = pacs;
    this.#peer = new BytePeer(socket);
  }

  async run(): Promise<void> {
    for (;;) {
      const { type, body } = await this.#peer.nextPdu('what the sender wants');
      if (type === 0x01) {
        if (this.#pacs.behaviour.deaf === true) return;
        this.#pacs.associations += 1;
        this.#peer.send(this.#accept(body));
      } else if (type === 0x05) {
        this.#peer.send(pdu(0x06, Buffer.alloc(4)));
      } else if (type === 0x04) {
        if (!(await this.#takeData(body))) return;
      } else return;
    }
  }

  #accept(request: Buffer): Buffer {
    const { accepts = () => true } = this.#pacs.behaviour;
    const items: Buffer[] = [];
    for (const { type, value } of itemsOf(request.subarray(68))) {
      if (type === 0x10) items.push(item(0x10, value));
      if (type !== 0x20) continue;
      const [abstract, transfer] = itemsOf(value.subarray(4));
      const taken = accepts(abstract?.value.toString('latin1') ?? '');
      const head = Buffer.from([value.readUInt8(0), 0, taken ? 0 : 3, 0]);
      items.push(item(0x21, Buffer.concat([head, item(0x40, transfer?.value ?? Buffer.alloc(0))])));
    }
    const longest = Buffer.alloc(4);
    longest.writeUInt32BE(16_384);
    const user = Buffer.concat([item(0x51, longest), item(0x52, Buffer.from('1.2.3'))]);
    return pdu(0x02, Buffer.concat([request.subarray(0, 68), ...items, item(0x50, user)]));
  }

  /** @returns false when the session is over */
  async #takeData(body: Buffer): Promise<boolean> {
    for (let offset = 0; offset < body.length; ) {
      const end = offset + 4 + body.readUInt32BE(offset);
      const contextId = body.readUInt8(offset + 4);
      const control = body.readUInt8(offset + 5);
      const bytes = body.subarray(offset + 6, end);
      offset = end;
      if ((control & 1) === 1) {
        this.#command = elementsOf(bytes);
        const alone = this.#command.get(0x0800)?.readUInt16LE(0) === NO_DATA_SET;
        if (alone && !(await this.#answer(contextId))) return false;
      } else {
        this.#parts.push(bytes);
        const { midDataSet = () => 'go on' } = this.#pacs.behaviour;
        const what = midDataSet(this.#pacs.requests.length + 1);
        if (what === 'abort') {
          this.#peer.send(ABORT);
          this.#peer.socket.end();
        }
        if (what !== 'go on') return false;
        if ((control & 2) === 2 && !(await this.#answer(contextId))) return false;
      }
    }
    return true;
  }

  async #answer(contextId: number): Promise<boolean> {
    const command = this.#command ?? new Map<number, Buffer>();
    const field = command.get(0x0100)?.readUInt16LE(0) ?? 0;
    const service = SERVICES[field] ?? 'action';
    const sopInstanceUid = textOf(command.get(0x1000) ?? command.get(0x1001));
    const number = this.#pacs.requests.length + 1;
    const dataSet = Buffer.concat(this.#parts.splice(0));
    const request: HostileRequest = { service, sopInstanceUid, number, dataSet };
    this.#pacs.requests.push(request);
    const { answer = () => 0 } = this.#pacs.behaviour;
    const status = await answer(request);
    if (status === 'abort') {
      this.#peer.send(ABORT);
      this.#peer.socket.end();
    }
    if (typeof status === 'string') return false;
    const kept = status === 0 || status >>> 12 === 0xb;
    if (service === 'store' && kept) this.#pacs.taken.push(sopInstanceUid);
    const classUid = textOf(command.get(0x0002) ?? command.get(0x0003));
    const response = commandSet([
      commandElement(0x0002, classUid),
      commandElement(0x0100, field | 0x8000),
      commandElement(0x0120, command.get(0x0110)?.readUInt16LE(0) ?? 0),
      commandElement(0x0800, 0x0101),
      commandElement(0x0900, status),
      commandElement(0x0902, 'PATIENT^NAMED BY A PEER'),
      commandElement(0x1000, sopInstanceUid),
    ]);
    this.#peer.send(dataPdus(response, { contextId, command: true }));
    return true;
  }
}

function item(type: number, value: Buffer): Buffer {
  const header = Buffer.alloc(4);
  header.writeUInt8(type, 0);
  header.writeUInt16BE(value.length, 2);
  return Buffer.concat([header, value]);
}

function itemsOf(bytes: Buffer): { type: number; value: Buffer }[] {
  const items: { type: number; value: Buffer }[] = [];
  for (let offset = 0; offset + 4 <= bytes.length; ) {
    const end = offset + 4 + bytes.readUInt16BE(offset + 2);
    items.push({ type: bytes.readUInt8(offset), value: bytes.subarray(offset + 4, end) });
    offset = end;
  }
  return items;
}

/** Elements of group 0000, by element number. */
function elementsOf(bytes: Buffer): Map<number, Buffer> {
  const elements = new Map<number, Buffer>();
  for (let offset = 0; offset + 8 <= bytes.length; ) {
    const end = offset + 8 + bytes.readUInt32LE(offset + 4);
    elements.set(bytes.readUInt16LE(offset + 2), bytes.subarray(offset + 8, end));
    offset = end;
  }
  return elements;
}

function textOf(value: Buffer | undefined): string {
  return value?.toString('latin1').replace(/\0+$/, '').trim() ?? '';
}
