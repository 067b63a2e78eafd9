import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { type LineFile, openLineFile } from './line-file.ts';

const FILE = 'faithfulness.ndjson';

/** Where a map comes from: the network itself, or what hiding parts of the image does to its score. */
export const MAP_ORIGINS = ['own', 'occlusion', 'rise'] as const;
export type MapOrigin = (typeof MAP_ORIGINS)[number];

const curvesSchema = z.strictObject({
  deletion: z.array(z.number()),
  insertion: z.array(z.number()),
});
export type JudgedCurves = z.output<typeof curvesSchema>;

const judgedSchema = z.strictObject({
  /** Of all that decides about it: see `judgementKey`. */
  key: z.string().regex(/^[0-9a-f]{64}$/),
  /** Null when there was no map: the time for the explanation was up. */
  curves: z
    .strictObject({ map: curvesSchema, centre: curvesSchema, random: curvesSchema })
    .nullable(),
});
/** One map of one image with its curves: a line of the file. */
export type JudgedMapRecord = z.output<typeof judgedSchema>;

const headerSchema = z.strictObject({
  kind: z.literal('radtriage-evaluation-faithfulness'),
  version: z.literal(1),
});

export interface JudgementKeyParts {
  /** Of the scored image or series. */
  readonly recordKey: string;
  readonly labelId: string;
  /** What the manifest says of explanations. */
  readonly explanation: unknown;
  readonly steps: number;
  readonly seed: number;
}

export function judgementKey(parts: JudgementKeyParts): string {
  const { recordKey, labelId, explanation, steps, seed } = parts;
  const text = JSON.stringify([recordKey, labelId, explanation ?? null, steps, seed]);
  return createHash('sha256').update(text).digest('hex');
}

/**
 * What was judged so far in an evaluation's folder.
 * @param again forget it
 * @throws RadTriageError REQUEST_INVALID when the file is not ours, or damaged
 */
export function openJudgedMaps(
  folder: string,
  { again }: { again: boolean },
): Promise<LineFile<unknown, JudgedMapRecord>> {
  const begin = () => ({ kind: 'radtriage-evaluation-faithfulness' as const, version: 1 as const });
  const format = { header: headerSchema, line: judgedSchema, begin };
  return openLineFile(join(folder, FILE), format, again);
}
