import type { ModelReference } from '#models/registry/registry.ts';

/** @param text `id` or `id@version` */
export function parseModelReference(text: string): ModelReference {
  const at = text.indexOf('@');
  return at < 0 ? { modelId: text } : { modelId: text.slice(0, at), version: text.slice(at + 1) };
}
