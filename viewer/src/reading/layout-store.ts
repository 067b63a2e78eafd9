import { z } from 'zod';
import { LAYOUTS, type Layout } from './hanging.ts';

const KEY = 'radtriage.layouts';
const storedSchema = z.record(z.string(), z.enum(LAYOUTS));

function readStored(store: Pick<Storage, 'getItem'>): Record<string, Layout> {
  try {
    return storedSchema.parse(JSON.parse(store.getItem(KEY) ?? '{}'));
  } catch {
    // Somebody else's, or of a time when there were other layouts: then nothing is remembered.
    return {};
  }
}

/** The layout that was last chosen for a modality on this machine; null when none was. */
export function rememberedLayout(
  store: Pick<Storage, 'getItem'>,
  modality: string | null,
): Layout | null {
  return readStored(store)[modality ?? ''] ?? null;
}

export function rememberLayout(
  store: Pick<Storage, 'getItem' | 'setItem'>,
  modality: string | null,
  layout: Layout,
): void {
  store.setItem(KEY, JSON.stringify({ ...readStored(store), [modality ?? '']: layout }));
}
