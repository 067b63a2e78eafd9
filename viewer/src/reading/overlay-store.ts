import { z } from 'zod';
import { COLOUR_MAPS } from './colour-maps.ts';

export const DRAWN = ['heat', 'contour'] as const;

const wishSchema = z.object({
  drawn: z.enum(DRAWN).catch('heat'),
  colours: z.enum(COLOUR_MAPS).catch('inferno'),
  opacity: z.number().min(0).max(1).catch(0.35),
});
/** How a reader wants heatmaps drawn. */
export type KeptWish = z.output<typeof wishSchema>;

const wishKey = (reader: string) => `radtriage.overlay.${reader}`;

/** What this reader chose in this browser; what is missing or of no use is as for a new reader. */
export function loadWish(store: Pick<Storage, 'getItem'>, reader: string): KeptWish {
  try {
    const stored: unknown = JSON.parse(store.getItem(wishKey(reader)) ?? '{}');
    const read = wishSchema.safeParse(stored);
    if (read.success) return read.data;
  } catch {
    // What is no JSON is not ours.
  }
  return wishSchema.parse({});
}

export function saveWish(store: Pick<Storage, 'setItem'>, reader: string, wish: KeptWish): void {
  store.setItem(wishKey(reader), JSON.stringify(wish));
}
