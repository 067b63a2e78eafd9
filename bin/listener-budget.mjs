/**
 * The listener's memory is budgeted, and what bounds it can only be said when a process starts: a young generation of
 * 4 MB a space (with less, collecting it costs a quarter of the time that a received image takes; unbounded, it grows
 * by 100 MB under load), and a C library that keeps neither a heap for each thread nor what was once used (mallopt(3)).
 */
export const LISTENER_NODE_FLAGS = ['--max-semi-space-size=4'];
export const LISTENER_ENVIRONMENT = {
  MALLOC_ARENA_MAX: '2',
  MALLOC_TRIM_THRESHOLD_: '131072',
  MALLOC_MMAP_THRESHOLD_: '131072',
};

/** Starts this process anew within its budget, unless whoever started it has set one. It keeps its number. */
export function keepToBudget() {
  const { execArgv, execPath, argv, env } = process;
  const isSet = execArgv.some((flag) => flag.startsWith('--max-semi-space-size'));
  // A channel to whoever started us would not survive.
  if (isSet || process.channel || process.execve === undefined) return;
  const args = [execPath, ...LISTENER_NODE_FLAGS, ...execArgv, ...argv.slice(1)];
  process.execve(execPath, args, { ...LISTENER_ENVIRONMENT, ...env });
}
