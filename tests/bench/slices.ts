import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { minimalImage } from '#test-data/minimal-objects.ts';

const SIZE = 512;
const BITS = 16;

/**
 * A CT-like series of 512 x 512, 16-bit slices (526 KB each), as one folder and as several with a share each. Every seed
 * gives new UIDs; the pixels do not matter to a receiver.
 */
export function writeSlices(options: {
  folder: string;
  slices: number;
  parts: number;
  seed: string;
}): { whole: string; split: string[] } {
  const whole = join(options.folder, 'whole');
  mkdirSync(whole, { recursive: true });
  const split = Array.from({ length: options.parts }, (_, part) =>
    join(options.folder, `part-${part}`),
  );
  for (const part of split) mkdirSync(part);
  const pixels = Buffer.alloc(SIZE * SIZE * 2);
  for (let i = 0; i < pixels.length; i += 2) pixels.writeUInt16LE((i * 2_654_435_761) >>> 20, i);
  for (let index = 1; index <= options.slices; index += 1) {
    for (const kind of ['whole', 'split'] as const) {
      const image = minimalImage({
        modality: 'CT',
        seed: `${options.seed}-${kind}`,
        instanceNumber: index,
        attributes: {
          Rows: SIZE,
          Columns: SIZE,
          BitsAllocated: BITS,
          BitsStored: BITS,
          HighBit: BITS - 1,
          PixelData: pixels,
        },
      });
      const folder = kind === 'whole' ? whole : (split[index % options.parts] ?? whole);
      writeFileSync(join(folder, `${index}.dcm`), image.bytes);
    }
  }
  return { whole, split };
}
