import {
  decodeAssociateAnswer,
  decodeAssociateRequest,
  encodeAssociateAnswer,
} from '#dicom/dimse/associate-codec.ts';
import { CommandAssembler } from '#dicom/dimse/command-assembler.ts';
import { decodeCommandSet, encodeCommandSet } from '#dicom/dimse/command-set.ts';
import { negotiateContexts } from '#dicom/dimse/negotiate-contexts.ts';
import { PduReader } from '#dicom/dimse/pdu-reader.ts';
import { SopClassTable } from '#dicom/dimse/sop-class-table.ts';
import { associateRequestBody, echoCommand, storeCommand } from '#tests/support/byte-peer.ts';
import { cutIntoChunks, mutate } from '../mutate.ts';
import { ACCEPTED, codeOf } from '../outcome.ts';
import type { FuzzTarget } from '../run-target.ts';
import type { Script } from '../script.ts';
import { drawSession } from '../session-cases.ts';

const LIMITS = { maxPduBytes: 128 * 1024, maxAssociateBytes: 64 * 1024 };
const CLASSES = new SopClassTable();

/** The reader of PDUs: never throws, and finds the same in any chunks. */
export const pdus: FuzzTarget = {
  name: 'PDUs',
  scriptBytes: 160,
  cases: 14_000,
  async run(script) {
    const cuts = script.fork(32);
    const { kind, bytes } = drawSession(script);
    const whole = await readPdus([bytes]);
    const pieces = await readPdus(cutIntoChunks(bytes, cuts));
    if (whole.found !== pieces.found) {
      throw new Error(`other PDUs in chunks: ${bytes.toString('hex')}`);
    }
    return { kind, outcome: whole.fault ?? ACCEPTED };
  },
};

async function readPdus(
  chunks: readonly Buffer[],
): Promise<{ found: string; fault: string | undefined }> {
  let found = '';
  let fault: string | undefined;
  const reader = new PduReader(
    {
      takePdu: (type, body) => {
        found += `|${type} ${body.toString('latin1')}`;
      },
      takeDataStart: () => {
        found += '|data';
      },
      takeFragment: ({ contextId, control, bytes, end }) => {
        if (fault !== undefined) throw new Error('a fragment after a fault');
        found += `${bytes.toString('latin1')}${end ? `|end of ${contextId} ${control}` : ''}`;
        return undefined;
      },
      takeFault: (_, what) => {
        fault = what.replace(/\d+/g, 'n');
        found += `|fault ${what}`;
      },
    },
    LIMITS,
  );
  for (const chunk of chunks) {
    const pending = reader.push(chunk);
    if (pending !== undefined) await pending;
  }
  return { found, fault };
}

/** A-ASSOCIATE-RQ and -AC, the negotiation that follows, and the answer that is written. */
export const associateRequests: FuzzTarget = {
  name: 'A-ASSOCIATE',
  scriptBytes: 120,
  cases: 15_000,
  run(script) {
    const kind = script.pick(['changed', 'many contexts', 'random']);
    const changes = script.fork(40);
    const body = drawAssociate(kind, script);
    const bytes = kind === 'random' ? body : mutate(body, changes);
    codeOf(() => decodeAssociateAnswer(bytes));
    const outcome = codeOf(() => {
      const request = decodeAssociateRequest(bytes);
      const { answers, accepted } = negotiateContexts(request, CLASSES);
      if (accepted.length > answers.length) throw new Error('more accepted than proposed');
      const { titleBytes, user } = request;
      const answer = encodeAssociateAnswer({ titleBytes, contexts: answers, user });
      const read = decodeAssociateAnswer(answer.subarray(6));
      if (read.contexts.length !== answers.length) throw new Error('an answer of our own is lost');
    });
    return { kind, outcome };
  },
};

function drawAssociate(kind: string, script: Script): Buffer {
  if (kind === 'random') return script.bytes(script.below(200));
  if (kind === 'changed') return associateRequestBody();
  const contexts: Record<number, string[]> = {};
  for (let left = 120 + script.below(20); left > 0; left -= 1) {
    contexts[(2 * left + 1) % 256] = [
      '1.2.840.10008.5.1.4.1.1.2',
      script.pick(['1.2', '', '1.2.840.10008.1.2']),
    ];
  }
  return associateRequestBody({ contexts });
}

/** Command sets, put together of fragments cut anywhere. */
export const commandSets: FuzzTarget = {
  name: 'command sets',
  scriptBytes: 100,
  cases: 15_000,
  run(script) {
    const kind = script.pick(['changed', 'random', 'long']);
    const cuts = script.fork(24);
    const changes = script.fork(40);
    const plain = script.pick([echoCommand(), storeCommand({ sopInstanceUid: '1.2.3' })]);
    const bytes = drawCommand(kind, plain, changes);
    const whole = codeOf(() => {
      const command = decodeCommandSet(bytes);
      codeOf(() => decodeCommandSet(encodeCommandSet(command)));
    });
    const assembled = codeOf(() => {
      const assembler = new CommandAssembler(16 * 1024);
      const chunks = cutIntoChunks(bytes, cuts);
      for (const [index, chunk] of [...chunks, Buffer.alloc(0)].entries()) {
        const end = index === chunks.length;
        const command = assembler.take({
          contextId: 1,
          control: end ? 3 : 1,
          bytes: chunk,
          end: true,
        });
        if ((command !== undefined) !== end) throw new Error('a command before its end');
      }
    });
    if (assembled !== whole && kind !== 'long') throw new Error(`${whole}, in pieces ${assembled}`);
    return { kind, outcome: whole };
  },
};

function drawCommand(kind: string, plain: Buffer, script: Script): Buffer {
  if (kind === 'random') return script.bytes(script.below(100));
  if (kind === 'long') return Buffer.concat([plain, Buffer.alloc(script.below(40_000), plain)]);
  return mutate(plain, script);
}
