import { createEngine, type Engine, type EngineOptions } from '#models/analysis/engine.ts';

/** One process of either kind on the CPU, with time for a loaded machine. */
export function startTestEngine(
  options: Partial<EngineOptions['runtime']> = {},
  preparer: Partial<EngineOptions['preparer']> = {},
): Engine {
  const settings = { executionProviders: ['cpu'], processes: 1, threads: 1, timeoutMs: 60_000 };
  return createEngine({
    runtime: { ...settings, ...options },
    preparer: { processes: 1, ...preparer },
  });
}

/** The same engine, with something done before each task of the preparer. */
export function beforePreparing(
  { preparer, runtime, reader }: Engine,
  before: () => Promise<unknown>,
) {
  return {
    runtime,
    reader,
    preparer: {
      processes: preparer.processes,
      prepare: async (...task: Parameters<typeof preparer.prepare>) => {
        await before();
        return preparer.prepare(...task);
      },
    },
  };
}
