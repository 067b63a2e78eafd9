import { bytesPerSample, type ImageDescription, undecodable } from './image-description.ts';

const HEADER_BYTES = 64;
const MAX_SEGMENTS = 15;

/**
 * Decodes one RLE frame (PS3.5 annex G) into interleaved little endian samples. Each segment holds one byte of one
 * sample of all pixels, the most significant first.
 * @returns for pixels of one bit: bytes of eight of them
 * @throws RadTriageError PIXELS_UNDECODABLE
 */
export function decodeRle(bytes: Uint8Array, image: ImageDescription): Uint8Array {
  const size = bytesPerSample(image);
  const bytesPerPixel = size * image.samplesPerPixel;
  if (bytes.length < HEADER_BYTES) throw undecodable('the RLE header is cut');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = view.getUint32(0, true);
  if (count !== bytesPerPixel || count > MAX_SEGMENTS) {
    throw undecodable(`${count} RLE segments where ${bytesPerPixel} are needed`);
  }
  const pixels = image.rows * image.columns;
  // Pixels of one bit are packed by eight before they are coded, as they are in native pixel data.
  const cells = image.bitsAllocated === 1 ? Math.ceil(pixels / 8) : pixels;
  const decoded = new Uint8Array(cells * bytesPerPixel);
  for (let segment = 0; segment < count; segment += 1) {
    const start = view.getUint32(4 + segment * 4, true);
    const end = segment + 1 < count ? view.getUint32(8 + segment * 4, true) : bytes.length;
    if (start < HEADER_BYTES || end > bytes.length || start > end) {
      throw undecodable('an RLE segment lies outside the frame');
    }
    const sample = Math.floor(segment / size);
    const byteInSample = size - 1 - (segment % size);
    const first = sample * size + byteInSample;
    unpackBits(bytes.subarray(start, end), decoded, { first, step: bytesPerPixel });
  }
  return decoded;
}

/** PackBits: a count byte, then literal bytes or one byte to repeat; 128 says nothing. */
function unpackBits(
  packed: Uint8Array,
  target: Uint8Array,
  place: { first: number; step: number },
): void {
  const { step } = place;
  let write = place.first;
  let read = 0;
  while (write < target.length) {
    if (read >= packed.length) throw undecodable('an RLE segment ends too early');
    const control = packed[read] ?? 128;
    read += 1;
    if (control < 128) {
      const end = Math.min(read + control + 1, packed.length);
      for (; read < end && write < target.length; read += 1, write += step) {
        target[write] = packed[read] ?? 0;
      }
    } else if (control > 128) {
      const value = packed[read] ?? 0;
      read += 1;
      for (let left = 257 - control; left > 0 && write < target.length; left -= 1, write += step) {
        target[write] = value;
      }
    }
  }
}
