import { z } from 'zod';
import { EXECUTION_PROVIDERS } from './providers.ts';

/**
 * What passes between the runtime and its child processes over their channel. Inputs and large outputs lie in shared
 * files (services/isolation/shared-arena.ts): a message of a megabyte would cost milliseconds.
 */
const loadRequestSchema = z.object({
  kind: z.literal('load'),
  id: z.number(),
  /** Names the loaded network in later requests. */
  modelKey: z.string(),
  /** The file is read and hashed by the child, which loads the very bytes that it hashed. */
  path: z.string(),
  sha256: z.string(),
  inputName: z.string(),
  /** Of one image: [1, channels, H, W]. */
  dims: z.array(z.number()),
  /** Up to so many images at once, where that gains. */
  maximumBatch: z.number(),
  outputNames: z.array(z.string()),
  providers: z.array(z.enum(EXECUTION_PROVIDERS)),
  threads: z.number(),
});

/** A piece of the input in one of the child's shared files. */
const pieceSchema = z.object({ descriptor: z.number(), offset: z.number(), bytes: z.number() });
export type InputPiece = z.output<typeof pieceSchema>;

const runRequestSchema = z.object({
  kind: z.literal('run'),
  id: z.number(),
  modelKey: z.string(),
  /** Images: as many runs as the batch that was found makes necessary. */
  count: z.number(),
  /** The input, float32, one image after the other: the pieces joined. */
  pieces: z.array(pieceSchema),
  /** Where large outputs go in the child's own file. */
  outputOffset: z.number(),
});
export const requestSchema = z.discriminatedUnion('kind', [loadRequestSchema, runRequestSchema]);
export type LoadRequest = z.output<typeof loadRequestSchema>;
export type RunRequest = z.output<typeof runRequestSchema>;
/** A request without the number that its slot gives it. */
export type LoadMessage = Omit<LoadRequest, 'id'>;
export type RunMessage = Omit<RunRequest, 'id'>;

const float32 = z.custom<Float32Array>((value) => value instanceof Float32Array);
const outputSchema = z.object({ data: float32, dims: z.array(z.number()) });
export type OutputTensor = z.output<typeof outputSchema>;
/** An output that lies in the child's own file. */
const sharedOutputSchema = z.object({
  offset: z.number(),
  bytes: z.number(),
  dims: z.array(z.number()),
});
export type SharedOutput = z.output<typeof sharedOutputSchema>;

export const replySchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('loaded'),
    id: z.number(),
    provider: z.string(),
    /** Providers that were tried before and why each declined. */
    declined: z.array(z.string()),
    /** How many images go into one run: 1, or maximumBatch where that was found to be faster and to give the same. */
    batch: z.number(),
    /** Why it is 1 although the manifest allows more. */
    batchDeclined: z.string().optional(),
    /** Of reading, verifying, loading and the first runs. */
    ms: z.number(),
    /** Of a run of one image. */
    runMs: z.number(),
  }),
  z.object({
    kind: z.literal('result'),
    id: z.number(),
    runs: z.array(
      z.object({
        /** Images in it. */
        count: z.number(),
        outputs: z.record(z.string(), z.union([outputSchema, sharedOutputSchema])),
      }),
    ),
    ms: z.number(),
  }),
  z.object({
    kind: z.literal('error'),
    id: z.number(),
    code: z.enum(['MODEL_ALTERED', 'MODEL_MISSING', 'MODEL_MANIFEST_INVALID', 'MODEL_FAILED']),
    message: z.string(),
  }),
]);
export type Reply = z.output<typeof replySchema>;
export type LoadedReply = Extract<Reply, { kind: 'loaded' }>;
export type RunReply = Extract<Reply, { kind: 'result' }>['runs'][number];
