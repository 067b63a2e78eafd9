import {
  associateRequest,
  dataPdus,
  EXPLICIT_LE,
  echoCommand,
  pdu,
  pdv,
  storeCommand,
} from '#tests/support/byte-peer.ts';
import { sampleDataSet } from '#tests/support/data-set-samples.ts';
import { BOUNDARIES, mutate } from './mutate.ts';
import type { Script } from './script.ts';

/** What one peer sends over one connection. */
export interface SessionCase {
  readonly kind: string;
  readonly bytes: Buffer;
}

export const SESSION_UID = '1.2.3.4.5.6.7';
export const SESSION_DATA_SET = sampleDataSet(EXPLICIT_LE, SESSION_UID);
const KINDS = [
  'sound',
  'bytes',
  'order',
  'PDU length',
  'PDV length',
  'data set',
  'garbage',
] as const;
const CONTEXT = 3;
const COMMAND = { contextId: CONTEXT, command: true };

/** Draws a session: association, echoes and stores, release, and what a hostile peer makes of it. */
export function drawSession(script: Script): SessionCase {
  const kind = script.pick(KINDS);
  const changes = script.fork(32);
  if (kind === 'garbage') return { kind, bytes: drawGarbage(script) };
  const pieces = drawPieces(kind, script);
  if (kind === 'order') shuffle(pieces, changes);
  const bytes = Buffer.concat(pieces);
  if (kind === 'bytes') return { kind, bytes: mutate(bytes, changes) };
  if (kind === 'PDU length') return { kind, bytes: lieOfPdu(pieces, changes) };
  return { kind, bytes };
}

function drawPieces(kind: (typeof KINDS)[number], script: Script): Buffer[] {
  const pieces = [associateRequest()];
  for (let messageId = 1; messageId <= 1 + script.below(3); messageId += 1) {
    if (script.chance(30)) {
      pieces.push(dataPdus(echoCommand(messageId), { contextId: 1, command: true }));
      continue;
    }
    const command = storeCommand({ sopInstanceUid: SESSION_UID, messageId });
    const dataSet =
      kind === 'data set' ? mutate(SESSION_DATA_SET, script.fork(24)) : SESSION_DATA_SET;
    const fragmentBytes = script.pick([16_372, 200, 31]);
    pieces.push(dataPdus(command, COMMAND, script.pick([16_372, 40])));
    if (kind === 'PDV length' && script.chance(50)) pieces.push(wrongPdv(script));
    pieces.push(dataPdus(dataSet, { contextId: CONTEXT }, fragmentBytes));
  }
  if (script.chance(70)) pieces.push(pdu(5, Buffer.alloc(4)));
  return pieces;
}

function wrongPdv(script: Script): Buffer {
  const claimedLength = script.pick(BOUNDARIES);
  const contextId = script.pick([CONTEXT, 1, 0, 255]);
  const value = pdv(script.bytes(script.below(20)), { contextId, claimedLength, last: false });
  return pdu(4, script.chance(50) ? Buffer.concat([value, value]) : value);
}

function lieOfPdu(pieces: readonly Buffer[], script: Script): Buffer {
  const lying = script.below(pieces.length);
  return Buffer.concat(
    pieces.map((piece, index) => {
      if (index !== lying) return piece;
      const changed = Buffer.from(piece);
      changed.writeUInt32BE(script.pick(BOUNDARIES), 2);
      return changed;
    }),
  );
}

function shuffle(pieces: Buffer[], script: Script): void {
  const stray = [
    pdu(6, Buffer.alloc(4)),
    pdu(7, Buffer.alloc(4)),
    pdu(3, Buffer.alloc(4)),
    associateRequest(),
  ];
  if (script.chance(50)) pieces.push(script.pick(stray));
  for (let from = pieces.length - 1; from > 0; from -= 1) {
    const to = script.below(from + 1);
    const moved = pieces[from] ?? Buffer.alloc(0);
    pieces[from] = pieces[to] ?? Buffer.alloc(0);
    pieces[to] = moved;
  }
}

function drawGarbage(script: Script): Buffer {
  const starts = [
    'GET / HTTP/1.1\r\nHost: x\r\n\r\n',
    '\x16\x03\x01\x02\x00\x01',
    'SSH-2.0-x\r\n',
    '',
  ];
  return Buffer.concat([
    Buffer.from(script.pick(starts), 'latin1'),
    script.bytes(script.below(120)),
  ]);
}
