import { constants, inflateRawSync } from 'node:zlib';
import { RadTriageError } from '#core/errors.ts';

/** No deflated data set may grow beyond this: 64 KB of zeros deflated a thousandfold would otherwise fill the memory. */
export const MAX_INFLATED_BYTES = 1 << 30;

/**
 * Inflates a data set of Deflated Explicit VR Little Endian (PS3.5 A.5: a raw RFC 1951 stream). A stream that was cut
 * gives what it holds.
 * @throws RadTriageError DICOM_TOO_LARGE, DICOM_STRUCTURE
 */
export function inflateDataSet(deflated: Uint8Array, maxBytes: number): Uint8Array {
  try {
    return inflateRawSync(deflated, {
      maxOutputLength: maxBytes,
      // Without this a cut stream, and the pad byte that some writers leave off, would be an error.
      finishFlush: constants.Z_SYNC_FLUSH,
    });
  } catch (cause) {
    if (cause instanceof RangeError) {
      throw new RadTriageError('DICOM_TOO_LARGE', `inflates to more than ${maxBytes} bytes`, {
        cause,
      });
    }
    throw new RadTriageError('DICOM_STRUCTURE', 'the deflated data set cannot be inflated', {
      cause,
    });
  }
}
