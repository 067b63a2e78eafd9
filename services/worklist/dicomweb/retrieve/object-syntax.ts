import { EXPLICIT_VR_LITTLE_ENDIAN } from '#dicom/part10/transfer-syntaxes.ts';
import { findPixelSyntax } from '#dicom/pixels/transfer-syntaxes.ts';
import type { InstanceRow } from '../../study/images.ts';

/** In which form an instance goes out: in the bytes in which it is kept, or in Explicit VR Little Endian. */
export type ObjectForm = 'stored' | 'explicit';

const MAX_VALUE_BYTES = 0xfffffffe;
/** What is no image is made anew in memory. */
const MAX_REWRITTEN_BYTES = 64 * 2 ** 20;

type Kept = Pick<
  InstanceRow,
  'transferSyntaxUid' | 'rows' | 'columns' | 'numberOfFrames' | 'fileBytes'
>;

/** Whether we can make Explicit VR Little Endian of it. */
function canBeExplicit(row: Kept): boolean {
  const { transferSyntaxUid, rows, columns, numberOfFrames } = row;
  if (findPixelSyntax(transferSyntaxUid) === undefined) return false;
  if (rows === null || columns === null) return Number(row.fileBytes) <= MAX_REWRITTEN_BYTES;
  return rows * columns * (numberOfFrames ?? 1) <= MAX_VALUE_BYTES;
}

/**
 * The form in which an instance meets a wish, or undefined. Without a transfer syntax Explicit VR Little Endian is
 * what is meant (PS3.18 8.7.3.4); what was compressed with a loss, or cannot be decoded, goes out as it is then.
 */
export function formFor(row: Kept, wished: string | undefined): ObjectForm | undefined {
  const stored = row.transferSyntaxUid;
  if (wished === '*' || wished === stored) return 'stored';
  if (wished === undefined) {
    const isLossy = findPixelSyntax(stored)?.lossy === true;
    const isPlain = stored === EXPLICIT_VR_LITTLE_ENDIAN;
    return isPlain || isLossy || !canBeExplicit(row) ? 'stored' : 'explicit';
  }
  return wished === EXPLICIT_VR_LITTLE_ENDIAN && canBeExplicit(row) ? 'explicit' : undefined;
}
