import { afterAll, describe, expect, it } from 'vitest';
import { decodeFrame } from '#dicom/pixels/decode-frame.ts';
import { frameToBytes } from '#dicom/pixels/decoded-frame.ts';
import { extractEncapsulatedFrame, extractNativeFrame } from '#dicom/pixels/frame-bytes.ts';
import { DEFAULT_LIMITS } from '#dicom/pixels/image-description.ts';
import { DicomTools, sourceOf } from '#tests/support/dicom-tools.ts';
import { missingPeer } from '#tests/support/peers.ts';
import { encapsulatedImage, nativeImage, type TestImage } from '#tests/support/test-image.ts';

const EXPLICIT_UID = '1.2.840.10008.1.2.1';
const ROWS = 67;
const COLUMNS = 53;

/** Smooth with some noise, over the whole range of the stored bits; seeded. */
function samples(bitsStored: number, signed: boolean, count: number): number[] {
  let seed = 99;
  const range = 2 ** bitsStored;
  return Array.from({ length: count }, (_, index) => {
    seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff;
    const wave = Math.sin(index / 40) * 0.45 + 0.5;
    const noise = ((seed >>> 16) / 0x8000 - 0.5) * 0.05;
    const value = Math.floor(Math.min(Math.max(wave + noise, 0), 0.9999) * range);
    return signed ? value - range / 2 : value;
  });
}

interface Form {
  readonly image: TestImage;
  readonly frames: number;
  /** Little endian pixel data of all frames. */
  readonly pixels: Buffer;
}

function form(image: TestImage, frames: number): Form {
  const { bitsAllocated = 16, bitsStored = bitsAllocated, samplesPerPixel = 1 } = image;
  const count = ROWS * COLUMNS * samplesPerPixel * frames;
  const values = samples(bitsStored, image.pixelRepresentation === 1, count);
  const array = bitsAllocated === 8 ? Uint8Array.from(values) : Uint16Array.from(values);
  const full = { ...image, rows: ROWS, columns: COLUMNS, numberOfFrames: frames };
  return { image: full, frames, pixels: Buffer.from(array.buffer) };
}

const FORMS = {
  grey8: form({ bitsAllocated: 8 }, 3),
  grey8in16: form({ bitsStored: 8 }, 2),
  grey12: form({ bitsStored: 12 }, 3),
  signed12: form({ bitsStored: 12, pixelRepresentation: 1 }, 1),
  grey16: form({}, 3),
  // gdcm writes no signed multi-frame secondary captures.
  signed16: form({ pixelRepresentation: 1 }, 1),
  color: form({ bitsAllocated: 8, samplesPerPixel: 3, photometricInterpretation: 'RGB' }, 3),
};
type FormName = keyof typeof FORMS;

const ALL: FormName[] = ['grey8in16', 'signed12', 'grey8', 'grey12', 'grey16', 'signed16', 'color'];
const UNSIGNED: FormName[] = ['grey8', 'grey12', 'grey16'];
// gdcm writes no JPEG 2000 of 8 bits in 16.
const J2K: FormName[] = ['grey8', 'grey12', 'signed12', 'grey16', 'signed16'];
const GREY: FormName[] = ['grey8in16', 'signed12', 'grey8', 'grey12', 'grey16', 'signed16'];

/** How a form is encoded and decoded by others. */
interface Coding {
  readonly name: string;
  readonly encode: readonly [tool: string, flags: readonly string[]];
  readonly decode: readonly [tool: string, flags: readonly string[]];
  readonly lossless: boolean;
  readonly forms: readonly FormName[];
}

const GDCM = ['gdcmconv', ['-w']] as const;
const DJPEG = ['dcmdjpeg', []] as const;
const DJPLS = ['dcmdjpls', []] as const;

