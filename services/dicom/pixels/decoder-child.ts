import { toRadTriageError } from '#core/errors.ts';
import { FIRST_DESCRIPTOR } from '#isolation/child-program.ts';
import { writeValues } from '#isolation/shared-values.ts';
import { decodeFrame } from './decode-frame.ts';
import { hasTrapped, isSpent } from './decoder-health.ts';
import { type DecodeReply, type DecodeRequest, withoutSamples } from './decoder-messages.ts';

/**
 * The process that decodes: started by pixel-decoder.ts, which may kill it at any time. It keeps nothing between
 * requests but the compiled codecs.
 */

async function answer(request: DecodeRequest): Promise<DecodeReply> {
  try {
    const frame = await decodeFrame(request.source, request.frame, request.limits);
    writeValues(FIRST_DESCRIPTOR, frame.values, 0);
    const outcome = { kind: 'decoded' as const, frame: withoutSamples(frame) };
    return { id: request.id, spent: isSpent(), outcome };
  } catch (thrown) {
    const { code, message, details } = toRadTriageError(thrown, 'PIXELS_UNDECODABLE');
    const outcome = { kind: 'failed' as const, code, message, details: { ...details } };
    return { id: request.id, spent: hasTrapped(thrown), outcome };
  }
}

process.on('message', (request: DecodeRequest) => {
  void answer(request).then((reply) => process.send?.(reply));
});

// Without its parent it has nothing to live for.
process.on('disconnect', () => process.exit());
