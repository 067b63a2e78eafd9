/** Numbers from 0 up to 1, the same for the same seed. */
export type RandomSource = () => number;

/**
 * A small generator of good quality for resampling (sfc32, Doty-Humphrey; passes PractRand). Not for secrets.
 * @param seed any 32-bit number
 */
export function seededRandom(seed: number): RandomSource {
  let [a, b, c, counter] = [0x9e3779b9, 0x243f6a88, seed | 0, 1];
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    c |= 0;
    return (sum >>> 0) / 2 ** 32;
  };
  // The first numbers still show the seed.
  for (let i = 0; i < 15; i++) next();
  return next;
}
