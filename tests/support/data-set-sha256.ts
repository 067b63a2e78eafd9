/** Prints `SOPInstanceUID SHA-256-of-the-data-set` for each Part 10 file of a folder; used by tests/prove.sh. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readPart10 } from '#dicom/part10/read-part10.ts';

const folder = process.argv[2] ?? '.';
for (const name of readdirSync(folder)) {
  const path = join(folder, name);
  const { meta, dataSetOffset } = await readPart10(path);
  const digest = createHash('sha256')
    .update(readFileSync(path).subarray(dataSetOffset))
    .digest('hex');
  process.stdout.write(`${meta.sopInstanceUid} ${digest}\n`);
}
