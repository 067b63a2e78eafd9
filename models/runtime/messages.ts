import { z } from 'zod';
import { EXECUTION_PROVIDERS } from './providers.ts';

/** What passes between the runtime and its child processes (structured clone over the IPC channel). */
const float32 = z.custom<Float32Array>((value) => value instanceof Float32Array);

const loadRequestSchema = z.object({
  kind: z.literal('load'),
  id: z.number(),
  /** Names the loaded network in later requests. */
  modelKey: z.string(),
  /** The file is read and hashed by the child, which loads the very bytes that it hashed. */
  path: z.string(),
  sha256: z.string(),
  inputName: z.string(),
  dims: z.array(z.number()),
  outputNames: z.array(z.string()),
  providers: z.array(z.enum(EXECUTION_PROVIDERS)),
  threads: z.number(),
});
const runRequestSchema = z.object({
  kind: z.literal('run'),
  id: z.number(),
  modelKey: z.string(),
  data: float32,
});
export const requestSchema = z.discriminatedUnion('kind', [loadRequestSchema, runRequestSchema]);
export type LoadRequest = z.output<typeof loadRequestSchema>;
export type RunRequest = z.output<typeof runRequestSchema>;
export type Request = z.output<typeof requestSchema>;

const outputSchema = z.object({ data: float32, dims: z.array(z.number()) });
export type OutputTensor = z.output<typeof outputSchema>;

export const replySchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('loaded'),
    id: z.number(),
    provider: z.string(),
    /** Providers that were tried before and why each declined. */
    declined: z.array(z.string()),
  }),
  z.object({
    kind: z.literal('result'),
    id: z.number(),
    outputs: z.record(z.string(), outputSchema),
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
export type ResultReply = Extract<Reply, { kind: 'result' }>;
