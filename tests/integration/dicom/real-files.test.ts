import { spawnSync } from 'node:child_process';
import { type Dirent, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type DicomJson, type JsonElement, toDicomJson } from '#dicom/attributes/dicom-json.ts';
import { decodeFrame } from '#dicom/pixels/decode-frame.ts';
import { extractNativeFrame } from '#dicom/pixels/frame-bytes.ts';
import { DEFAULT_LIMITS } from '#dicom/pixels/image-description.ts';
import { findPixelSyntax } from '#dicom/pixels/transfer-syntaxes.ts';
import { splitPart10 } from '#tests/support/data-set-bytes.ts';
import { DicomTools, sourceOf } from '#tests/support/dicom-tools.ts';
import { missingPeer, peerPath } from '#tests/support/peers.ts';
import { sharedData } from '#tests/support/shared-data.ts';

const ROOT = sharedData('dicom');

function isPart10(path: string): boolean {
  return readFileSync(path).toString('latin1', 128, 132) === 'DICM';
}

function listFiles(): string[] {
  if (ROOT === undefined) return [];
  const entries: Dirent[] = readdirSync(ROOT, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter(isPart10);
}

const FILES = listFiles();
const tools = new DicomTools();
afterAll(() => tools[Symbol.dispose]());

/** Files that no reference tool reads, or that are not meant to be readable; each with why. */
const NOT_COMPARED: Readonly<Record<string, string>> = {
  'US-YBR_FULL_422-EVRLE.dcm': 'native YBR, which RadTriage gives as RGB',
  'SC_ybr_full_uncompressed.dcm': 'native YBR, which RadTriage gives as RGB',
  'color-pl.dcm': 'planes, which RadTriage interleaves',
};
/** JLSL_16_15 and mlut_18 hold signed values without sign extension: only the stored bits are the same. */
const STORED_BITS: Readonly<Record<string, number>> = {
  'JLSL_16_15_1_1F.dcm': 15,
  'mlut_18.dcm': 12,
};

const TOOLS: readonly (readonly [tool: string, flags: readonly string[]])[] = [
  ['dcmdjpeg', []],
  ['dcmdjpls', []],
  ['dcmdrle', []],
  ['gdcmconv', ['-w']],
  ['dcmconv', ['+te']],
];

/** The first frame as others decode it. */
function decodeByOthers(path: string): Uint8Array | undefined {
  for (const [tool, flags] of TOOLS) {
    const output = tools.convert(tool, flags, path);
    if (output === undefined || !isPart10(output)) continue;
    const source = sourceOf(output);
    if (findPixelSyntax(source.transferSyntaxUid)?.coding !== 'native') continue;
    return extractNativeFrame(source, 0);
  }
  return undefined;
}

const decoders = missingPeer('dcmdjpeg', 'dcmdjpls', 'dcmdrle', 'gdcmconv', 'dcmconv');

describe.skipIf(decoders || FILES.length === 0)('real images', () => {
  it('decode as dcmtk and gdcm decode them', async () => {
    const compared: string[] = [];
    const uncomparable: string[] = [];
    for (const path of FILES) {
      const name = basename(path);
      const frame = await decodeFrame(sourceOf(path), 0, DEFAULT_LIMITS).catch(() => undefined);
      // Pixels of one bit stay packed there; tests/integration/parity compares them one by one.
      if (frame === undefined || frame.bitsStored === 1 || name in NOT_COMPARED) continue;
      const reference = decodeByOthers(path);
      if (reference === undefined) {
        uncomparable.push(name);
        continue;
      }
      const { buffer, byteOffset, byteLength } = frame.values;
      const ours = new Uint8Array(buffer, byteOffset, byteLength);
      expect(sameBits(ours, reference, STORED_BITS[name]), name).toBe(true);
      compared.push(name);
    }
    expect(compared.length).toBeGreaterThan(95);
    // No other tool here reads HTJ2K, or a JPEG 2000 frame whose end is missing.
    expect(uncomparable.sort()).toEqual([
      'HTJ2KLossless_08_RGB.dcm',
      'HTJ2K_08_RGB.dcm',
      'emri_small_jpeg_2k_lossless_too_short.dcm',
    ]);
  });

  it('HTJ2K: the lossless and the lossy coding of one picture agree but for its loss', async () => {
    const decode = async (name: string) => {
      const path = sharedData('dicom', 'pydicom-data', name) ?? '';
      return (await decodeFrame(sourceOf(path), 0, DEFAULT_LIMITS)).values;
    };
    const lossless = await decode('HTJ2KLossless_08_RGB.dcm');
    const lossy = await decode('HTJ2K_08_RGB.dcm');
    let difference = 0;
    lossless.forEach((value, index) => {
      difference += Math.abs(Number(value) - Number(lossy[index] ?? 0));
    });
    expect(lossy).toHaveLength(lossless.length);
    expect(difference / lossless.length).toBeLessThan(4);
    expect(new Set(lossless).size).toBeGreaterThan(100);
  });
});

function sameBits(ours: Uint8Array, theirs: Uint8Array, storedBits: number | undefined): boolean {
  if (ours.length !== theirs.length) return false;
  if (storedBits === undefined) return Buffer.from(ours).equals(theirs);
  const mask = 2 ** storedBits - 1;
  const words = (bytes: Uint8Array) => new Uint16Array(Uint8Array.from(bytes).buffer);
  const expected = words(theirs);
  return words(ours).every((value, index) => (value & mask) === ((expected[index] ?? 0) & mask));
}

/** Where dcm2json and the standard's text part: it cuts empty components off names, and knows private dictionaries. */
function comparable(json: DicomJson): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  for (const [tag, element] of Object.entries(json)) {
    const isPrivate = (Number.parseInt(tag.slice(0, 4), 16) & 1) === 1;
    const isOwnForm = ['UN', 'PN'].includes(element.vr) || tag === '00080005';
    if (isPrivate || isOwnForm || tag.startsWith('0002') || tag.endsWith('0000')) continue;
    kept[tag] = { vr: element.vr, Value: comparableValues(element) };
  }
  return kept;
}

function comparableValues({ vr, Value }: JsonElement): unknown[] {
  if (Value === undefined) return [];
  // dcm2json writes some doubles one unit in the last place off.
  if (vr === 'FD') return Value.map((value) => Number(value).toPrecision(14));
  if (vr !== 'SQ') return Value;
  return Value.map((item) => (isItem(item) ? comparable(item) : item));
}

function isItem(value: unknown): value is DicomJson {
  return typeof value === 'object' && value !== null;
}

const json = missingPeer('dcm2json');

describe.skipIf(json || FILES.length === 0)('the DICOM JSON model of real files', () => {
  it('is what dcm2json gives', () => {
    let compared = 0;
    for (const path of FILES) {
      const { dataSet, transferSyntaxUid } = splitPart10(readFileSync(path));
      const result = spawnSync(peerPath('dcm2json'), ['-q', '-ee', path], {
        encoding: 'utf8',
        maxBuffer: 1 << 28,
      });
      if (result.status !== 0) continue;
      const theirs: DicomJson = JSON.parse(result.stdout);
      const ours = toDicomJson(dataSet, transferSyntaxUid);
      expect(comparable(ours), basename(path)).toEqual(comparable(theirs));
      compared += 1;
    }
    expect(compared).toBeGreaterThan(60);
  });
});
