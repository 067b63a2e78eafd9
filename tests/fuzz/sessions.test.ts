import { testTargets } from './expect-unbroken.ts';
import { sessions } from './targets/sessions.ts';

testTargets([sessions]);
