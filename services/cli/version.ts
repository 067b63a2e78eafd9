import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';

const packageSchema = z.object({ version: z.string() });

/** The product's version, from package.json. */
export function productVersion(): string {
  const path = resolve(import.meta.dirname, '../../package.json');
  return packageSchema.parse(JSON.parse(readFileSync(path, 'utf8'))).version;
}
