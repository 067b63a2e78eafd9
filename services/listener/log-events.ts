import type { ScpEvent } from '#dicom/dimse/scp-types.ts';
import type { Logger } from '#platform/logger/logger.ts';
import { DEFAULT_WARNING_LIMITS, WarningLimiter, type WarningLimits } from './limit-warnings.ts';

type Level = 'debug' | 'info' | 'warn';

export interface EventLog {
  log(event: ScpEvent): void;
  /** Says how many warnings were left out, and stops. */
  close(): void;
}

/** Writes what happens at the door into the log, warnings about one peer no more often than the limits allow. */
export function createEventLog(
  logger: Logger,
  limits: WarningLimits = DEFAULT_WARNING_LIMITS,
): EventLog {
  const limiter = new WarningLimiter((leftOut) => {
    logger.warn(leftOut, 'warnings left out');
  }, limits);
  return {
    log: (event) => {
      const level = levelOf(event);
      const peer = 'peerAddress' in event ? event.peerAddress : '';
      if (level === 'warn' && limiter.judge(kindOf(event), peer) === 'leave-out') {
        return;
      }
      logger[level](event, event.type);
    },
    close: () => limiter.close(),
  };
}

/** What a person on call has to see is a warning; what happens a thousand times an hour is for debugging. */
function levelOf(event: ScpEvent): Level {
  switch (event.type) {
    case 'association-rejected':
    case 'store-abandoned':
    case 'connection-evicted':
    case 'tls-failed':
      return 'warn';
    case 'store-answered':
      return event.status === 0 ? 'debug' : 'warn';
    case 'service-answered':
    case 'event-reported':
      return event.status === 0 ? 'info' : 'warn';
    case 'tls-reloaded':
      return event.fault === undefined ? 'info' : 'warn';
    case 'association-ended':
      return event.end.how === 'released' ? 'debug' : 'warn';
    case 'association-accepted':
    case 'echo-answered':
      return 'debug';
  }
}

/** A flood of one fault must not hide another. */
function kindOf(event: ScpEvent): string {
  switch (event.type) {
    case 'association-ended':
      return `${event.type} ${event.end.how}`;
    case 'association-rejected':
      return `${event.type} ${event.why}`;
    case 'store-answered':
    case 'service-answered':
      return `${event.type} ${event.code ?? event.status}`;
    default:
      return event.type;
  }
}
