import { createRuntime, type Runtime, type RuntimeOptions } from '../runtime/runtime.ts';
import { createOutputReader, type OutputReader } from './output-reader.ts';
import { createPreparer, type Preparer, type PreparerOptions } from './preparer.ts';

export interface EngineOptions {
  readonly runtime: Omit<RuntimeOptions, 'arenas'>;
  readonly preparer: PreparerOptions;
}

/**
 * Everything that analyses images: processes that decode and prepare, processes that run networks, and threads that
 * read what they put out.
 */
export interface Engine {
  readonly preparer: Preparer;
  readonly runtime: Runtime;
  readonly reader: OutputReader;
  close(): Promise<void>;
}

/** Reading takes a small part of what a network takes, and a thread some 15 MB. */
const MOST_READERS = 2;

/** @throws RadTriageError CONFIG_INVALID for an unknown execution provider */
export function createEngine(options: EngineOptions): Engine {
  const preparer = createPreparer(options.preparer);
  const runtime = createRuntime({ ...options.runtime, arenas: preparer.arenas });
  const reader = createOutputReader(Math.min(MOST_READERS, runtime.processes));
  return {
    preparer,
    runtime,
    reader,
    close: async () => {
      await Promise.all([runtime.close(), preparer.close(), reader.close()]);
    },
  };
}
