import type { ImageDescription } from './image-description.ts';

/** Samples of one frame, interleaved where there are three a pixel. */
export type Samples =
  | Uint8Array<ArrayBuffer>
  | Int8Array<ArrayBuffer>
  | Uint16Array<ArrayBuffer>
  | Int16Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Float32Array<ArrayBuffer>
  | Float64Array<ArrayBuffer>;

/** Copies bytes to a buffer of their own, aligned for any word. */
function aligned(bytes: Uint8Array): ArrayBuffer {
  const buffer = new ArrayBuffer(bytes.byteLength);
  new Uint8Array(buffer).set(bytes);
  return buffer;
}

/** Little endian bytes as an array of their sample type; the bytes are copied. */
export function viewSamples(
  bytes: Uint8Array,
  form: { bytesPerSample: number; signed: boolean; sample: ImageDescription['sample'] },
): Samples {
  const buffer = aligned(bytes);
  if (form.sample === 'float') return new Float32Array(buffer);
  if (form.sample === 'double') return new Float64Array(buffer);
  if (form.bytesPerSample === 1)
    return form.signed ? new Int8Array(buffer) : new Uint8Array(buffer);
  if (form.bytesPerSample === 2) {
    return form.signed ? new Int16Array(buffer) : new Uint16Array(buffer);
  }
  return form.signed ? new Int32Array(buffer) : new Uint32Array(buffer);
}

/** Pixels of one bit, eight in a byte with the first in the lowest bit, as a byte each; others as they are. */
export function unpackBits(bytes: Uint8Array, image: ImageDescription): Uint8Array {
  if (image.bitsAllocated !== 1) return bytes;
  const length = image.rows * image.columns * image.samplesPerPixel;
  return Uint8Array.from({ length }, (_, index) => ((bytes[index >> 3] ?? 0) >> (index & 7)) & 1);
}

/**
 * Takes the stored bits out of the allocated ones, in place: what lies above HighBit may be an overlay of old
 * (PS3.5 8.1.1), and a signed value of 12 bits need not be sign-extended by its writer.
 */
export function takeStoredBits(samples: Samples, image: ImageDescription): Samples {
  const { bitsAllocated, bitsStored, highBit } = image;
  if (image.sample !== 'integer' || bitsStored === bitsAllocated) return samples;
  const up = 32 - 1 - highBit;
  const down = 32 - bitsStored;
  const signed = image.pixelRepresentation === 1;
  for (let index = 0; index < samples.length; index += 1) {
    const raised = (samples[index] ?? 0) << up;
    samples[index] = signed ? raised >> down : raised >>> down;
  }
  return samples;
}

/**
 * Holds lossy values to the range of the stored bits, in place: an encoder that was given 16 bits for 12 lets edges
 * overshoot, and taking the low 12 bits of 4,100 would make a black pixel of a white one.
 * @param coded sign and precision of the codestream: one of 12 bits without a sign holds -2 as 4,094
 */
export function holdToStoredBits(
  samples: Samples,
  image: ImageDescription,
  coded: { readonly signed: boolean; readonly precision: number },
): Samples {
  if (image.sample !== 'integer') return samples;
  const isSigned = image.pixelRepresentation === 1;
  const isWhole = image.bitsStored === image.bitsAllocated && coded.precision === image.bitsStored;
  if (isWhole && isSigned === coded.signed) return samples;
  if (!isSigned || coded.signed) return applySign(clamp(samples, image), image);
  const signed = applySign(samples, image);
  const unused = 32 - coded.precision;
  for (let index = 0; index < signed.length; index += 1) {
    signed[index] = ((signed[index] ?? 0) << unused) >> unused;
  }
  return clamp(signed, image);
}

function clamp(samples: Samples, { bitsStored, pixelRepresentation }: ImageDescription): Samples {
  const signed = pixelRepresentation === 1;
  const highest = 2 ** (signed ? bitsStored - 1 : bitsStored) - 1;
  const lowest = signed ? -highest - 1 : 0;
  for (let index = 0; index < samples.length; index += 1) {
    samples[index] = Math.min(Math.max(samples[index] ?? 0, lowest), highest);
  }
  return samples;
}

/**
 * Brings decoded samples to the sign that PixelRepresentation states: a codec may give unsigned words for what are
 * two's complement values, and JPEG 2000 may code signed samples for what DICOM calls unsigned.
 */
export function applySign(samples: Samples, image: ImageDescription): Samples {
  const isSigned = image.pixelRepresentation === 1;
  if (samples instanceof Uint16Array && isSigned) return new Int16Array(samples.buffer);
  if (samples instanceof Int16Array && !isSigned) return new Uint16Array(samples.buffer);
  if (samples instanceof Uint8Array && isSigned) return new Int8Array(samples.buffer);
  if (samples instanceof Int8Array && !isSigned) return new Uint8Array(samples.buffer);
  return samples;
}
