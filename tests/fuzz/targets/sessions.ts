import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import dicomParser from 'dicom-parser';
import { ScpAssociation } from '#dicom/dimse/scp-association.ts';
import { DEFAULT_SCP_LIMITS, type ScpEvent } from '#dicom/dimse/scp-types.ts';
import { ServiceBudget } from '#dicom/dimse/service-operation.ts';
import { SopClassTable } from '#dicom/dimse/sop-class-table.ts';
import { EXPLICIT_LE } from '#tests/support/byte-peer.ts';
import { MemoryReceiver } from '#tests/support/memory-receiver.ts';
import { cutIntoChunks } from '../mutate.ts';
import type { FuzzTarget } from '../run-target.ts';
import { drawSession, SESSION_DATA_SET } from '../session-cases.ts';

/** Turns of the event loop within which an association whose peer has hung up must have come to rest. */
const MOST_TURNS = 400;
const QUIET_TURNS = 5;
const CLASSES = new SopClassTable();

/** A socket whose peer is the test: what is pushed comes in, what is written is kept. */
class TestSocket extends Duplex {
  readonly sent: Buffer[] = [];
  gone = false;

  constructor() {
    super({ allowHalfOpen: false });
    this.once('close', () => {
      this.gone = true;
    });
  }

  override _read(): void {}

  override _write(chunk: Buffer, _: BufferEncoding, done: () => void): void {
    this.sent.push(Buffer.from(chunk));
    done();
  }

  setNoDelay(): this {
    return this;
  }
}

/**
 * Whole sessions against one acceptor: it never throws, comes to rest when the peer hangs up, gives every sink back,
 * writes nothing but PDUs, and answers as many stores with Success as it has kept, each of them whole.
 */
export const sessions: FuzzTarget = {
  name: 'sessions',
  scriptBytes: 200,
  cases: 10_000,
  async run(script) {
    const cuts = script.fork(32);
    const { kind, bytes } = drawSession(script);
    const socket = new TestSocket();
    const receiver = new MemoryReceiver();
    const events: ScpEvent[] = [];
    new ScpAssociation(
      // The stub has all that the transport uses.
      socket as unknown as Socket,
      { associationId: 1, peerAddress: '127.0.0.1', certificate: undefined, tls: false },
      {
        policy: { judgeAssociation: () => ({ accepted: true }) },
        handlers: { openStore: (request) => receiver.open({ ...request, via: 'dimse' }) },
        classes: CLASSES,
        budget: new ServiceBudget(DEFAULT_SCP_LIMITS.maxServiceBytesInAll),
        limits: DEFAULT_SCP_LIMITS,
        emit: (event) => events.push(event),
        admit: () => true,
      },
    );
    for (const chunk of cutIntoChunks(bytes, cuts, 1 + bytes.length / 40)) socket.push(chunk);
    await untilQuiet(socket, receiver);
    socket.push(null);
    let turns = 0;
    while ((!socket.gone || receiver.opened > 0) && turns < MOST_TURNS) {
      await nextTurn();
      turns += 1;
    }
    const where = `: ${bytes.toString('hex')}`;
    if (!socket.gone) throw new Error(`the connection hangs${where}`);
    if (receiver.opened > 0) throw new Error(`${receiver.opened} sinks stay open${where}`);
    const statuses = readStatuses(Buffer.concat(socket.sent), where);
    const answered = events.filter(({ type }) => type === 'store-answered').length;
    if (statuses.length > answered) throw new Error(`an answer that nobody was told of${where}`);
    const successes = statuses.filter((status) => status === 0).length;
    if (successes > receiver.kept.length) throw new Error(`Success for nothing${where}`);
    for (const { dataSet } of receiver.kept) {
      if (kind === 'data set') dicomParser.parseDicom(dataSet, { TransferSyntaxUID: EXPLICIT_LE });
      else if (kind === 'sound' && !dataSet.equals(SESSION_DATA_SET))
        throw new Error(`altered${where}`);
    }
    if (kind === 'sound' && (receiver.aborted.length > 0 || successes < answered))
      throw new Error(`a sound session failed${where}`);
    const ended = events.find((event) => event.type === 'association-ended');
    const how = ended?.type === 'association-ended' ? ended.end.how : 'never began';
    return { kind, outcome: `${how}, ${successes > 0 ? 'stored' : 'nothing stored'}` };
  },
};

/** The peer has said all it has to say: waits until nothing more comes of it. */
async function untilQuiet(socket: TestSocket, receiver: MemoryReceiver): Promise<void> {
  let last = '';
  for (
    let quiet = 0, turns = 0;
    quiet < QUIET_TURNS && turns < MOST_TURNS && !socket.gone;
    turns += 1
  ) {
    await nextTurn();
    const now = `${socket.sent.length} ${socket.readableLength} ${receiver.opened} ${receiver.kept.length}`;
    quiet = now === last ? quiet + 1 : 0;
    last = now;
  }
}

/** The statuses of the C-STORE responses in what was sent; every byte of it must belong to a PDU. */
function readStatuses(sent: Buffer, where: string): number[] {
  const statuses: number[] = [];
  for (let offset = 0; offset < sent.length; ) {
    const type = sent.readUInt8(offset);
    const end = offset + 6 + sent.readUInt32BE(offset + 2);
    if (type < 2 || type > 7 || end > sent.length) throw new Error(`sent what is no PDU${where}`);
    if (type === 4) {
      const status = readStatus(sent.subarray(offset + 12, end));
      if (status !== undefined) statuses.push(status);
    }
    offset = end;
  }
  return statuses;
}

function readStatus(command: Buffer): number | undefined {
  const values = new Map<number, Buffer>();
  for (let offset = 0; offset + 8 <= command.length; ) {
    const end = offset + 8 + command.readUInt32LE(offset + 4);
    values.set(command.readUInt16LE(offset + 2), command.subarray(offset + 8, end));
    offset = end;
  }
  return values.get(0x0100)?.readUInt16LE(0) === 0x8001
    ? values.get(0x0900)?.readUInt16LE(0)
    : undefined;
}
