import { translated } from '../languages/language.ts';

export const PANES_TEXT = translated('PANES_TEXT', {
  layout: 'Layout',
  layouts: { '1x1': 'One image', '1x2': 'Two images', '2x2': 'Four images' },
  pane: (place: number, count: number, title: string | null) =>
    `Pane ${place} of ${count}${title === null ? ', empty' : `: ${title}`}`,
  emptyPane: 'Nothing hangs here',
  emptyPaneDetail: 'Choose a series on the left, or press PgDn.',
  link: 'Let the stacks of all panes scroll together',
  noLink: 'Scrolling together needs two panes with stacks of one plane.',
  linked: 'scrolls along',
  enlarge: 'Enlarge this pane, or show all again',
});
