import { z } from 'zod';
import { RadTriageError } from '#core/errors.ts';
import { providerOfProfileName } from './providers.ts';

/** The part of an onnxruntime profile (Chrome trace events) that tells where each node ran. */
const profileSchema = z.array(
  z.looseObject({
    dur: z.number().optional(),
    args: z.looseObject({ provider: z.string().optional() }).optional(),
  }),
);

/**
 * Which providers a profiled run really used, by time spent, joined by `+`: 'cpu', 'cuda' or 'cuda+cpu'.
 * @throws RadTriageError MODEL_FAILED when the profile names none
 */
export function providerFromProfile(profile: string): string {
  const events = profileSchema.parse(JSON.parse(profile));
  const spent = new Map<string, number>();
  for (const event of events) {
    const name = event.args?.provider;
    if (name === undefined || name === '') continue;
    const provider = providerOfProfileName(name);
    spent.set(provider, (spent.get(provider) ?? 0) + (event.dur ?? 0));
  }
  if (spent.size === 0) throw new RadTriageError('MODEL_FAILED', 'the profile names no provider');
  return [...spent]
    .sort((a, b) => b[1] - a[1])
    .map(([provider]) => provider)
    .join('+');
}
