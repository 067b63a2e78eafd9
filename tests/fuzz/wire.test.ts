import { testTargets } from './expect-unbroken.ts';
import { associateRequests, commandSets, pdus } from './targets/wire.ts';

testTargets([associateRequests, commandSets, pdus]);
