import { availableParallelism } from 'node:os';
import type { EngineOptions } from '#models/analysis/engine.ts';
import type { Config } from '#platform/config/config.ts';

/** More processes than this cost memory before they gain time. */
const MOST_PROCESSES = 4;

/**
 * The engine as a site has configured it.
 * @param count processes of either kind, where the site's own number is not wanted
 */
export function engineOptions(inference: Config['inference'], count?: number): EngineOptions {
  const { executionProviders, threads, timeoutSeconds, memoryLimitMb } = inference;
  const { tensorrt, libraryPath } = inference;
  const processes =
    count ?? inference.processes ?? Math.min(availableParallelism(), MOST_PROCESSES);
  const decoders = count ?? inference.decoders ?? processes;
  return {
    runtime: {
      executionProviders,
      processes,
      threads,
      timeoutMs: timeoutSeconds * 1000,
      memoryLimitMb,
      environment: libraryPath === undefined ? {} : { LD_LIBRARY_PATH: libraryPath },
      tensorrt,
    },
    preparer: { processes: decoders, memoryLimitMb },
  };
}
