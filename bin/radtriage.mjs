#!/usr/bin/env node
import module from 'node:module';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runsOnNode24, runWithNode24 } from './node24.mjs';

const entry = new URL('../services/cli/radtriage.ts', import.meta.url);
if (runsOnNode24()) {
  // The listener's memory is budgeted and makes little garbage: V8's young generation stays at its first 1 MB.
  if (process.argv[2] === 'listener') setFlagsFromString('--semi-space-growth-factor=1');
  // In plain JavaScript, before any TypeScript is loaded: from the second start on the compiler of types, 16 MB, is
  // not needed at all.
  module.enableCompileCache?.();
  await import(entry.href);
} else {
  runWithNode24('node', [fileURLToPath(import.meta.url), ...process.argv.slice(2)]);
}
