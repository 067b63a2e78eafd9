import { randomUUID } from 'node:crypto';
import type { Destination } from '#platform/config/destinations.ts';
import { listenToChannel } from '#platform/database/connect.ts';
import { DELIVERY_CHANNEL } from '#platform/deliveries/channel.ts';
import { startWatch, type Watch } from '#platform/watch/watch.ts';
import { addDestination } from './destination-store.ts';
import { markOrphans, welcomeBack } from './orphans.ts';
import { DestinationServer, type ServeOptions } from './serve-destination.ts';

export interface DeliveryOptions extends Omit<ServeOptions, 'owner' | 'clock'> {
  readonly destinations: readonly Destination[];
  readonly databaseUrl: string;
  readonly clock?: () => Date;
}

export interface Deliveries {
  /** Looks at every destination as soon as it can. */
  wake(): void;
  /** Ends what is under way, and resolves when nothing is. */
  close(): Promise<void>;
}

/**
 * One loop for each destination, each by itself: one that is down, hangs or is slow holds up none of the others. Any
 * number of processes may run this; each destination is served by one of them at a time.
 */
export function startDeliveries(options: DeliveryOptions): Deliveries {
  const { database, destinations, logger } = options;
  const clock = options.clock ?? (() => new Date());
  const owner = randomUUID();
  const loops = new Map<string, { server: DestinationServer; watch: Watch }>();
  for (const destination of destinations) {
    const { name } = destination;
    const server = new DestinationServer(destination, { ...options, owner, clock });
    let known = false;
    const watch = startWatch(`deliveries to ${name}`, logger, async () => {
      if (!known) {
        await addDestination(database, name);
        await welcomeBack(database, name, clock());
        known = true;
      }
      const next = await server.look();
      // The watch goes by the clock on the wall.
      return next && new Date(Date.now() + next.getTime() - clock().getTime());
    });
    loops.set(name, { server, watch });
  }
  const names = destinations.map(({ name }) => name);
  const orphans = startWatch('deliveries to destinations that are gone', logger, async () => {
    await markOrphans(database, names);
    return undefined;
  });
  if (names.length === 0) return { wake: () => undefined, close: () => orphans.close() };
  const wake = (): void => {
    for (const { watch } of loops.values()) watch.wake();
  };
  const listener = listenToChannel(options.databaseUrl, DELIVERY_CHANNEL, {
    onMessage: (name) => loops.get(name)?.watch.wake(),
    onConnect: wake,
  });
  return {
    wake,
    close: async () => {
      await listener.close();
      for (const { server } of loops.values()) server.stop();
      await Promise.all(
        [orphans, ...[...loops.values()].map(({ watch }) => watch)].map((watch) => watch.close()),
      );
    },
  };
}
