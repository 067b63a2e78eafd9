import { createHash } from 'node:crypto';
import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { benchModel } from '#models/runtime/bench.ts';
import { createRuntime, type RunnableModel, type Runtime } from '#models/runtime/runtime.ts';
import {
  batchNetwork,
  greedyNetwork,
  mixingNetwork,
  oneScoreNetwork,
} from '#tests/support/onnx/batch-networks.ts';
import { brightnessNetwork, slowNetwork } from '#tests/support/onnx/networks.ts';
import { temporaryDirectory } from '#tests/support/temporary.ts';
import { waitFor } from '#tests/support/wait-for.ts';

const SIZE = 64;
const CELL = 8;
/** Enough turns to outlast any deadline of these tests. */
const ENDLESS = 10n ** 12n;
const DIMS = [1, 1, SIZE, SIZE] as const;

let folder: ReturnType<typeof temporaryDirectory>;
let runtime: Runtime;

function start(options: Partial<Parameters<typeof createRuntime>[0]> = {}): Runtime {
  runtime = createRuntime({
    executionProviders: ['tensorrt', 'cuda', 'cpu'],
    processes: 1,
    threads: 1,
    timeoutMs: 20_000,
    ...options,
  });
  return runtime;
}

function write(name: string, network: Buffer): RunnableModel {
  const path = join(folder.path, name);
  writeFileSync(path, network);
  return {
    path,
    sha256: createHash('sha256').update(network).digest('hex'),
    inputName: 'image',
    dims: [1, 1, SIZE, SIZE],
    maximumBatch: 1,
    outputNames: ['score', 'heatmap'],
  };
}

function brightness(): RunnableModel {
  return write('brightness.onnx', brightnessNetwork(SIZE, CELL));
}

function image(): Float32Array {
  const data = new Float32Array(SIZE * SIZE);
  // One cell: row 2, column 5, fully bright.
  for (let y = 2 * CELL; y < 3 * CELL; y += 1) data.fill(1, y * SIZE + 40, y * SIZE + 48);
  return data;
}

beforeEach(() => {
  folder = temporaryDirectory();
});
afterEach(async () => {
  await runtime.close();
  folder.remove();
});

