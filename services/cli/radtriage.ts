#!/usr/bin/env node
import { enableCompileCache } from 'node:module';

// Before anything else is loaded: later starts then need no compiler for TypeScript in memory.
enableCompileCache();
const { runProgram } = await import('./run-program.ts');
await runProgram();
