/**
 * Milliseconds to decode a 512 x 512 slice of 12 bits by transfer syntax: in the process itself, and through the
 * killable decoding process. Run: node tests/bench/decode-frames.ts [rounds]. Needs dcmtk and gdcm.
 */
import { readAttributes } from '#dicom/attributes/read-attributes.ts';
import { decodeFrame } from '#dicom/pixels/decode-frame.ts';
import { DEFAULT_LIMITS } from '#dicom/pixels/image-description.ts';
import { createPixelDecoder } from '#dicom/pixels/pixel-decoder.ts';
import { DicomTools, sourceOf } from '#tests/support/dicom-tools.ts';
import { nativeImage } from '#tests/support/test-image.ts';

const SIZE = 512;
const ROUNDS = Number(process.argv[2] ?? 30);

/** A disc of soft tissue with noise, as a CT slice compresses. */
function slice(): Buffer {
  let seed = 5;
  const values = Uint16Array.from({ length: SIZE * SIZE }, (_, index) => {
    seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff;
    const x = (index % SIZE) - SIZE / 2;
    const y = Math.floor(index / SIZE) - SIZE / 2;
    const radius = Math.hypot(x, y);
    const tissue = radius < 200 ? 1064 + 60 * Math.sin(x / 30) * Math.cos(y / 25) : 24;
    return Math.max(0, Math.round(tissue + ((seed >>> 16) % 33) - 16));
  });
  return Buffer.from(values.buffer);
}

const ENCODERS: readonly (readonly [name: string, tool: string, flags: readonly string[]])[] = [
  ['explicit little endian', 'dcmconv', ['+te']],
  ['implicit little endian', 'dcmconv', ['+ti']],
  ['explicit big endian', 'dcmconv', ['+tb']],
  ['deflated', 'dcmconv', ['+td']],
  ['RLE', 'dcmcrle', []],
  ['JPEG extended .51', 'dcmcjpeg', ['+ee']],
  ['JPEG lossless .57', 'dcmcjpeg', ['+el']],
  ['JPEG lossless .70', 'dcmcjpeg', ['+e1']],
  ['JPEG-LS .80', 'dcmcjpls', ['+el']],
  ['JPEG-LS near .81', 'dcmcjpls', ['+en']],
  ['JPEG 2000 .90', 'gdcmconv', ['-K']],
  ['JPEG 2000 .91', 'gdcmconv', ['-K', '-Y', '-q', '40']],
];

/** The fastest round: what else the machine does only makes rounds slower. */
async function fastest(action: () => Promise<unknown>): Promise<number> {
  await action();
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const start = performance.now();
    await action();
    times.push(performance.now() - start);
  }
  return Math.min(...times);
}

function print(name: string, ...figures: number[]): void {
  const columns = figures.map((figure) => figure.toFixed(2).padStart(10)).join('');
  process.stdout.write(`${name.padEnd(26)}${columns}\n`);
}

using tools = new DicomTools();
await using decoder = createPixelDecoder();
const dataSet = nativeImage({ rows: SIZE, columns: SIZE, bitsStored: 12 }, slice());
const plain = tools.write(dataSet, '1.2.840.10008.1.2.1');
process.stdout.write(`${''.padEnd(26)}in process  via child (ms, fastest of ${ROUNDS})\n`);
for (const [name, tool, flags] of ENCODERS) {
  const path = tools.convert(tool, flags, plain);
  if (path === undefined) throw new Error(`${tool} refuses the image`);
  const source = sourceOf(path);
  const inProcess = await fastest(() => decodeFrame(source, 0, DEFAULT_LIMITS));
  const throughChild = await fastest(() => decoder.decode(source));
  print(name, inProcess, throughChild);
}
const header = await fastest(async () => readAttributes(dataSet, '1.2.840.10008.1.2.1'));
print('attributes of a header', header);
