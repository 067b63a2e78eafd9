import type { FORMAT_TEXT } from '../design/format-text.ts';
import type { NOTICES, TEXT } from '../design/text.ts';
import type { SESSION_TEXT } from '../session/text.ts';

/** Every text of the viewer by the name it is exported under. A translation that lacks a word does not compile. */
export interface Dictionary {
  readonly FORMAT_TEXT: typeof FORMAT_TEXT;
  readonly TEXT: typeof TEXT;
  readonly NOTICES: typeof NOTICES;
  readonly SESSION_TEXT: typeof SESSION_TEXT;
}
