import { testTargets } from './expect-unbroken.ts';
import { dataSets, deflatedDataSets } from './targets/data-sets.ts';

testTargets([dataSets, deflatedDataSets]);
