import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readAttributes } from '#dicom/attributes/read-attributes.ts';
import { buildReport } from '#dicom/objects/report/build-report.ts';
import { CHARSETS, type Charset } from '#test-data/charset-encoder.ts';
import { generateStudy } from '#test-data/study.ts';
import { writeSources } from '#tests/support/built-results.ts';
import { splitPart10 } from '#tests/support/data-set-bytes.ts';
import { faultsOf, verifyDocument } from '#tests/support/dicom-validators.ts';
import { missingPeer } from '#tests/support/peers.ts';
import { missingPython, PYTHON } from '#tests/support/python.ts';
import { readReport, readText } from '#tests/support/report-tree.ts';
import { sampleIdentity, sampleResult } from '#tests/support/sample-result.ts';

/** A patient's name in each set, a reader's name that the set can write, and one that it cannot. */
const NAMES: Readonly<Record<Charset, { patient: string; reader: string; foreign?: string }>> = {
  'ISO_IR 6': { patient: 'Yamada^Tarou', reader: 'Reader^Rita', foreign: 'Müller^Jörg' },
  'ISO_IR 100': { patient: 'Müller^Jörg', reader: 'Gómez^Íñigo', foreign: '山田^太郎' },
  'ISO_IR 144': { patient: 'Люкceмбypг^Петр', reader: 'Иванов^Иван', foreign: 'Müller^Jörg' },
  'ISO_IR 166': { patient: 'ประเทศ^ไทย', reader: 'สมชาย^ดี', foreign: 'Иванов^Иван' },
  'ISO_IR 192': { patient: 'Ωmega^山田', reader: 'Müller^Иван' },
  GB18030: { patient: 'Wang^XiaoDong=王^小东', reader: 'Müller^Иван' },
  'ISO 2022 IR 13\\ISO 2022 IR 87': {
    patient: 'ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう',
    reader: '鈴木^花子',
    foreign: 'Müller^Jörg',
  },
  '\\ISO 2022 IR 87': {
    patient: 'Yamada^Tarou=山田^太郎=やまだ^たろう',
    reader: '鈴木^花子',
    foreign: 'Müller^Jörg',
  },
  '\\ISO 2022 IR 149': {
    patient: 'Hong^Gildong=洪^吉洞=홍^길동',
    reader: '김^철수',
    foreign: 'Müller^Jörg',
  },
  '\\ISO 2022 IR 58': { patient: 'Zhang^XiaoDong=张^小东', reader: '王^小东', foreign: '홍^길동' },
};

const folder = mkdtempSync(join(tmpdir(), 'results-charsets-'));
afterAll(() => rmSync(folder, { recursive: true }));

const saidSchema = z.object({ name: z.string(), texts: z.array(z.string()), verifier: z.string() });

function readWithPydicom(path: string): z.output<typeof saidSchema> {
  const script = join(import.meta.dirname, 'read_object.py');
  const output = execFileSync(PYTHON, [script, path], { encoding: 'utf8' });
  // pydicom 2.3 leaves the escape sequence of ISO 2022 IR 58 in what it decodes.
  return saidSchema.parse(JSON.parse(output.replaceAll('\\u001b$)A', '')));
}

/** The report of a study in a character set, signed by a reader. */
function reportOf(charset: Charset, reader: string) {
  const index = CHARSETS.indexOf(charset);
  const patient = {
    name: NAMES[charset].patient,
    id: `CS${index}`,
    birthDate: '19700101',
    sex: 'F',
  } as const;
  const study = generateStudy({
    kind: 'CT',
    seed: `charset ${index}`,
    lesion: null,
    slices: 1,
    matrix: 32,
    charset,
    patient,
  });
  const sources = writeSources(
    folder,
    `charset-${index}`,
    study.files.map(({ bytes }) => bytes),
  );
  const signedAt = new Date('2026-01-12T11:00:00Z');
  const review = { readerName: reader, signedAt, comment: `Read by ${reader}`, isVerified: true };
  const { bytes } = buildReport({
    result: sampleResult(sources.images, { review }),
    images: sources.images,
    identity: sampleIdentity(`charset ${index} ${reader}`),
  });
  const path = join(folder, `charset-${index}.dcm`);
  writeFileSync(path, bytes);
  return { path, bytes, sources };
}

const isMissing =
  missingPeer('dciodvfy', 'dcentvfy', 'dsrdump') || missingPython('pydicom', 'numpy');

describe.skipIf(isMissing)('the character set of a result', () => {
  it.each(CHARSETS)(
    'stays %s, byte for byte, where our own text can be written in it',
    (charset) => {
      const { patient, reader } = NAMES[charset];
      const { path, bytes, sources } = reportOf(charset, reader);
      const ours = readReport(bytes).dataSet;
      const [source] = sources.images;
      for (const tag of [0x00080005, 0x00100010]) {
        expect(readText(ours, tag)).toBe(source === undefined ? '' : readText(source.header, tag));
      }
      expect(faultsOf(path, sources.paths, 'sr')).toEqual([]);
      const said = readWithPydicom(path);
      expect(said.name).toBe(patient);
      expect(said.verifier).toBe(reader);
      expect(said.texts).toContain(`Read by ${reader}`);
      expect(verifyDocument(path).errors).toEqual([]);
    },
  );

  const foreign = CHARSETS.filter((charset) => NAMES[charset].foreign !== undefined);
  it.each(foreign)('becomes UTF-8 instead of %s, all of it, for a name beyond it', (charset) => {
    const reader = NAMES[charset].foreign ?? '';
    const { path, bytes, sources } = reportOf(charset, reader);
    const { dataSet, transferSyntaxUid } = splitPart10(bytes);
    const attributes = readAttributes(dataSet, transferSyntaxUid);
    expect(attributes.specificCharacterSet).toEqual(['ISO_IR 192']);
    expect(attributes.patientName).toBe(NAMES[charset].patient);
    expect(faultsOf(path, sources.paths, 'sr').filter(isNoCharset)).toEqual([]);
    const said = readWithPydicom(path);
    expect(said.name).toBe(NAMES[charset].patient);
    expect(said.verifier).toBe(reader);
    // dsrdump shows what it reads, here as UTF-8.
    const shown = verifyDocument(path).text;
    for (const part of reader.split('^')) expect(shown).toContain(part);
  });
});

/** dcentvfy compares bytes: a name in another character set is another name to it. */
function isNoCharset(fault: string): boolean {
  return !/Element=<(PatientName|SpecificCharacterSet)>/.test(fault);
}
