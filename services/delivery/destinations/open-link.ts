import { toRadTriageError } from '#core/errors.ts';
import type { Destination } from '#platform/config/destinations.ts';
import type { SendableObject } from './delivery-store.ts';
import type { DestinationLink, LinkSurroundings } from './link.ts';
import { openStoreLink } from './store-link.ts';
import { openWebLink } from './web-link.ts';

/** @throws RadTriageError ASSOCIATION_FAILED, ASSOCIATION_REJECTED, CONFIG_INVALID */
export async function openLink(
  destination: Destination,
  objects: readonly SendableObject[],
  surroundings: LinkSurroundings,
): Promise<DestinationLink> {
  if (destination.kind === 'STOW-RS') return openWebLink(destination, surroundings);
  try {
    return await openStoreLink(destination, objects, surroundings);
  } catch (error) {
    // What OpenSSL says of a key or certificate that it cannot use.
    throw toRadTriageError(error, 'CONFIG_INVALID');
  }
}
