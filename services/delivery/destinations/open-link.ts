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
  return destination.kind === 'C-STORE'
    ? openStoreLink(destination, objects, surroundings)
    : openWebLink(destination, surroundings);
}
