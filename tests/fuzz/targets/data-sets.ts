import { deflateRawSync } from 'node:zlib';
import dicomParser from 'dicom-parser';
import { RadTriageError } from '#core/errors.ts';
import { toDicomJson } from '#dicom/attributes/dicom-json.ts';
import { parseHeader } from '#dicom/attributes/parse-elements.ts';
import { readAttributes } from '#dicom/attributes/read-attributes.ts';
import { DataSetChecker } from '#dicom/part10/data-set-checker.ts';
import { type DataSetCase, drawDataSet, EXPLICIT_SYNTAX } from '../data-set-cases.ts';
import { cutIntoChunks, mutate } from '../mutate.ts';
import { ACCEPTED, codeOf } from '../outcome.ts';
import type { FuzzTarget } from '../run-target.ts';
import type { Script } from '../script.ts';

const DEFLATED = '1.2.840.10008.1.2.1.99';
/** Of PS3.5 as of 2019: dicom-parser does not know that their lengths have 32 bits. */
const YOUNGER_VRS = ['OV', 'SV', 'UV'].map((vr) => Buffer.from(`${vr}\0\0`, 'latin1'));
const UNKNOWN_AND_OPEN = Buffer.from('UN\0\0\xff\xff\xff\xff', 'latin1');

function checkChunks(uid: string, chunks: readonly Buffer[]): { code: string; header: Buffer } {
  const checker = new DataSetChecker(uid);
  const code = codeOf(() => {
    for (const chunk of chunks) {
      if (checker.write(chunk) !== undefined) throw new Error('a promise for a plain data set');
    }
    if (checker.end() !== undefined) throw new Error('a promise for a plain data set');
  });
  return { code, header: checker.header() };
}

/**
 * The streaming check of structure, and what reads a header after it: nothing but coded errors, the same in any
 * chunks, and what is accepted can be walked by readers written by others.
 */
export const dataSets: FuzzTarget = {
  name: 'data sets',
  scriptBytes: 220,
  cases: 30_000,
  run(script) {
    const cuts = script.fork(32);
    const drawn = drawDataSet(script);
    const whole = checkChunks(drawn.syntax.uid, [drawn.bytes]);
    const pieces = checkChunks(drawn.syntax.uid, cutIntoChunks(drawn.bytes, cuts));
    if (pieces.code !== whole.code) {
      throw new Error(`${whole.code} whole, ${pieces.code} in chunks: ${describe(drawn)}`);
    }
    if (drawn.kind === 'sound' && whole.code !== ACCEPTED) {
      throw new Error(`a sound data set is refused with ${whole.code}: ${describe(drawn)}`);
    }
    if (whole.code === ACCEPTED) {
      if (!pieces.header.equals(whole.header)) throw new Error(`two headers: ${describe(drawn)}`);
      walkByOthers(drawn);
      codeOf(() => readAttributes(whole.header, drawn.syntax.uid));
    }
    codeOf(() => readAttributes(drawn.bytes, drawn.syntax.uid));
    codeOf(() => toDicomJson(drawn.bytes, drawn.syntax.uid));
    return { kind: drawn.kind, outcome: whole.code };
  },
};

function walkByOthers({ bytes, syntax, kind }: DataSetCase): void {
  try {
    const isTooYoung = !syntax.implicit && YOUNGER_VRS.some((vr) => bytes.includes(vr));
    if (!isTooYoung) dicomParser.parseDicom(bytes, { TransferSyntaxUID: syntax.uid });
    // In Implicit VR, also within UN of undefined length, our own reader knows sequences by the dictionary, and may
    // refuse a text in the place of one.
    if (!syntax.implicit && !bytes.includes(UNKNOWN_AND_OPEN)) parseHeader(bytes, syntax.uid);
  } catch (error) {
    throw new Error(
      `accepted, and no other reader can walk it: ${describe({ bytes, syntax, kind })}`,
      {
        cause: error,
      },
    );
  }
}

function describe({ syntax, bytes }: DataSetCase): string {
  return `${syntax.uid} ${bytes.toString('hex')}`;
}

/** Deflated data sets: broken streams, streams that are cut, bytes after the end, small bombs. */
export const deflatedDataSets: FuzzTarget = {
  name: 'deflated data sets',
  scriptBytes: 200,
  cases: 2_500,
  async run(script) {
    const kind = script.pick([
      'whole stream',
      'broken stream',
      'cut stream',
      'bytes after',
      'bomb',
    ]);
    const changes = script.fork(32);
    const drawn = drawDataSet(script, EXPLICIT_SYNTAX);
    const deflated = deflateRawSync(drawn.bytes, { level: changes.below(10) });
    const bytes = damage(kind, deflated, changes);
    const whole = await inflateAndCheck([bytes]);
    const pieces = await inflateAndCheck(cutIntoChunks(bytes, changes, 1 + bytes.length / 8));
    if (kind === 'whole stream') {
      const plain = checkChunks(drawn.syntax.uid, [drawn.bytes]).code;
      // A data set that is refused half way may be refused for what follows its deflated stream first.
      if (plain !== whole || pieces !== whole) {
        throw new Error(
          `${plain} plain, ${whole} deflated, ${pieces} in chunks: ${describe(drawn)}`,
        );
      }
    }
    if ((whole === ACCEPTED) !== (pieces === ACCEPTED)) {
      throw new Error(`${whole} whole, ${pieces} in chunks: ${bytes.toString('hex')}`);
    }
    codeOf(() => readAttributes(bytes, DEFLATED));
    return { kind, outcome: whole };
  },
};

function damage(kind: string, deflated: Buffer, script: Script): Buffer {
  if (kind === 'broken stream') return mutate(deflated, script);
  if (kind === 'cut stream') return deflated.subarray(0, script.below(deflated.length));
  if (kind === 'bytes after') return Buffer.concat([deflated, script.bytes(1 + script.below(20))]);
  if (kind === 'bomb') return deflateRawSync(Buffer.alloc(64 * 1024 * (1 + script.below(8))));
  return deflated;
}

async function inflateAndCheck(chunks: readonly Buffer[]): Promise<string> {
  const checker = new DataSetChecker(DEFLATED);
  try {
    for (const chunk of chunks) await checker.write(chunk);
    await checker.end();
    return ACCEPTED;
  } catch (error) {
    if (error instanceof RadTriageError) return error.code;
    throw error;
  } finally {
    checker.dispose();
  }
}
