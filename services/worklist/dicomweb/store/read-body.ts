import type { IncomingMessage } from 'node:http';
import { RadTriageError } from '#core/errors.ts';

export interface BodyPace {
  /** In this time a sender has to bring at least `minBytes`, milliseconds; our own work does not count. */
  readonly stallMs: number;
  readonly minBytes: number;
}

/**
 * Reads a body chunk by chunk: none is asked for before the last one is taken, so that a sender is held back by its
 * socket. A sender that stops or drips is disconnected.
 * @throws RadTriageError ASSOCIATION_FAILED when the sender goes away or is too slow; and whatever `take` throws, with
 * the rest of the body unread
 */
export async function readBody(
  raw: IncomingMessage,
  pace: BodyPace,
  take: (chunk: Buffer) => Promise<void>,
): Promise<void> {
  const chunks: AsyncIterator<Buffer> = raw.iterator({ destroyOnReturn: false });
  let waitedMs = 0;
  let bytes = 0;
  try {
    for (;;) {
      const since = performance.now();
      const next = await nextChunk(raw, chunks, pace.stallMs - waitedMs);
      if (next.done === true) return;
      waitedMs += performance.now() - since;
      bytes += next.value.length;
      if (bytes >= pace.minBytes) [waitedMs, bytes] = [0, 0];
      await take(next.value);
    }
  } finally {
    // Lets go of the stream: otherwise nobody else could read what is left.
    await chunks.return?.();
  }
}

async function nextChunk(
  raw: IncomingMessage,
  chunks: AsyncIterator<Buffer>,
  patienceMs: number,
): Promise<IteratorResult<Buffer>> {
  let isSlow = false;
  const timer = setTimeout(
    () => {
      isSlow = true;
      raw.destroy();
    },
    Math.max(0, patienceMs),
  );
  try {
    const next = await chunks.next();
    // A body that was cut off may end as if it were whole.
    if (next.done === true && !raw.complete) throw new Error('cut off');
    return next;
  } catch (cause) {
    const why = isSlow ? 'the sender is too slow' : 'the sender went away';
    throw new RadTriageError('ASSOCIATION_FAILED', why, { cause });
  } finally {
    clearTimeout(timer);
  }
}
