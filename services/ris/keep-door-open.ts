import { setTimeout as wait } from 'node:timers/promises';
import { toRadTriageError } from '#core/errors.ts';
import { type Ris, type RisOptions, startRis } from './start-ris.ts';

const RETRY_MS = 10_000;

export interface RisDoor {
  /** Undefined while its port cannot be had. */
  readonly opened: Ris | undefined;
  close(): Promise<void>;
}

/**
 * Opens the door for HL7, and goes on trying while its port is taken: images come in by another door, which must not
 * stay shut for it. @throws RadTriageError CONFIG_INVALID
 */
export async function keepDoorOpen(options: RisOptions, retryMs = RETRY_MS): Promise<RisDoor> {
  const { logger } = options;
  const stop = new AbortController();
  let opened: Ris | undefined;
  const attempt = async (): Promise<boolean> => {
    try {
      opened = await startRis(options);
      return true;
    } catch (thrown) {
      const error = toRadTriageError(thrown);
      if (error.code !== 'PORT_IN_USE') throw error;
      logger.error({ err: error }, 'the door for HL7 is shut; it is tried again');
      return false;
    }
  };
  const tryOn = async (): Promise<void> => {
    while (!(await attempt())) await wait(retryMs, undefined, { signal: stop.signal });
  };
  const isOpen = await attempt();
  const trying = isOpen
    ? Promise.resolve()
    : wait(retryMs, undefined, { signal: stop.signal })
        .then(tryOn)
        .catch((error: unknown) => {
          if (!stop.signal.aborted) logger.error({ err: error }, 'the door for HL7 stays shut');
        });
  return {
    get opened() {
      return opened;
    },
    close: async () => {
      stop.abort();
      await trying;
      await opened?.close();
    },
  };
}