const CODINGS: Coding[] = [
  {
    name: 'implicit',
    encode: ['dcmconv', ['+ti']],
    decode: ['dcmconv', ['+te']],
    lossless: true,
    forms: ALL,
  },
  {
    name: 'big endian',
    encode: ['dcmconv', ['+tb']],
    decode: ['dcmconv', ['+te']],
    lossless: true,
    forms: ALL,
  },
  {
    name: 'deflated',
    encode: ['dcmconv', ['+td']],
    decode: ['dcmconv', ['+te']],
    lossless: true,
    forms: ALL,
  },
  { name: 'RLE', encode: ['dcmcrle', []], decode: ['dcmdrle', []], lossless: true, forms: ALL },
  {
    name: 'JPEG lossless .70',
    encode: ['dcmcjpeg', ['+e1']],
    decode: DJPEG,
    lossless: true,
    forms: ALL,
  },
  ...[1, 4, 6, 7].map(
    (selection): Coding => ({
      name: `JPEG lossless .57, selection value ${selection}`,
      encode: ['dcmcjpeg', ['+el', '+sv', String(selection)]],
      decode: DJPEG,
      lossless: true,
      forms: GREY,
    }),
  ),
  {
    name: 'JPEG baseline .50',
    encode: ['dcmcjpeg', ['+eb']],
    decode: DJPEG,
    lossless: false,
    forms: ['grey8', 'color'],
  },
  {
    name: 'JPEG baseline .50 without chroma halving',
    encode: ['dcmcjpeg', ['+eb', '+s4']],
    decode: DJPEG,
    lossless: false,
    forms: ['color'],
  },
  {
    name: 'JPEG baseline .50 in RGB',
    encode: ['dcmcjpeg', ['+eb', '+cr']],
    decode: DJPEG,
    lossless: false,
    forms: ['color'],
  },
  {
    name: 'JPEG extended .51',
    encode: ['dcmcjpeg', ['+ee']],
    decode: DJPEG,
    lossless: false,
    forms: ['grey12', 'grey8'],
  },
  {
    name: 'JPEG spectral selection .53',
    encode: ['dcmcjpeg', ['+es']],
    decode: DJPEG,
    lossless: false,
    forms: ['grey12'],
  },
  {
    name: 'JPEG progressive .55',
    encode: ['dcmcjpeg', ['+ep']],
    decode: DJPEG,
    lossless: false,
    forms: ['grey12'],
  },
  { name: 'JPEG-LS .80', encode: ['dcmcjpls', ['+el']], decode: DJPLS, lossless: true, forms: ALL },
  {
    name: 'JPEG-LS .80 of the stored bits only',
    encode: ['dcmcjpls', ['+el', '+pc']],
    decode: DJPLS,
    lossless: true,
    forms: ['grey12'],
  },
  {
    name: 'JPEG-LS .80 by sample',
    encode: ['dcmcjpls', ['+el', '+is']],
    decode: DJPLS,
    lossless: true,
    forms: ['color'],
  },
  {
    name: 'JPEG-LS .80 by plane',
    encode: ['dcmcjpls', ['+el', '+in']],
    decode: DJPLS,
    lossless: true,
    forms: ['color'],
  },
  {
    name: 'JPEG-LS .80 in fragments, no table',
    encode: ['dcmcjpls', ['+el', '+fs', '1', '-ot']],
    decode: DJPLS,
    lossless: true,
    forms: ['grey12'],
  },
  {
    name: 'JPEG lossless .70 in fragments, table',
    encode: ['dcmcjpeg', ['+e1', '+fs', '1', '+ot']],
    decode: DJPEG,
    lossless: true,
    forms: ['grey12'],
  },
  {
    name: 'JPEG-LS near .81',
    encode: ['dcmcjpls', ['+en']],
    decode: DJPLS,
    lossless: false,
    forms: UNSIGNED,
  },
  {
    name: 'JPEG 2000 .90',
    encode: ['gdcmconv', ['-K']],
    decode: GDCM,
    lossless: true,
    forms: [...J2K, 'color'],
  },
  {
    name: 'JPEG 2000 .91',
    encode: ['gdcmconv', ['-K', '-Y', '-q', '40']],
    decode: GDCM,
    lossless: false,
    forms: J2K,
  },
];

/** Lossy values may overshoot the stored bits; the references leave them so, and RadTriage holds them to their range. */
function clamp12(bytes: Uint8Array, formName: FormName): Buffer {
  const { buffer } = Uint8Array.from(bytes);
  if (formName === 'grey12') {
    return Buffer.from(new Uint16Array(buffer).map((value) => Math.min(value, 4095)).buffer);
  }
  if (formName !== 'signed12') return Buffer.from(buffer);
  const held = new Int16Array(buffer).map((value) => Math.max(-2048, Math.min(value, 2047)));
  return Buffer.from(held.buffer);
}

const tools = new DicomTools();
afterAll(() => tools[Symbol.dispose]());

const missing = missingPeer(
  'dcmconv',
  'dcmcrle',
  'dcmdrle',
  'dcmcjpeg',
  'dcmdjpeg',
  'dcmcjpls',
  'dcmdjpls',
  'gdcmconv',
);

describe.skipIf(missing)('every coding decodes as dcmtk and gdcm decode it', () => {
  const cases = CODINGS.flatMap((coding) =>
    coding.forms.map((name): [string, FormName, Coding] => [coding.name, name, coding]),
  );

  it.each(cases)('%s: %s', async (_, formName, coding) => {
    const { image, pixels, frames } = FORMS[formName];
    const plain = tools.write(nativeImage(image, pixels), EXPLICIT_UID);
    const encoded = tools.convert(...coding.encode, plain);
    if (encoded === undefined) throw new Error(`${coding.encode[0]} refuses the image`);
    const reference = tools.convert(...coding.decode, encoded);
    if (reference === undefined) throw new Error(`${coding.decode[0]} refuses the image`);

    const source = sourceOf(encoded);
    const frameLength = pixels.length / frames;
    for (let frame = 0; frame < frames; frame += 1) {
      const decoded = Buffer.from(frameToBytes(await decodeFrame(source, frame, DEFAULT_LIMITS)));
      const expected = clamp12(extractNativeFrame(sourceOf(reference), frame), formName);
      expect(decoded.equals(expected), 'the same as the reference').toBe(true);
      if (!coding.lossless) continue;
      const original = pixels.subarray(frame * frameLength, (frame + 1) * frameLength);
      expect(decoded.equals(original), 'the same as what was encoded').toBe(true);
    }
  });

  it.each<Coding['encode']>([
    ['dcmcjpls', ['+el']],
    ['dcmcjpeg', ['+e1']],
    ['gdcmconv', ['-K']],
  ])('%s: a codestream of 8 bits in an image of 16 allocated', async (tool, flags) => {
    const { image, pixels } = FORMS.grey8;
    const one = { ...image, numberOfFrames: 1 };
    const first = pixels.subarray(0, ROWS * COLUMNS);
    const path = tools.convert(tool, flags, tools.write(nativeImage(one, first), EXPLICIT_UID));
    if (path === undefined) throw new Error(`${tool} refuses the image`);
    const source = sourceOf(path);
    const codestream = extractEncapsulatedFrame(source, 0);
    const bytes = encapsulatedImage({ ...one, bitsAllocated: 16, bitsStored: 8 }, [codestream]);
    const frame = await decodeFrame({ ...source, bytes, dataSetOffset: 0 }, 0, DEFAULT_LIMITS);
    expect(frame.values).toBeInstanceOf(Uint16Array);
    expect([...frame.values]).toEqual([...first]);
  });
});
