import type {
  COMMITMENT_STATE_WORDS,
  COMMITMENT_TEXT,
  FINDING_WORDS,
} from '../administration/commitment-text.ts';
import type { DESTINATION_TEXT, KIND_WORDS } from '../administration/destination-text.ts';
import type { FAILED_RESULT_TEXT } from '../administration/failed-result-text.ts';
import type { MODEL_TEXT } from '../administration/model-text.ts';
import type {
  NOTIFICATION_STATE_WORDS,
  NOTIFICATION_TEXT,
} from '../administration/notification-text.ts';
import type { PROMOTION_TEXT } from '../administration/promotion-text.ts';
import type {
  DECISION_WORDS,
  QUARANTINE_STATE_WORDS,
  QUARANTINE_TEXT,
  REASON_WORDS,
} from '../administration/quarantine-text.ts';
import type { END_WORDS, SITE_TEXT, WAITING_STATE_WORDS } from '../administration/site-text.ts';
import type { ADMINISTRATION_TEXT, ROLE_ACTS, ROLE_WORDS } from '../administration/text.ts';
import type { API_TEXT } from '../api/text.ts';
import type { ELSEWHERE_TEXT } from '../design/elsewhere-text.ts';
import type { FORMAT_TEXT } from '../design/format-text.ts';
import type { LINKS_TEXT } from '../design/links-text.ts';
import type { NOTICES, TEXT } from '../design/text.ts';
import type { FILTER_WORDS, QUALITY_TEXT } from '../quality/text.ts';
import type { LOADING_TEXT } from '../reading/loading-text.ts';
import type { MEASURED_TEXT } from '../reading/measured-text.ts';
import type { MPR_TEXT } from '../reading/mpr-text.ts';
import type { READING_NOTIFICATION_TEXT } from '../reading/notification-text.ts';
import type { OVERLAY_TEXT } from '../reading/overlay-text.ts';
import type { PACS_TEXT } from '../reading/pacs-text.ts';
import type { PANES_TEXT } from '../reading/panes-text.ts';
import type { PRESET_NAMES } from '../reading/presets-text.ts';
import type { PRIORS_TEXT } from '../reading/priors-text.ts';
import type { RAIL_TEXT } from '../reading/rail-text.ts';
import type { READING_KEYS, READING_TEXT } from '../reading/text.ts';
import type { TOOLBAR_TEXT } from '../reading/toolbar-text.ts';
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
  readonly ADMINISTRATION_TEXT: typeof ADMINISTRATION_TEXT;
  readonly AI_TEXT: typeof AI_TEXT;
  readonly API_TEXT: typeof API_TEXT;
  readonly COLUMN_TITLES: typeof COLUMN_TITLES;
  readonly COMMITMENT_STATE_WORDS: typeof COMMITMENT_STATE_WORDS;
  readonly COMMITMENT_TEXT: typeof COMMITMENT_TEXT;
  readonly DECISION_WORDS: typeof DECISION_WORDS;
  readonly DESTINATION_TEXT: typeof DESTINATION_TEXT;
  readonly DETAIL_TEXT: typeof DETAIL_TEXT;
  readonly ELSEWHERE_TEXT: typeof ELSEWHERE_TEXT;
  readonly END_WORDS: typeof END_WORDS;
  readonly FAILED_RESULT_TEXT: typeof FAILED_RESULT_TEXT;
  readonly FILTER_TEXT: typeof FILTER_TEXT;
  readonly FILTER_WORDS: typeof FILTER_WORDS;
  readonly FINDING_WORDS: typeof FINDING_WORDS;
  readonly FORMAT_TEXT: typeof FORMAT_TEXT;
  readonly KIND_WORDS: typeof KIND_WORDS;
  readonly LINKS_TEXT: typeof LINKS_TEXT;
  readonly LOADING_TEXT: typeof LOADING_TEXT;
  readonly MEASURED_TEXT: typeof MEASURED_TEXT;
  readonly MODEL_ROLE_WORDS: typeof MODEL_ROLE_WORDS;
  readonly MODEL_TEXT: typeof MODEL_TEXT;
  readonly MPR_TEXT: typeof MPR_TEXT;
  readonly NOTICES: typeof NOTICES;
  readonly NOTIFICATION_STATE_WORDS: typeof NOTIFICATION_STATE_WORDS;
  readonly NOTIFICATION_TEXT: typeof NOTIFICATION_TEXT;
  readonly NOTIFIED_TEXT: typeof NOTIFIED_TEXT;
  readonly OVERLAY_TEXT: typeof OVERLAY_TEXT;
  readonly PACS_TEXT: typeof PACS_TEXT;
  readonly PANES_TEXT: typeof PANES_TEXT;
  readonly PRESET_NAMES: typeof PRESET_NAMES;
  readonly PRIORS_TEXT: typeof PRIORS_TEXT;
  readonly PROMOTION_TEXT: typeof PROMOTION_TEXT;
  readonly QUALITY_TEXT: typeof QUALITY_TEXT;
  readonly QUARANTINE_STATE_WORDS: typeof QUARANTINE_STATE_WORDS;
  readonly QUARANTINE_TEXT: typeof QUARANTINE_TEXT;
  readonly RAIL_TEXT: typeof RAIL_TEXT;
  readonly READING_KEYS: typeof READING_KEYS;
  readonly READING_NOTIFICATION_TEXT: typeof READING_NOTIFICATION_TEXT;
  readonly READING_TEXT: typeof READING_TEXT;
  readonly READING_WORDS: typeof READING_WORDS;
  readonly REASON_WORDS: typeof REASON_WORDS;
  readonly ROLE_ACTS: typeof ROLE_ACTS;
  readonly ROLE_WORDS: typeof ROLE_WORDS;
  readonly SERVER_WORDS: typeof SERVER_WORDS;
  readonly SESSION_TEXT: typeof SESSION_TEXT;
  readonly SITE_TEXT: typeof SITE_TEXT;
  readonly STATUS_WORDS: typeof STATUS_WORDS;
  readonly TEXT: typeof TEXT;
  readonly TOOLBAR_TEXT: typeof TOOLBAR_TEXT;
  readonly VIEW_TEXT: typeof VIEW_TEXT;
  readonly WAITING_STATE_WORDS: typeof WAITING_STATE_WORDS;
  readonly WORKLIST_TEXT: typeof WORKLIST_TEXT;
}
