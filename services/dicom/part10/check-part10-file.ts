import { open } from 'node:fs/promises';
import { toRadTriageError } from '#core/errors.ts';
import { DataSetChecker, type DataSetLimits } from './data-set-checker.ts';
import type { DataSetUids } from './header-collector.ts';
import { type Part10, readPart10 } from './read-part10.ts';

export interface CheckedPart10 extends Part10 {
  readonly uids: DataSetUids;
  /** Elements before Pixel Data, to be read in `headerTransferSyntaxUid`. */
  readonly header: Buffer;
  readonly headerTransferSyntaxUid: string;
  readonly hasPixelData: boolean;
}

const READ_BYTES = 256 * 1024;

/**
 * Reads a DICOM file once from end to end and checks its structure.
 * @throws RadTriageError as `readPart10` and `DataSetChecker` do.
 */
export async function checkPart10File(
  path: string,
  limits: Partial<DataSetLimits> = {},
): Promise<CheckedPart10> {
  const handle = await open(path, 'r').catch((error: unknown) => {
    throw toRadTriageError(error, 'NOT_FOUND');
  });
  try {
    const part10 = await readPart10(handle);
    const checker = new DataSetChecker(part10.meta.transferSyntaxUid, limits);
    const buffer = Buffer.allocUnsafe(READ_BYTES);
    for (let position = part10.dataSetOffset; ; ) {
      const { bytesRead } = await handle.read(buffer, 0, READ_BYTES, position);
      if (bytesRead === 0) break;
      position += bytesRead;
      await checker.write(buffer.subarray(0, bytesRead));
    }
    await checker.end();
    return {
      ...part10,
      uids: checker.uids,
      header: checker.header(),
      headerTransferSyntaxUid: checker.headerTransferSyntaxUid,
      hasPixelData: checker.hasPixelData,
    };
  } finally {
    await handle.close();
  }
}
