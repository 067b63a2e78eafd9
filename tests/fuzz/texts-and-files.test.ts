import { testTargets } from './expect-unbroken.ts';
import { fileMetas, files, texts } from './targets/texts-and-files.ts';

testTargets([fileMetas, files, texts]);
