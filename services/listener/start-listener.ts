import type { DimseService } from '#dicom/dimse/dimse-service.ts';
import { startScp } from '#dicom/dimse/scp.ts';
import type { ScpEvent, ScpLimits, StoreSink } from '#dicom/dimse/scp-types.ts';
import type { InstanceReceiver } from '#intake/types.ts';
import type { Config } from '#platform/config/config.ts';
import type { Logger } from '#platform/logger/logger.ts';
import { createAssociationPolicy } from './association-policy.ts';
import { createEventLog } from './log-events.ts';
import { tlsFrom } from './read-tls-files.ts';

export interface ListenerOptions {
  readonly config: { readonly dicom: Config['dicom'] };
  /** The one way in: keeps what is received. */
  readonly receiver: InstanceReceiver;
  readonly logger: Logger;
  /** What is answered beside C-ECHO and C-STORE. */
  readonly services?: readonly DimseService[];
  /** Told of everything that happens at the door, beside the log: for metrics and audit. */
  readonly onEvent?: (event: ScpEvent) => void;
  /** Timers and sizes other than those of the configuration. */
  readonly limits?: Partial<ScpLimits>;
}

export interface Listener {
  readonly aeTitle: string;
  readonly host: string;
  /** The port without TLS, or the one of TLS where there is no other. */
  readonly port: number;
  readonly tlsPort: number | undefined;
  /** What each open association has sent so far, bytes by association id. */
  bytesReceived(): ReadonlyMap<number, number>;
  /**
   * Takes no new association, lets stores under way be answered within `graceMs` (10 s by default), then aborts the
   * rest. Resolves when no connection is left.
   */
  close(options?: { graceMs?: number }): Promise<void>;
}

/**
 * Opens the DICOM door: C-ECHO and C-STORE from the peers that the configuration lets in, each object handed to the
 * receiver while it streams in, and answered with Success only when the receiver has kept it.
 * @throws RadTriageError CONFIG_INVALID, PORT_IN_USE
 */
export async function startListener(options: ListenerOptions): Promise<Listener> {
  const { receiver, logger } = options;
  const { dicom } = options.config;
  const policy = createAssociationPolicy(dicom);
  const eventLog = createEventLog(logger);
  const server = await startScp({
    host: dicom.host,
    port: dicom.port,
    ...(dicom.tls === undefined ? {} : { tls: tlsFrom(dicom.tls) }),
    moreStorageClasses: dicom.moreStorageClasses,
    policy,
    handlers: {
      openStore: (request): StoreSink | Promise<StoreSink> =>
        receiver.open({ ...request, via: 'dimse' }),
      services: options.services ?? [],
    },
    limits: {
      maxAssociations: dicom.maxAssociations,
      maxAssociationsPerPeer: dicom.maxAssociationsPerPeer,
      maxObjectBytes: dicom.maxObjectBytes,
      ...options.limits,
    },
    onEvent: (event) => {
      eventLog.log(event);
      options.onEvent?.(event);
    },
  });
  const { port, tlsPort } = server;
  const aeTitle = dicom.aeTitles[0] ?? '';
  logger.info({ host: dicom.host, port, tlsPort, aeTitles: dicom.aeTitles }, 'listening for DICOM');
  return {
    aeTitle,
    host: dicom.host,
    port,
    tlsPort,
    bytesReceived: () => server.bytesReceived(),
    close: async (closeOptions) => {
      await server.close(closeOptions);
      eventLog.close();
      logger.info({ port }, 'no longer listening for DICOM');
    },
  };
}
