import { REFUSAL_CAUSES } from '#core/refusal.ts';
import type { ScpEvent } from '#dicom/dimse/scp-types.ts';
import type { MetricsRegistry } from '#platform/metrics/registry.ts';

/** What the listener's process knows of itself, read when it is asked. */
export interface DoorSurroundings {
  /** Open ones, and rows of the door log that were given up while the database was away. */
  readonly associations: () => { open: number; dropped: number };
  /** Objects kept that the index does not know yet, and how long the oldest has waited, milliseconds. */
  readonly backlog: () => { instances: number; oldestMs: number };
  /** Files made ready for a burst. */
  readonly readySlots: () => number;
  readonly disk: () => { freeBytes: number; sizeBytes: number } | undefined;
}

const STORE_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const SYNC_SECONDS = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1,
];

function addSurroundings(
  registry: MetricsRegistry,
  around: () => DoorSurroundings | undefined,
): void {
  const gauge = (
    name: string,
    help: string,
    read: (door: DoorSurroundings) => number | undefined,
  ) =>
    registry.gauge({ name: `radtriage_${name}`, help }, () => {
      const door = around();
      return door === undefined ? undefined : read(door);
    });
  gauge('associations', 'Open associations', (door) => door.associations().open);
  gauge(
    'index_backlog_objects',
    'Objects kept and answered for that the index does not know yet',
    (door) => door.backlog().instances,
  );
  gauge(
    'index_lag_seconds',
    'How long the oldest of them has waited',
    (door) => door.backlog().oldestMs / 1000,
  );
  gauge('journal_ready_slots', 'Files made ready for a burst of objects', (door) =>
    door.readySlots(),
  );
  gauge(
    'disk_free_bytes',
    'Free space on the disk of the archive',
    (door) => door.disk()?.freeBytes,
  );
  gauge('disk_size_bytes', 'Size of the disk of the archive', (door) => door.disk()?.sizeBytes);
  registry.readCounter(
    {
      name: 'radtriage_door_log_dropped_total',
      help: 'Rows of the door log given up while the database was away',
    },
    () => around()?.associations().dropped,
  );
}

export interface DoorMetrics {
  readonly observe: (event: ScpEvent) => void;
  /** A flush of a file to the disk, seconds. */
  readonly observeSync: (seconds: number) => void;
}

/**
 * Figures of the DICOM door. Peers are told apart when the configuration lists them; all others are `other`, so that
 * nobody can make up series. `around` is undefined until the door is open.
 */
export function createDoorMetrics(
  registry: MetricsRegistry,
  listedTitles: readonly string[],
  around: () => DoorSurroundings | undefined,
): DoorMetrics {
  const listed = new Set(listedTitles);
  const nameOf = (callingAe: string): string => (listed.has(callingAe) ? callingAe : 'other');
  const counter = (name: string, help: string) =>
    registry.counter({ name: `radtriage_${name}_total`, help });
  const associations = counter('associations', 'Associations that ended, by peer and how');
  const rejections = counter('rejections', 'Who was turned away, by cause');
  const stores = counter('stores', 'C-STORE requests answered, by peer and status');
  const bytes = counter('store_bytes', 'Data set bytes of objects that were kept, by peer');
  const abandoned = counter('stores_abandoned', 'Objects whose sender went away half way');
  const echoes = counter('echoes', 'C-ECHO requests answered');
  const services = counter('services', 'Other requests answered, by operation');
  const whole = registry.histogram({
    name: 'radtriage_store_seconds',
    help: 'From the request of a C-STORE to its answer',
    buckets: STORE_SECONDS,
  });
  const settle = registry.histogram({
    name: 'radtriage_store_settle_seconds',
    help: 'From the last byte of an object to its answer: what keeping it took',
    buckets: STORE_SECONDS,
  });
  const syncs = registry.histogram({
    name: 'radtriage_file_sync_seconds',
    help: 'A flush of a file to the disk',
    buckets: SYNC_SECONDS,
  });
  addSurroundings(registry, around);
  // A series that begins with its first event has no increase to alert on.
  for (const cause of REFUSAL_CAUSES) rejections.add(0, { cause });
  const observe = (event: ScpEvent): void => {
    switch (event.type) {
      case 'association-rejected':
        rejections.add(1, { cause: event.cause });
        return;
      case 'connection-evicted':
        rejections.add(1, { cause: 'evicted' });
        return;
      case 'tls-failed':
        rejections.add(1, { cause: 'tls' });
        return;
      case 'association-ended':
        // Without titles it never was one: something else spoke to our port.
        if (event.calledAe === '') rejections.add(1, { cause: 'protocol' });
        else associations.add(1, { peer: nameOf(event.callingAe), how: event.end.how });
        return;
      case 'store-answered': {
        const peer = nameOf(event.callingAe);
        // The codes are a closed set; without one a status is Success or a warning.
        stores.add(1, { peer, status: event.code ?? (event.status === 0 ? 'success' : 'warning') });
        if (event.code === undefined) bytes.add(event.bytes, { peer });
        whole.observe(event.milliseconds / 1000);
        settle.observe(event.settleMilliseconds / 1000);
        return;
      }
      case 'store-abandoned':
        abandoned.add(1);
        return;
      case 'echo-answered':
        echoes.add(1);
        return;
      case 'service-answered':
        services.add(1, { operation: event.operation });
    }
  };
  return { observe, observeSync: (seconds) => syncs.observe(seconds) };
}
