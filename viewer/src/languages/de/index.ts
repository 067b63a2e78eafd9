import type { Dictionary } from '../dictionary.ts';
import { translateWith } from '../sentences.ts';
import { design } from './design.ts';
import { ERRORS, failures } from './errors.ts';
import { session } from './session.ts';
import { SITE_SENTENCES } from './site-sentences.ts';
import { STUDY_SENTENCES } from './study-sentences.ts';
import { worklist } from './worklist.ts';
import { worklistPanes } from './worklist-panes.ts';

const GERMAN: Dictionary = {
  ...design,
  ...failures,
  ...session,
  ...worklist,
  ...worklistPanes,
  SERVER_WORDS: {
    errors: ERRORS,
    sentence: translateWith([...STUDY_SENTENCES, ...SITE_SENTENCES]),
  },
};

export default GERMAN;
