import type { FuzzTarget } from './run-target.ts';
import { dataSets, deflatedDataSets } from './targets/data-sets.ts';
import { sessions } from './targets/sessions.ts';
import { fileMetas, files, texts } from './targets/texts-and-files.ts';
import { associateRequests, commandSets, pdus } from './targets/wire.ts';

/** Everything that takes bytes from strangers. */
export const TARGETS: readonly FuzzTarget[] = [
  dataSets,
  deflatedDataSets,
  pdus,
  associateRequests,
  commandSets,
  sessions,
  texts,
  fileMetas,
  files,
];
