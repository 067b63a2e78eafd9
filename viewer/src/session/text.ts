import { translated } from '../languages/language.ts';

export const SESSION_TEXT = translated('SESSION_TEXT', {
  lead: 'Radiology triage worklist',
  username: 'User name',
  password: 'Password',
  logIn: 'Log in',
  wrong: 'User name or password is wrong.',
  tooMany: 'Too many attempts. Wait a minute, then try again.',
  idleOut: 'You were logged out after 15 minutes without activity. Drafts are kept in this tab.',
  idleTitle: 'Still there?',
  idleDetail: 'You will be logged out in a minute. Your draft is kept in this tab.',
  stay: 'Stay logged in',
  intended:
    'Research and demonstration software. It orders a worklist and marks findings for a radiologist to judge; it is not a medical device.',
  mainNavigation: 'Pages',
});
