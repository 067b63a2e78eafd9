import { translated } from '../languages/language.ts';

export const LINKS_TEXT = translated('LINKS_TEXT', {
  group: 'Open this study in another system',
  newWindow: (name: string) => `Open this study in ${name}, in a new window`,
  program: (name: string) => `Open this study in ${name}`,
  impossible: (name: string) => `${name}: the study lacks the number that the link needs`,
});
