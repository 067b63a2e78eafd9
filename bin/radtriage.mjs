#!/usr/bin/env node
import { fileURLToPath } from 'node:url';
import { runsOnNode24, runWithNode24 } from './node24.mjs';

const entry = new URL('../services/cli/radtriage.ts', import.meta.url);
if (runsOnNode24()) await import(entry.href);
else runWithNode24('node', [fileURLToPath(entry), ...process.argv.slice(2)]);
