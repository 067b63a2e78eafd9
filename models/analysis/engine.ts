import { createRuntime, type Runtime, type RuntimeOptions } from '../runtime/runtime.ts';
import { createPreparer, type Preparer, type PreparerOptions } from './preparer.ts';

export interface EngineOptions {
  readonly runtime: Omit<RuntimeOptions, 'arenas'>;
  readonly preparer: PreparerOptions;
}

/** Everything that analyses images: processes that decode and prepare, and processes that run networks. */
export interface Engine {
  readonly preparer: Preparer;
  readonly runtime: Runtime;
  close(): Promise<void>;
}

/** @throws RadTriageError CONFIG_INVALID for an unknown execution provider */
export function createEngine(options: EngineOptions): Engine {
  const preparer = createPreparer(options.preparer);
  const runtime = createRuntime({ ...options.runtime, arenas: preparer.arenas });
  return {
    preparer,
    runtime,
    close: async () => {
      await Promise.all([runtime.close(), preparer.close()]);
    },
  };
}
