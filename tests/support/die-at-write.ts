import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

/**
 * Preloaded into a process (`node --import`), it sends that process SIGKILL in the place of its Nth change below a
 * directory: making, writing, flushing, closing, renaming or removing. DIE_BELOW names the directory, DIE_AT the
 * number, counted from 1. What was done before has happened, and nothing after it does.
 */
const below = process.env['DIE_BELOW'] ?? '';
const at = Number(process.env['DIE_AT']);
let changes = 0;

function count(path: unknown): void {
  if (typeof path !== 'string' || !path.startsWith(below)) return;
  changes += 1;
  if (changes === at) process.kill(process.pid, 'SIGKILL');
}

type Call = (...args: unknown[]) => unknown;

function replace(target: object, name: string, by: (original: Call) => Call): void {
  const original: unknown = Reflect.get(target, name);
  if (typeof original !== 'function') throw new TypeError(`there is no ${name}`);
  Reflect.set(
    target,
    name,
    by((...args) => Reflect.apply(original, promises, args)),
  );
}

for (const name of ['mkdir', 'mkdtemp', 'rename', 'rm', 'chmod']) {
  replace(promises, name, (original) => (...args) => {
    count(args[0]);
    return original(...args);
  });
}
replace(promises, 'open', (original) => async (...args) => {
  const [path, flags] = args;
  if (typeof flags === 'string' && flags !== 'r') count(path);
  const handle = await original(...args);
  if (typeof handle !== 'object' || handle === null) throw new TypeError('open gives no handle');
  for (const change of ['writeFile', 'chmod', 'sync', 'close']) {
    const method: unknown = Reflect.get(handle, change);
    if (typeof method !== 'function') throw new TypeError(`a handle has no ${change}`);
    Reflect.set(handle, change, (...given: unknown[]) => {
      count(path);
      return Reflect.apply(method, handle, given);
    });
  }
  return handle;
});
syncBuiltinESMExports();
