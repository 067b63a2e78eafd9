import type { Config } from '#platform/config/config.ts';

const DAY_MS = 86_400_000;

/**
 * Whether the site's declared policy keeps an object received then for that many days more at least. Without a
 * declaration the answer is no: what nobody has promised cannot be counted on.
 */
export function isKeptByPolicy(
  object: { readonly receivedAt: Date },
  retention: Pick<Config['retention'], 'keepAtLeastDays'>,
  asked: { readonly now: Date; readonly forDays: number },
): boolean {
  const { keepAtLeastDays } = retention;
  if (keepAtLeastDays === undefined) return false;
  const keptUntil = object.receivedAt.getTime() + keepAtLeastDays * DAY_MS;
  return keptUntil >= asked.now.getTime() + asked.forDays * DAY_MS;
}
