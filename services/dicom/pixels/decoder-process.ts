import { RadTriageError } from '#core/errors.ts';
import type { ChildProgram } from '#isolation/child-program.ts';
import { ChildEndError, type ChildSlot } from '#isolation/child-slot.ts';
import type { SharedArena } from '#isolation/shared-arena.ts';

/** What every process that decodes pixels is held to. */
export interface DecoderLimits {
  /** Longest time for one frame, milliseconds, once a process has taken it up. */
  readonly timeoutMs?: number | undefined;
  /** Resident memory of a process, MB of 2^20 bytes, above which it is killed. */
  readonly memoryLimitMb?: number | undefined;
}

export const DECODER_TIMEOUT_MS = 30_000;
/** A frame of the hundred million samples that are accepted takes a gigabyte on its way. */
const DECODER_MEMORY_MB = 4096;
/** It loads half a second of modules, more on a busy machine. */
const START_ALLOWANCE_MS = 15_000;
/** Node's permission model: the child may read files, and neither write any, nor start processes or native code. */
const PERMISSIONS = ['--permission', '--allow-fs-read=*'];
/**
 * For loops over megabytes of pixels: a small young generation, since the arrays of each frame lie outside of the heap
 * and are only given back when it is swept; and no inlining by V8's middle compiler, which keeps a loop that is called
 * once a frame out of the best compiler's hands. Together they halve the processor time of a slice's input
 * (BENCHMARKS.md).
 */
const FOR_PIXELS = ['--max-old-space-size=512', '--max-semi-space-size=2', '--no-maglev-inlining'];

/**
 * A program that decodes what came from outside.
 * @param program its module, and how its replies are checked
 * @param arena where it writes pixels, as its first descriptor
 */
export function decoderProgram<Reply extends { readonly id: number }>(
  program: Pick<ChildProgram<Reply>, 'path' | 'parse'>,
  arena: SharedArena,
  { memoryLimitMb = DECODER_MEMORY_MB }: DecoderLimits,
): ChildProgram<Reply> {
  return {
    ...program,
    flags: [...PERMISSIONS, ...FOR_PIXELS],
    descriptors: [arena.descriptor],
    memoryLimitMb,
    startAllowanceMs: START_ALLOWANCE_MS,
  };
}

/** A process that crashed may have been killed for another's sake: its request gets one more try in a new one. */
export async function requestTwice<Reply extends { readonly id: number }>(
  slot: ChildSlot<Reply>,
  message: object,
  { timeoutMs, signal }: { timeoutMs: number; signal?: AbortSignal | undefined },
): Promise<Reply> {
  try {
    return await slot.request(message, timeoutMs, signal);
  } catch (error) {
    if (!(error instanceof ChildEndError) || error.end !== 'crash') throw error;
    return slot.request(message, timeoutMs, signal);
  }
}

/** The end of a decoding process as the fault of the frame that it was at. Other errors stay what they are. */
export function asDecodingError(thrown: unknown, timeoutMs: number): unknown {
  if (!(thrown instanceof ChildEndError)) return thrown;
  const undecodable = (message: string) =>
    new RadTriageError('PIXELS_UNDECODABLE', message, { cause: thrown });
  switch (thrown.end) {
    case 'timeout':
      return undecodable(`decoding took longer than ${timeoutMs} ms`);
    case 'memory':
      return undecodable(thrown.message.replace('the child process', 'decoding'));
    case 'nonsense':
      return undecodable('the decoder gave no valid answer');
    case 'crash':
      return undecodable('the decoder crashed');
    case 'aborted':
      return thrown.cause;
    case 'closed':
      return new RadTriageError('INTERNAL', 'the decoder is closed', { cause: thrown });
  }
}
