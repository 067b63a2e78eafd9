import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RadTriageError } from '#core/errors.ts';
import { createTextDecoder } from '#dicom/charsets/text-decoder.ts';
import { checkPart10File } from '#dicom/part10/check-part10-file.ts';
import { encodePart10Header } from '#dicom/part10/encode-header.ts';
import { Part10Splitter } from '#dicom/part10/part10-splitter.ts';
import { parseFileMeta } from '#dicom/part10/read-part10.ts';
import { writePart10 } from '#tests/support/data-set-bytes.ts';
import { drawDataSet } from '../data-set-cases.ts';
import { cutIntoChunks, mutate } from '../mutate.ts';
import { ACCEPTED, codeOf } from '../outcome.ts';
import type { FuzzTarget } from '../run-target.ts';
import type { Script } from '../script.ts';

const TERMS = [
  ...['', 'ISO_IR 6', 'ISO_IR 100', 'ISO_IR 13', 'ISO_IR 192', 'GB18030', 'GBK', 'nonsense'],
  ...['ISO 2022 IR 6', 'ISO 2022 IR 13', 'ISO 2022 IR 58', 'ISO 2022 IR 87', 'ISO 2022 IR 149'],
  ...['ISO 2022 IR 159', 'ISO 2022 IR 166', 'ISO 2022 IR 203', 'ISO 2022 IR 126'],
];
const PIECES = [
  '\x1b$B',
  '\x1b(B',
  '\x1b)I',
  '\x1b$)C',
  '\x1b$(D',
  '\x1b-F',
  '\x1b',
  '\\',
  '^',
  '=',
  '\r\n',
];

/** The decoder of text never throws, and makes no text much longer than its bytes. */
export const texts: FuzzTarget = {
  name: 'texts',
  scriptBytes: 120,
  cases: 12_000,
  run(script) {
    const terms = Array.from({ length: script.below(4) }, () => script.pick(TERMS));
    const vr = script.pick(['PN', 'LO', 'LT', 'UT', 'SH', 'CS', 'UI']);
    const parts: Buffer[] = [];
    for (let left = script.below(12); left > 0; left -= 1) {
      parts.push(Buffer.from(script.pick(PIECES), 'latin1'), script.bytes(script.below(8)));
    }
    const bytes = Buffer.concat(parts);
    const decoder = createTextDecoder(terms);
    const values = decoder.decodeValues(bytes, vr);
    const length = values.reduce((sum, value) => sum + value.length, 0);
    if (length > 2 * bytes.length)
      throw new Error(`${bytes.length} bytes became ${length} characters`);
    return { kind: vr, outcome: decoder.problems.length > 0 ? 'with problems' : ACCEPTED };
  },
};

/** File meta: coded errors only, whether the file is read whole or in two steps; its values are UIDs or refused. */
export const fileMetas: FuzzTarget = {
  name: 'file meta',
  scriptBytes: 120,
  cases: 8_000,
  run(script) {
    const kind = script.pick(['changed', 'changed preamble', 'random']);
    const changes = script.fork(40);
    const cuts = script.fork(16);
    const file = Buffer.from(writePart10(Buffer.alloc(0), '1.2.840.10008.1.2.1'));
    const bytes = drawMeta(kind, { file, changes, script });
    const outcome = codeOf(() => {
      const parsed = parseFileMeta(bytes, true);
      if (parsed === undefined) throw new Error('a whole file wants more bytes');
      const header = encodePart10Header(parsed.meta);
      if (!header.subarray(0, 128).equals(Buffer.alloc(128))) throw new Error('a preamble is kept');
      parseFileMeta(header, true);
    });
    for (let end = 0; end < bytes.length; end += 37) {
      codeOf(() => parseFileMeta(bytes.subarray(0, end), false));
    }
    const splitOutcome = codeOf(() => splitFile(cutIntoChunks(bytes, cuts)));
    if ((splitOutcome === ACCEPTED) !== (outcome === ACCEPTED)) {
      throw new Error(`${outcome} whole, ${splitOutcome} split: ${bytes.toString('hex')}`);
    }
    return { kind, outcome };
  },
};

function splitFile(chunks: readonly Buffer[]): void {
  const splitter = new Part10Splitter();
  for (const chunk of chunks) if (splitter.write(chunk) !== undefined) return;
  splitter.end();
}

function drawMeta(
  kind: string,
  { file, changes, script }: { file: Buffer; changes: Script; script: Script },
): Buffer {
  if (kind === 'random') return script.bytes(script.below(300));
  if (kind === 'changed preamble') return Buffer.concat([script.bytes(128), file.subarray(128)]);
  return Buffer.concat([file.subarray(0, 132), mutate(file.subarray(132), changes)]);
}

const directory = mkdtempSync(join(tmpdir(), 'radtriage-fuzz-'));
process.once('exit', () => rmSync(directory, { recursive: true, force: true }));

/** Whole files on disk, as import reads them. */
export const files: FuzzTarget = {
  name: 'files',
  scriptBytes: 220,
  cases: 1_500,
  async run(script) {
    const kind = script.pick(['sound file', 'changed file', 'cut file']);
    const changes = script.fork(40);
    const { bytes, syntax } = drawDataSet(script);
    const file = Buffer.from(writePart10(bytes, syntax.uid));
    const path = join(directory, 'case.dcm');
    if (kind === 'changed file') writeFileSync(path, mutate(file, changes));
    else
      writeFileSync(
        path,
        kind === 'cut file' ? file.subarray(0, changes.below(file.length)) : file,
      );
    try {
      await checkPart10File(path);
      return { kind, outcome: ACCEPTED };
    } catch (error) {
      if (error instanceof RadTriageError) return { kind, outcome: error.code };
      throw error;
    }
  },
};
