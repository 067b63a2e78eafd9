import { undecodable } from './image-description.ts';

/** What a compressed frame says of itself, before anything is allocated for it. */
export interface CodestreamHeader {
  readonly rows: number;
  readonly columns: number;
  readonly components: number;
  /** Bits of a sample, of the widest component. */
  readonly precision: number;
  /** JPEG 2000 states it; JPEG and JPEG-LS are unsigned. */
  readonly signed: boolean;
}

/**
 * Reads the dimensions of a JPEG, JPEG-LS or (HT)JPEG 2000 codestream (ISO 10918-1 B.2.2, 14495-1 C.2.2, 15444-1
 * A.5.1): a decoder would believe them, so 65,535 x 65,535 in a frame of 512 x 512 must be found out before.
 * @throws RadTriageError PIXELS_UNDECODABLE
 */
export function readCodestreamHeader(bytes: Uint8Array): CodestreamHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    if (view.getUint16(0) === 0xff4f) return readSize(view);
    if (view.getUint16(0) === 0xffd8) return readStartOfFrame(view);
    // A JP2 box file in place of a bare codestream is against PS3.5 A.4.4, and is met nevertheless.
    const codestream = findCodestream(bytes);
    if (codestream !== undefined) return readCodestreamHeader(bytes.subarray(codestream));
  } catch (cause) {
    if (cause instanceof RangeError) throw undecodable('the codestream is cut', cause);
    throw cause;
  }
  throw undecodable('the frame holds no codestream');
}

const JP2_SIGNATURE = 0x6a502020;

function findCodestream(bytes: Uint8Array): number | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(4) !== JP2_SIGNATURE) return undefined;
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).indexOf(
    Buffer.from([0xff, 0x4f, 0xff, 0x51]),
  );
  return start < 0 ? undefined : start;
}

function isStartOfFrame(marker: number): boolean {
  const isFrame = marker >= 0xffc0 && marker <= 0xffcf;
  // DHT, JPG and DAC lie in the same range; SOF55 is JPEG-LS.
  const isOther = marker === 0xffc4 || marker === 0xffc8 || marker === 0xffcc;
  return (isFrame && !isOther) || marker === 0xfff7;
}

function readStartOfFrame(view: DataView): CodestreamHeader {
  let position = 2;
  for (;;) {
    const marker = view.getUint16(position);
    if (marker === 0xffff) {
      position += 1;
      continue;
    }
    if (marker < 0xffc0) throw undecodable('the JPEG markers are broken');
    if (isStartOfFrame(marker)) {
      return {
        precision: view.getUint8(position + 4),
        rows: view.getUint16(position + 5),
        columns: view.getUint16(position + 7),
        components: view.getUint8(position + 9),
        signed: false,
      };
    }
    position += 2 + view.getUint16(position + 2);
  }
}

function readSize(view: DataView): CodestreamHeader {
  if (view.getUint16(2) !== 0xff51) throw undecodable('the JPEG 2000 size marker is missing');
  const right = view.getUint32(8);
  const bottom = view.getUint32(12);
  const left = view.getUint32(16);
  const top = view.getUint32(20);
  const components = view.getUint16(40);
  let precision = 0;
  for (let component = 0; component < Math.min(components, 4); component += 1) {
    precision = Math.max(precision, (view.getUint8(42 + component * 3) & 0x7f) + 1);
  }
  const signed = (view.getUint8(42) & 0x80) !== 0;
  return { rows: bottom - top, columns: right - left, components, precision, signed };
}
