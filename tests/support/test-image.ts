import {
  type Encoding,
  EXPLICIT,
  number,
  short,
  type TestElement,
  tagBytes,
  text,
  writeDataSet,
} from './data-set-bytes.ts';

/** The header of an image for tests; everything has a small default. */
export interface TestImage {
  readonly rows?: number;
  readonly columns?: number;
  readonly samplesPerPixel?: number;
  readonly photometricInterpretation?: string;
  readonly planarConfiguration?: number;
  readonly bitsAllocated?: number;
  readonly bitsStored?: number;
  readonly highBit?: number;
  readonly pixelRepresentation?: number;
  readonly numberOfFrames?: number;
  /** Further elements, in any order. */
  readonly more?: readonly TestElement[];
}

function header(image: TestImage, encoding: Encoding): TestElement[] {
  const bitsAllocated = image.bitsAllocated ?? 16;
  const bitsStored = image.bitsStored ?? bitsAllocated;
  const elements = [
    text(0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.7'),
    text(0x00080018, 'UI', '1.2.3.4'),
    text(0x0020000d, 'UI', '1.2.3'),
    text(0x0020000e, 'UI', '1.2.3.1'),
    short(0x00280002, image.samplesPerPixel ?? 1, encoding),
    text(0x00280004, 'CS', image.photometricInterpretation ?? 'MONOCHROME2'),
    short(0x00280006, image.planarConfiguration ?? 0, encoding),
    text(0x00280008, 'IS', String(image.numberOfFrames ?? 1)),
    short(0x00280010, image.rows ?? 2, encoding),
    short(0x00280011, image.columns ?? 2, encoding),
    short(0x00280100, bitsAllocated, encoding),
    short(0x00280101, bitsStored, encoding),
    short(0x00280102, image.highBit ?? bitsStored - 1, encoding),
    short(0x00280103, image.pixelRepresentation ?? 0, encoding),
    ...(image.more ?? []),
  ];
  return elements.sort((a, b) => a.tag - b.tag);
}

/** A data set whose PixelData has the given bytes, in the byte order that they are given in. */
export function nativeImage(
  image: TestImage,
  pixels: Uint8Array,
  options: { encoding?: Encoding; vr?: string; tag?: number } = {},
): Uint8Array {
  const encoding = options.encoding ?? EXPLICIT;
  const pixelData = { tag: options.tag ?? 0x7fe00010, vr: options.vr ?? 'OW', value: pixels };
  return writeDataSet([...header(image, encoding), pixelData], encoding);
}

/** A data set with encapsulated pixel data: an offset table (empty without one), then the fragments. */
export function encapsulatedImage(
  image: TestImage,
  fragments: readonly Uint8Array[],
  offsets: readonly number[] = [],
): Uint8Array {
  const table = Buffer.concat(offsets.map((offset) => number(offset, 4, true)));
  const items = [table, ...fragments].map((bytes) =>
    Buffer.concat([tagBytes(0xfffee000, true), number(bytes.length, 4, true), bytes]),
  );
  return Buffer.concat([
    writeDataSet(header(image, EXPLICIT)),
    tagBytes(0x7fe00010, true),
    Buffer.from('OB\0\0\xff\xff\xff\xff', 'latin1'),
    ...items,
    tagBytes(0xfffee0dd, true),
    Buffer.alloc(4),
  ]);
}

/** 16-bit little endian words. */
export function words(...values: number[]): Uint8Array {
  return Buffer.concat(values.map((value) => number(value & 0xffff, 2, true)));
}
