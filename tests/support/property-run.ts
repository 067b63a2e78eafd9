import type { Parameters } from 'fast-check';

/**
 * Options for fast-check: the seed is printed, so that a run can be repeated with RADTRIAGE_PROPERTY_SEED.
 */
export function propertyRun(options: { numRuns?: number } = {}): Parameters<unknown> {
  const given = process.env['RADTRIAGE_PROPERTY_SEED'];
  const seed = given === undefined ? Date.now() & 0x7fffffff : Number(given);
  process.stdout.write(`property seed ${seed}\n`);
  return { ...options, seed };
}
