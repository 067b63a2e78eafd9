import { runWithNode24 } from './node24.mjs';

// node bin/with-node24.mjs COMMAND ...: the same on Node 24.
const [command, ...args] = process.argv.slice(2);
runWithNode24(command ?? 'node', args);
