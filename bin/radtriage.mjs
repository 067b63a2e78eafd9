#!/usr/bin/env node
import module from 'node:module';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runsOnNode24, runWithNode24 } from './node24.mjs';
import { keepToSettings } from './process-settings.mjs';

const entry = new URL('../services/cli/radtriage.ts', import.meta.url);
if (runsOnNode24()) {
  keepToSettings(process.argv[2]);
  // What the listener compiles is compiled on one thread, whose working memory is reused.
  if (process.argv[2] === 'listener') setFlagsFromString('--no-concurrent-recompilation');
  // In plain JavaScript, before any TypeScript is loaded: from the second start on the compiler of types, 16 MB, is
  // not needed at all.
  const { directory } = module.enableCompileCache?.() ?? {};
  // For threads and processes that we start.
  if (directory !== undefined) process.env.NODE_COMPILE_CACHE ??= directory;
  await import(entry.href);
} else {
  runWithNode24('node', [fileURLToPath(import.meta.url), ...process.argv.slice(2)]);
}
