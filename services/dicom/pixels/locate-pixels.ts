import { RadTriageError } from '#core/errors.ts';
import {
  type DataSet,
  type Element,
  type Fragment,
  UNDEFINED_LENGTH,
} from '../attributes/parse-elements.ts';
import { type ImageAttributes, readImageAttributes } from '../attributes/read-attributes.ts';
import type { ByteSource } from './byte-source.ts';
import {
  bytesPerSample,
  DEFAULT_LIMITS,
  describeImage,
  type ImageDescription,
  type PixelLimits,
} from './image-description.ts';
import { readSourceHeader } from './source-header.ts';
import { findPixelSyntax, type PixelSyntax } from './transfer-syntaxes.ts';

/** The pixel data of one object: what it is, and where its bytes lie in the source. */
export interface LocatedPixels {
  readonly header: DataSet;
  readonly attributes: ImageAttributes;
  readonly image: ImageDescription;
  readonly syntax: PixelSyntax;
  readonly littleEndian: boolean;
  /** Native: the range of the value. */
  readonly value?: Fragment;
  /** Bytes of a word that the object's byte order applies to: in OW at least two, even for pixels of 8 bits. */
  readonly wordSize: number;
  /** Encapsulated: the basic offset table first, then the fragments, as ranges of the source. */
  readonly fragments?: readonly Fragment[];
}

const PIXEL_DATA = 0x7fe00010;
const SAMPLES: readonly [tag: number, sample: ImageDescription['sample']][] = [
  [PIXEL_DATA, 'integer'],
  [0x7fe00008, 'float'],
  [0x7fe00009, 'double'],
];
const ITEM = 0xfffee000;
const SEQUENCE_END = 0xfffee0dd;
const MAX_FRAGMENTS = 1_000_000;

/**
 * Finds the pixel data of an object, reading no more of it than the header and the lengths of its fragments.
 * @param frame whose functional groups and palette apply, from 0
 * @throws RadTriageError PIXELS_MISSING, PIXELS_TOO_LARGE, PIXELS_UNDECODABLE, DICOM_UNSUPPORTED, and what parsing the
 *   header throws
 */
export function locatePixels(
  source: ByteSource,
  transferSyntaxUid: string,
  options: { frame?: number; limits?: PixelLimits } = {},
): LocatedPixels {
  const syntax = findPixelSyntax(transferSyntaxUid);
  if (syntax === undefined) {
    throw new RadTriageError('DICOM_UNSUPPORTED', 'the transfer syntax cannot be decoded', {
      details: { transferSyntaxUid },
    });
  }
  const { header, element, sample } = findPixels(source, transferSyntaxUid);
  const frame = options.frame ?? 0;
  const attributes = readImageAttributes(header, frame);
  const image = describeImage(attributes, sample, options.limits ?? DEFAULT_LIMITS);
  if (frame < 0 || frame >= image.numberOfFrames) {
    throw new RadTriageError('NOT_FOUND', 'the object has no such frame', {
      details: { frame, numberOfFrames: image.numberOfFrames },
    });
  }
  const wordSize = Math.max(bytesPerSample(image), element.vr === 'OW' ? 2 : 1);
  const located = { header, attributes, image, wordSize, littleEndian: header.littleEndian };
  const isEncapsulated = element.declaredLength === UNDEFINED_LENGTH;
  if (isEncapsulated !== (syntax.coding !== 'native')) {
    // Some archives decompress without changing the transfer syntax, or the other way round.
    if (isEncapsulated) throw undecodableForm('native');
    return { ...located, syntax: NATIVE, value: element };
  }
  if (isEncapsulated)
    return { ...located, syntax, fragments: walkFragments(source, element.offset) };
  return { ...located, syntax, value: element };
}

const NATIVE: PixelSyntax = {
  coding: 'native',
  name: 'native within a compressed syntax',
  lossy: false,
};

function undecodableForm(form: string): RadTriageError {
  return new RadTriageError('PIXELS_UNDECODABLE', `encapsulated pixels in a ${form} syntax`);
}

interface FoundPixels {
  readonly header: DataSet;
  readonly element: Fragment & { readonly declaredLength: number; readonly vr: string | undefined };
  readonly sample: ImageDescription['sample'];
}

function findPixels(source: ByteSource, transferSyntaxUid: string): FoundPixels {
  const header = readSourceHeader(source, transferSyntaxUid);
  const found = findPixelElement(header);
  if (found === undefined)
    throw new RadTriageError('PIXELS_MISSING', 'the object has no pixel data');
  return { header, ...found };
}

function findPixelElement(header: DataSet): Omit<FoundPixels, 'header'> | undefined {
  for (const [tag, sample] of SAMPLES) {
    const element: Element | undefined = header.elements.get(tag);
    if (element === undefined || (element.length === 0 && element.fragments === undefined))
      continue;
    const declaredLength = element.fragments === undefined ? element.length : UNDEFINED_LENGTH;
    const { offset, length, vr } = element;
    return { element: { offset, length, declaredLength, vr }, sample };
  }
  return undefined;
}

/** Walks the items of encapsulated pixel data; encapsulated data is always little endian (PS3.5 A.4). */
function walkFragments(source: ByteSource, start: number): Fragment[] {
  const fragments: Fragment[] = [];
  let position = start;
  for (;;) {
    // A missing sequence delimiter behind the last whole fragment loses nothing, and is met in the field.
    if (position + 8 > source.size && fragments.length > 1) return fragments;
    const head = source.read(position, 8);
    const view = new DataView(head.buffer, head.byteOffset, 8);
    const tag = view.getUint16(0, true) * 0x10000 + view.getUint16(2, true);
    const length = view.getUint32(4, true);
    if (tag === SEQUENCE_END) return fragments;
    if (tag !== ITEM || fragments.length > MAX_FRAGMENTS) {
      throw new RadTriageError('PIXELS_UNDECODABLE', 'the encapsulated pixel data is malformed');
    }
    fragments.push({ offset: position + 8, length });
    position += 8 + length;
  }
}
