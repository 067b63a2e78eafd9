import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { RadTriageError } from '#core/errors.ts';

/** Lower-case hex SHA-256. */
function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/**
 * The bytes of a model file, of which the hash was taken: load these, not the file again.
 * @throws RadTriageError MODEL_MISSING when it cannot be read, MODEL_ALTERED when its hash is another
 */
export async function readVerifiedModel(path: string, sha256: string): Promise<Uint8Array> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    throw new RadTriageError('MODEL_MISSING', 'the model file cannot be read', { cause: error });
  }
  const found = sha256Of(bytes);
  if (found !== sha256) {
    throw new RadTriageError('MODEL_ALTERED', 'the model file is not the one its manifest names', {
      details: { expected: sha256, found },
    });
  }
  return bytes;
}