describe('the runtime', () => {
  it('runs a network in a child process and reports the provider that ran', async () => {
    start();
    const model = brightness();
    const { outputs, provider, ms } = await runtime.run(model, { data: image(), dims: DIMS });
    expect(outputs['score']?.data[0]).toBeCloseTo(1);
    expect(outputs['heatmap']?.dims).toEqual([1, 1, 8, 8]);
    expect(outputs['heatmap']?.data[2 * 8 + 5]).toBeCloseTo(1);
    expect(provider).toMatch(/cpu|cuda|tensorrt/);
    expect(ms).toBeGreaterThan(0);
    expect(runtime.processIds()).toHaveLength(1);
    expect(runtime.processIds()).not.toContain(process.pid);
    const { declined, provider: loaded } = await runtime.load(model);
    expect(loaded).toBe(provider);
    if (provider === 'cpu')
      expect(declined.map((why) => why.split(':')[0])).toEqual(['tensorrt', 'cuda']);
  });

  it('refuses an unknown provider instead of running on the CPU', () => {
    start();
    expect(() => start({ executionProviders: ['gpu', 'cpu'] })).toThrow(/gpu/);
  });

  it('fails with every reason when no provider loads', async () => {
    start({ executionProviders: ['tensorrt'] });
    const error = await runtime.load(brightness()).catch((thrown: unknown) => thrown);
    // A machine with TensorRT loads it: then there is nothing to refuse.
    if (error instanceof Error) expect(error).toMatchObject({ code: 'MODEL_FAILED' });
    else expect(error).toMatchObject({ provider: 'tensorrt' });
  });

  it('refuses altered bytes, a missing file and names that the network does not have', async () => {
    start();
    const altered = write('altered.onnx', brightnessNetwork(SIZE, CELL));
    appendFileSync(altered.path, 'x');
    await expect(runtime.load(altered)).rejects.toMatchObject({ code: 'MODEL_ALTERED' });
    const missing = write('missing.onnx', brightnessNetwork(SIZE, CELL));
    rmSync(missing.path);
    await expect(runtime.load(missing)).rejects.toMatchObject({ code: 'MODEL_MISSING' });
    const misnamed = { ...brightness(), outputNames: ['score', 'map'] };
    await expect(runtime.load(misnamed)).rejects.toMatchObject({
      code: 'MODEL_MANIFEST_INVALID',
      message: expect.stringContaining('output map'),
    });
    const noModel = write('text.onnx', Buffer.from('this is no network'));
    await expect(runtime.load(noModel)).rejects.toMatchObject({ code: 'MODEL_FAILED' });
    await expect(runtime.run(brightness(), { data: image(), dims: DIMS })).resolves.toBeDefined();
  });

  it('keeps what it has loaded when the file is altered later', async () => {
    start();
    const model = brightness();
    await runtime.load(model);
    appendFileSync(model.path, 'x');
    await expect(runtime.run(model, { data: image(), dims: DIMS })).resolves.toBeDefined();
  });

  it('kills a run that takes too long and goes on with a new child', async () => {
    start({ timeoutMs: 500, loadTimeoutMs: 1_500 });
    const model = brightness();
    await runtime.run(model, { data: image(), dims: DIMS });
    const [before] = runtime.processIds();
    const slow = write('slow.onnx', slowNetwork(SIZE, CELL, ENDLESS));
    await expect(runtime.load(slow)).rejects.toMatchObject({
      code: 'ANALYSIS_TIMEOUT',
      retryable: true,
    });
    await waitFor(() => isGone(before), { what: 'the old child to be gone' });
    await runtime.run(model, { data: image(), dims: DIMS });
    expect(runtime.processIds()).not.toContain(before);
  });

  it('survives the crash of a child in the middle of a run', async () => {
    start();
    const model = brightness();
    await runtime.load(model);
    const [pid] = runtime.processIds();
    const slow = write('slow.onnx', slowNetwork(SIZE, CELL, ENDLESS));
    const failure = runtime.load(slow).catch((error: unknown) => error);
    const waiting = runtime.run(model, { data: image(), dims: DIMS });
    process.kill(pid ?? 0, 'SIGSEGV');
    expect(await failure).toMatchObject({
      code: 'MODEL_FAILED',
      retryable: true,
      message: expect.stringContaining('SIGSEGV'),
    });
    expect((await waiting).outputs['score']?.data[0]).toBeCloseTo(1);
    expect(runtime.processIds()).not.toContain(pid);
  });

  it('leaves alone what runs in another child when one crashes', async () => {
    start({ processes: 2 });
    await runtime.warmUp([brightness()]);
    const endless = write('slow.onnx', slowNetwork(SIZE, CELL, ENDLESS));
    const ended: unknown[] = [];
    const note = (error: unknown) => ended.push(error);
    const both = [runtime.load(endless).catch(note), runtime.load(endless).catch(note)];
    const [victim = 0, other = 0] = runtime.processIds();
    process.kill(victim, 'SIGSEGV');
    await Promise.race(both);
    // The place of the one that crashed goes on with a new child, beside the other one, which is still at it.
    const after = await runtime.run(brightness(), { data: image(), dims: DIMS });
    expect(after.outputs['score']?.data[0]).toBeCloseTo(1);
    expect(ended).toMatchObject([{ code: 'MODEL_FAILED', retryable: true }]);
    expect(runtime.processIds()).toContain(other);
    expect(runtime.processIds()).not.toContain(victim);
  });

  it('kills a child that is stopped in the middle of its work', async () => {
    start({ timeoutMs: 1_500 });
    const model = brightness();
    await runtime.load(model);
    const [pid] = runtime.processIds();
    process.kill(pid ?? 0, 'SIGSTOP');
    const run = runtime.run(model, { data: image(), dims: DIMS });
    await expect(run).rejects.toMatchObject({ code: 'ANALYSIS_TIMEOUT' });
    await waitFor(() => isGone(pid), { what: 'the stopped child to be gone' });
    await expect(runtime.load(model)).resolves.toMatchObject({ batch: 1 });
  });

  it('kills a child that takes too much memory, and goes on with a new one', async () => {
    start({ memoryLimitMb: 600 });
    const greedy = write('greedy.onnx', greedyNetwork(SIZE, 400_000_000));
    await expect(runtime.load(greedy)).rejects.toMatchObject({
      code: 'ANALYSIS_MEMORY',
      retryable: true,
      message: expect.stringMatching(/took \d+ MB of memory, more than the 600 MB allowed/),
    });
    await expect(runtime.run(brightness(), { data: image(), dims: DIMS })).resolves.toBeDefined();
    expect(runtime.memory()).toMatchObject([{ now: expect.any(Number) }]);
  });

  it('restarts a child that died while idle', async () => {
    start();
    const model = brightness();
    await runtime.load(model);
    const [pid] = runtime.processIds();
    process.kill(pid ?? 0, 'SIGKILL');
    await waitFor(() => runtime.processIds().length === 0, { what: 'the child to be gone' });
    await expect(runtime.run(model, { data: image(), dims: DIMS })).resolves.toBeDefined();
  });

  it('leaves the event loop free while a network runs', async () => {
    start();
    const side = 1024;
    const dims = [1, 1, side, side] as const;
    // Few turns over a large image: every turn is written into the profile of the warm-up.
    const model = { ...write('slow.onnx', slowNetwork(side, CELL, 3_000n)), dims };
    await runtime.load(model);
    const delay = monitorEventLoopDelay({ resolution: 5 });
    const tensor = { data: new Float32Array(side * side), dims } as const;
    delay.enable();
    const { ms } = await runtime.run(model, tensor);
    delay.disable();
    expect(ms).toBeGreaterThan(100);
    expect(delay.max / 1e6).toBeLessThan(ms / 2);
  });

  it('loads into every process ahead of the first run', async () => {
    start({ processes: 2 });
    const missing = { ...brightness(), path: join(folder.path, 'missing.onnx') };
    await runtime.warmUp([missing, brightness()]);
    expect(new Set(runtime.processIds()).size).toBe(2);
    await expect(runtime.load(missing)).rejects.toMatchObject({ code: 'MODEL_MISSING' });
  });

  it('uses all its processes at once', async () => {
    start({ processes: 2 });
    const model = brightness();
    await Promise.all([1, 2, 3, 4].map(() => runtime.run(model, { data: image(), dims: DIMS })));
    expect(new Set(runtime.processIds()).size).toBe(2);
  });

  it('refuses work once closed, and fails what is under way', async () => {
    start();
    const slow = write('slow.onnx', slowNetwork(SIZE, CELL, ENDLESS));
    const failure = runtime.load(slow).catch((error: unknown) => error);
    const queued = runtime.load(slow).catch((error: unknown) => error);
    const pid = await waitFor(() => runtime.processIds()[0], { what: 'the child to start' });
    await runtime.close();
    expect(await failure).toMatchObject({ code: 'MODEL_FAILED' });
    expect(await queued).toMatchObject({ code: 'MODEL_FAILED' });
    expect(isGone(pid)).toBe(true);
    await expect(runtime.load(slow)).rejects.toMatchObject({ code: 'MODEL_FAILED' });
  });

  it('gives a batch the results of its images one by one', async () => {
    start();
    const model = { ...write('batch.onnx', batchNetwork(SIZE)), maximumBatch: 4 };
    const { batch } = await runtime.load(model);
    expect([1, 4]).toContain(batch);
    const images = [0.25, 0.5, 0.75].map((share) => image().map((value) => value * share));
    const inputs = images.map((data) => ({ data, dims: DIMS }));
    const together = await runtime.runBatch(model, inputs);
    expect(together).toHaveLength(3);
    for (const [i, input] of inputs.entries()) {
      const single = await runtime.run(model, input);
      for (const name of ['score', 'heatmap']) {
        expect(together[i]?.outputs[name]?.dims).toEqual(single.outputs[name]?.dims);
        const expected = [...(single.outputs[name]?.data ?? [])];
        for (const [at, value] of expected.entries()) {
          expect(together[i]?.outputs[name]?.data[at]).toBeCloseTo(value, 6);
        }
      }
    }
    expect(together.map(({ outputs }) => outputs['score']?.data[0])).toEqual([0.25, 0.5, 0.75]);
  });

  it('runs one image at a time where a batch would give something else', async () => {
    start();
    const mixing = { ...write('mixing.onnx', mixingNetwork(SIZE)), maximumBatch: 4 };
    expect(await runtime.load(mixing)).toMatchObject({
      batch: 1,
      batchDeclined: 'results in a batch are not those of single images',
    });
    const oneScore = { ...write('one.onnx', oneScoreNetwork(SIZE)), maximumBatch: 4 };
    expect(await runtime.load(oneScore)).toMatchObject({
      batch: 1,
      batchDeclined: 'an output is not one an image',
    });
    const fixed = { ...brightness(), maximumBatch: 4 };
    const { batch, batchDeclined } = await runtime.load(fixed);
    expect(batch).toBe(1);
    expect(batchDeclined).toMatch(/dimension/i);
  });

  it('passes large outputs too', async () => {
    start();
    const side = 2048;
    const model = {
      ...write('large.onnx', batchNetwork(side)),
      dims: [1, 1, side, side] as const,
    };
    const data = new Float32Array(side * side);
    for (let y = 0; y < CELL; y += 1) data.fill(1, y * side, y * side + CELL);
    const { outputs } = await runtime.run(model, { data, dims: model.dims });
    expect(outputs['heatmap']?.dims).toEqual([1, 1, side / CELL, side / CELL]);
    expect(outputs['heatmap']?.data).toHaveLength((side / CELL) ** 2);
    expect([...(outputs['heatmap']?.data.subarray(0, 2) ?? [])]).toEqual([1, 0]);
  });

  it('is timed by the bench', async () => {
    start();
    const bench = await benchModel(runtime, brightness(), 5);
    expect(bench.runs).toBe(5);
    expect(bench.network.median).toBeGreaterThan(0);
    expect(bench.roundTrip.median).toBeGreaterThanOrEqual(bench.network.median);
  });
});

/** Also of one that has ended and that nobody has taken note of yet. */
function isGone(pid: number | undefined): boolean {
  try {
    return pid === undefined || readFileSync(`/proc/${pid}/stat`, 'latin1').includes(') Z ');
  } catch {
    return true;
  }
}
