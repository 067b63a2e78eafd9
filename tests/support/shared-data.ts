import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Folder of real images that lies beside the clone on some machines; RADTRIAGE_SHARED_DATA names another. */
const ROOT =
  process.env['RADTRIAGE_SHARED_DATA'] ?? resolve(import.meta.dirname, '../../../shared');

/** The path below the folder of real images, or undefined where it is not present. */
export function sharedData(...parts: string[]): string | undefined {
  const path = join(ROOT, ...parts);
  return existsSync(path) ? path : undefined;
}
