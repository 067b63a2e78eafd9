import type { Samples } from './samples.ts';

/**
 * YBR_FULL to RGB, in place (PS3.3 C.7.6.3.1.2: ITU-R BT.601 over the full range), for 8 bits a sample.
 */
export function ybrFullToRgb(samples: Uint8Array): void {
  for (let at = 0; at + 2 < samples.length; at += 3) {
    const y = samples[at] ?? 0;
    const cb = (samples[at + 1] ?? 0) - 128;
    const cr = (samples[at + 2] ?? 0) - 128;
    samples[at] = clampByte(y + 1.402 * cr);
    samples[at + 1] = clampByte(y - 0.344136286 * cb - 0.714136286 * cr);
    samples[at + 2] = clampByte(y + 1.772 * cb);
  }
}

/** YBR_PARTIAL: luminance 16-235, chrominance 16-240 (retired, met in old ultrasound). */
export function ybrPartialToRgb(samples: Uint8Array): void {
  for (let at = 0; at + 2 < samples.length; at += 3) {
    const y = 1.1644 * ((samples[at] ?? 0) - 16);
    const cb = (samples[at + 1] ?? 0) - 128;
    const cr = (samples[at + 2] ?? 0) - 128;
    samples[at] = clampByte(y + 1.596 * cr);
    samples[at + 1] = clampByte(y - 0.3917 * cb - 0.8129 * cr);
    samples[at + 2] = clampByte(y + 2.0173 * cb);
  }
}

function clampByte(value: number): number {
  return value < 0 ? 0 : value > 255 ? 255 : Math.round(value);
}

/** Native YBR_FULL_422, `Y1 Y2 Cb Cr` for two pixels, with the chroma repeated: three samples a pixel. */
export function expandHalvedChroma(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const pairs = Math.floor(bytes.length / 4);
  const expanded = new Uint8Array(pairs * 6);
  for (let pair = 0; pair < pairs; pair += 1) {
    const read = pair * 4;
    const write = pair * 6;
    for (let pixel = 0; pixel < 2; pixel += 1) {
      expanded[write + pixel * 3] = bytes[read + pixel] ?? 0;
      expanded[write + pixel * 3 + 1] = bytes[read + 2] ?? 0;
      expanded[write + pixel * 3 + 2] = bytes[read + 3] ?? 0;
    }
  }
  return expanded;
}

/** Luminance of interleaved RGB (ITU-R BT.601), in the type of the samples. */
export function luminance(rgb: Samples): Samples {
  const grey = rgb.slice(0, rgb.length / 3);
  for (let pixel = 0; pixel < grey.length; pixel += 1) {
    const at = pixel * 3;
    const [red, green, blue] = [rgb[at] ?? 0, rgb[at + 1] ?? 0, rgb[at + 2] ?? 0];
    grey[pixel] = Math.round(0.299 * red + 0.587 * green + 0.114 * blue);
  }
  return grey;
}
