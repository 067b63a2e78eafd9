import type { API_TEXT } from '../api/text.ts';
import type { FORMAT_TEXT } from '../design/format-text.ts';
import type { NOTICES, TEXT } from '../design/text.ts';
import type { SESSION_TEXT } from '../session/text.ts';
import type { AI_TEXT, MODEL_ROLE_WORDS } from '../worklist/ai-text.ts';
import type { DETAIL_TEXT } from '../worklist/detail-text.ts';
import type { FILTER_TEXT, VIEW_TEXT } from '../worklist/filter-text.ts';
import type { NOTIFIED_TEXT } from '../worklist/notification-text.ts';
import type {
  COLUMN_TITLES,
  READING_WORDS,
  STATUS_WORDS,
  WORKLIST_TEXT,
} from '../worklist/text.ts';
import type { SERVER_WORDS } from './server-words.ts';

/** Every text of the viewer by the name it is exported under. A translation that lacks a word does not compile. */
export interface Dictionary {
  readonly AI_TEXT: typeof AI_TEXT;
  readonly API_TEXT: typeof API_TEXT;
  readonly COLUMN_TITLES: typeof COLUMN_TITLES;
  readonly DETAIL_TEXT: typeof DETAIL_TEXT;
  readonly FILTER_TEXT: typeof FILTER_TEXT;
  readonly FORMAT_TEXT: typeof FORMAT_TEXT;
  readonly MODEL_ROLE_WORDS: typeof MODEL_ROLE_WORDS;
  readonly NOTICES: typeof NOTICES;
  readonly NOTIFIED_TEXT: typeof NOTIFIED_TEXT;
  readonly READING_WORDS: typeof READING_WORDS;
  readonly SERVER_WORDS: typeof SERVER_WORDS;
  readonly SESSION_TEXT: typeof SESSION_TEXT;
  readonly STATUS_WORDS: typeof STATUS_WORDS;
  readonly TEXT: typeof TEXT;
  readonly VIEW_TEXT: typeof VIEW_TEXT;
  readonly WORKLIST_TEXT: typeof WORKLIST_TEXT;
}
