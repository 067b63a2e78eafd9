import { translated } from '../languages/language.ts';

/** Words that more than one page uses. Each page keeps its own beside it, so that a translation finds them all. */
export const TEXT = translated('TEXT', {
  product: 'RadTriage',
  previewMark: 'Preview: not for diagnosis',
  close: 'Close',
  cancel: 'Cancel',
  retry: 'Try again',
  loading: 'Loading',
  undo: 'Undo',
  worklist: 'Worklist',
  quality: 'Quality',
  administration: 'Administration',
  logOut: 'Log out',
  themeToLight: 'Light',
  themeToDark: 'Dark',
  themeLabel: 'Change between the dark and the light look',
  language: 'Language',
  messages: 'Messages',
  keys: 'Keys',
  offline: 'The live connection is lost. What you see may be old; trying to reconnect.',
  notFound: 'There is nothing at this address.',
  toWorklist: 'Go to the worklist',
  broken: 'This page stopped working. Nothing that you signed is lost.',
  reload: 'Reload',
  modelCard: 'Model card',
  unknown: 'not given',
});

export const NOTICES = translated('NOTICES', {
  /** Shown wherever a model has looked and found nothing: never that a study is fine. */
  noFindingBy: (model: string | null) => `no finding flagged by ${model ?? 'the model'}`,
  shadow: (title: string) =>
    `Model ${title} is in shadow: it changes nothing until an administrator promotes it.`,
  refused: (title: string) =>
    `Model ${title} is refused: studies are not analysed by it until an administrator has seen to it.`,
  demonstration: (title: string) =>
    `Model ${title} is a demonstration model: it knows generated studies only, not patients.`,
});
