import { addressOf } from '#delivery/destinations/delivery-routes.ts';
import { tryDestination } from '#delivery/destinations/try-destination.ts';
import type { Config } from '#platform/config/config.ts';
import type { Finding } from './finding.ts';

/** Whether each destination is there: C-ECHO, or OPTIONS for STOW-RS, all at the same time. */
export function checkDestinations({ destinations, dicom }: Config): Promise<Finding[]> {
  return Promise.all(
    destinations.map(async (destination): Promise<Finding> => {
      const { reachable, detail, milliseconds } = await tryDestination(destination, dicom);
      return {
        level: reachable ? 'ok' : 'fault',
        what: `destination ${destination.name} (${addressOf(destination)})`,
        detail: `${detail}, ${milliseconds} ms`,
      };
    }),
  );
}
