/**
 * What can only be said of a process when it starts.
 *
 * The listener's memory is budgeted: a young generation of 4 MB a space (with less, collecting it costs a quarter of
 * the time that a received image takes; unbounded, it grows by 100 MB under load), and a C library that keeps neither a
 * heap for each thread nor what was once used (mallopt(3)).
 *
 * The worker's event loop shares the cores with processes that compute without end. The threads with which V8 collects
 * garbage take turns with it as equals, and it waits for each of them: one is enough for its small heap.
 */
export const PROCESS_SETTINGS = {
  listener: {
    nodeFlags: ['--max-semi-space-size=4'],
    environment: {
      MALLOC_ARENA_MAX: '2',
      MALLOC_TRIM_THRESHOLD_: '131072',
      MALLOC_MMAP_THRESHOLD_: '131072',
    },
  },
  worker: { nodeFlags: ['--v8-pool-size=1'], environment: {} },
};

/** Starts this process anew with its settings, unless whoever started it has set some. It keeps its number. */
export function keepToSettings(name) {
  const settings = PROCESS_SETTINGS[name];
  if (settings === undefined) return;
  const { execArgv, execPath, argv, env } = process;
  const { nodeFlags, environment } = settings;
  const isSet = nodeFlags.some((flag) => {
    const [option = flag] = flag.split('=');
    return execArgv.some((own) => own.startsWith(option));
  });
  // A channel to whoever started us would not survive.
  if (isSet || process.channel || process.execve === undefined) return;
  const args = [execPath, ...nodeFlags, ...execArgv, ...argv.slice(1)];
  process.execve(execPath, args, { ...environment, ...env });
}
