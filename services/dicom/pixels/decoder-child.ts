import { toRadTriageError } from '#core/errors.ts';
import { decodeFrame } from './decode-frame.ts';
import type { DecodeReply, DecodeRequest } from './decoder-messages.ts';

/**
 * The process that decodes: started by pixel-decoder.ts, which may kill it at any time. It keeps nothing between
 * requests but the compiled codecs.
 */

/** WebAssembly memory grows and never shrinks: above this the parent replaces the process. */
const SPENT_ABOVE_BYTES = 1.5 * 2 ** 30;

async function answer(request: DecodeRequest): Promise<DecodeReply> {
  try {
    const frame = await decodeFrame(request.source, request.frame, request.limits);
    const spent = process.memoryUsage.rss() > SPENT_ABOVE_BYTES;
    return { id: request.id, spent, outcome: { kind: 'decoded', frame } };
  } catch (thrown) {
    const { code, message, details } = toRadTriageError(thrown, 'PIXELS_UNDECODABLE');
    const outcome = { kind: 'failed' as const, code, message, details: { ...details } };
    return { id: request.id, spent: hasTrapped(thrown), outcome };
  }
}

/** A trap leaves the memory of a WebAssembly module in an unknown state. */
function hasTrapped(thrown: unknown): boolean {
  for (let error = thrown; error instanceof Error; error = error.cause) {
    if (error.name === 'RuntimeError') return true;
  }
  return false;
}

process.on('message', (request: DecodeRequest) => {
  void answer(request).then((reply) => process.send?.(reply));
});

// Without its parent it has nothing to live for.
process.on('disconnect', () => process.exit());
