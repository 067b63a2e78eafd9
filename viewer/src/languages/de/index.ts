import type { Dictionary } from '../dictionary.ts';
import { translateWith } from '../sentences.ts';
import { administration } from './administration.ts';
import { delivery } from './delivery.ts';
import { design } from './design.ts';
import { ERRORS, failures } from './errors.ts';
import { images } from './images.ts';
import { models } from './models.ts';
import { quality } from './quality.ts';
import { reading } from './reading.ts';
import { readingKeys } from './reading-keys.ts';
import { session } from './session.ts';
import { site } from './site.ts';
import { SITE_SENTENCES } from './site-sentences.ts';
import { storage } from './storage.ts';
import { STUDY_SENTENCES } from './study-sentences.ts';
import { systems } from './systems.ts';
import { WORK_SENTENCES } from './work-sentences.ts';
import { worklist } from './worklist.ts';
import { worklistPanes } from './worklist-panes.ts';

const GERMAN: Dictionary = {
  ...administration,
  ...delivery,
  ...design,
  ...failures,
  ...images,
  ...models,
  ...quality,
  ...reading,
  ...readingKeys,
  ...session,
  ...site,
  ...storage,
  ...systems,
  ...worklist,
  ...worklistPanes,
  SERVER_WORDS: {
    errors: ERRORS,
    sentence: translateWith([...STUDY_SENTENCES, ...WORK_SENTENCES, ...SITE_SENTENCES]),
  },
};

export default GERMAN;
