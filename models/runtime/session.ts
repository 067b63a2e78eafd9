import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { RadTriageError } from '#core/errors.ts';
import { readVerifiedModel } from '../registry/verify-model.ts';
import { chooseBatch } from './batch.ts';
import type { LoadRequest, OutputTensor } from './messages.ts';
import { providerFromProfile } from './profile.ts';
import type { ExecutionProvider } from './providers.ts';

/** One loaded network. Only child processes hold these: a run blocks its process, and a native crash ends it. */
export interface Session {
  /** The provider that a profiled run used: see profile.ts. */
  readonly provider: string;
  readonly declined: readonly string[];
  /** Images for one run, and why not more. */
  readonly batch: number;
  readonly batchDeclined: string | undefined;
  /** Milliseconds of a run of one image. */
  readonly runMs: number;
  /** @param count images in `data`, one after the other */
  run(data: Float32Array, count: number): Promise<Record<string, OutputTensor>>;
}

const ERRORS_ONLY = 3;

async function createSession(
  bytes: Uint8Array,
  request: LoadRequest,
  options: { provider: ExecutionProvider; profilePrefix: string },
): Promise<InferenceSession> {
  return InferenceSession.create(bytes, {
    executionProviders: [options.provider],
    intraOpNumThreads: request.threads,
    interOpNumThreads: 1,
    logSeverityLevel: ERRORS_ONLY,
    enableProfiling: true,
    profileFilePrefix: options.profilePrefix,
  });
}

/** onnxruntime throws when a provider cannot be had, even with a second one listed: hence one at a time. */
async function createWithFirstProvider(
  bytes: Uint8Array,
  request: LoadRequest,
  profilePrefix: string,
): Promise<{ session: InferenceSession; declined: string[] }> {
  const declined: string[] = [];
  for (const provider of request.providers) {
    try {
      return {
        session: await createSession(bytes, request, { provider, profilePrefix }),
        declined,
      };
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      declined.push(`${provider}: ${message.split('\n', 1)[0] ?? ''}`.slice(0, 300));
    }
  }
  throw new RadTriageError(
    'MODEL_FAILED',
    `no execution provider loads the model: ${declined.join('; ')}`,
  );
}

function checkNames(session: InferenceSession, request: LoadRequest): void {
  const missing = [
    ...(session.inputNames.includes(request.inputName) ? [] : [`input ${request.inputName}`]),
    ...request.outputNames
      .filter((name) => !session.outputNames.includes(name))
      .map((name) => `output ${name}`),
    ...session.inputNames
      .filter((name) => name !== request.inputName)
      .map((name) => `manifest entry for the input ${name}`),
  ];
  if (missing.length > 0) {
    throw new RadTriageError(
      'MODEL_MANIFEST_INVALID',
      `network and manifest do not agree: no ${missing.join(', no ')}`,
    );
  }
}

async function runOnce(
  session: InferenceSession,
  request: LoadRequest,
  { data, count }: { data: Float32Array; count: number },
): Promise<Record<string, OutputTensor>> {
  const dims = [count, ...request.dims.slice(1)];
  const feeds = { [request.inputName]: new Tensor('float32', data, dims) };
  const results = await session.run(feeds, request.outputNames);
  const outputs: Record<string, OutputTensor> = {};
  for (const name of request.outputNames) {
    const tensor = results[name];
    if (!(tensor?.data instanceof Float32Array)) {
      throw new RadTriageError('MODEL_MANIFEST_INVALID', `output ${name} is not float32`);
    }
    outputs[name] = { data: tensor.data, dims: [...tensor.dims] };
  }
  return outputs;
}

function imageLength({ dims }: LoadRequest): number {
  return dims.reduce((product, side) => product * side, 1);
}

/** The session does not say what it runs on: one profiled run on zeros does. */
async function warmUp(
  session: InferenceSession,
  request: LoadRequest,
  folder: string,
): Promise<string> {
  await runOnce(session, request, { data: new Float32Array(imageLength(request)), count: 1 });
  session.endProfiling();
  const [file] = await readdir(folder);
  if (file === undefined) throw new RadTriageError('MODEL_FAILED', 'no profile was written');
  return providerFromProfile(await readFile(join(folder, file), 'utf8'));
}

/**
 * Reads, verifies and loads a model, and runs it once.
 * @throws RadTriageError MODEL_MISSING, MODEL_ALTERED, MODEL_MANIFEST_INVALID (names or types of in- and outputs),
 *   MODEL_FAILED
 */
export async function openSession(request: LoadRequest): Promise<Session> {
  const bytes = await readVerifiedModel(request.path, request.sha256);
  const folder = await mkdtemp(join(tmpdir(), 'radtriage-profile-'));
  try {
    const created = await createWithFirstProvider(bytes, request, join(folder, 'profile'));
    checkNames(created.session, request);
    const provider = await warmUp(created.session, request, folder);
    const run = (data: Float32Array, count: number) =>
      runOnce(created.session, request, { data, count });
    const { maximumBatch } = request;
    const trial = { run, imageLength: imageLength(request), maximumBatch };
    const { batch, declined: batchDeclined } = await chooseBatch(trial);
    const begin = performance.now();
    await run(new Float32Array(trial.imageLength), 1);
    const runMs = performance.now() - begin;
    return { provider, declined: created.declined, batch, batchDeclined, runMs, run };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
