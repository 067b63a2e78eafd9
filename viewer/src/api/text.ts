import { translated } from '../languages/language.ts';

/** Failures that this page tells of by itself. */
export const API_TEXT = translated('API_TEXT', {
  status: (status: number) => `The server answered with status ${status}.`,
  unreachable: 'The server cannot be reached.',
  contract: 'The server gave an answer that this page does not understand. Reload the page.',
});
