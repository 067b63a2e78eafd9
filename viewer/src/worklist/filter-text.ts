import { translated } from '../languages/language.ts';

export const FILTER_TEXT = translated('FILTER_TEXT', {
  title: 'More filters',
  description:
    'The numbers say how many studies each choice would give together with the other filters. Several choices in one column mean any of them.',
  modality: 'Modality',
  site: 'Site',
  bodyPart: 'Body part',
  finding: 'Finding of the AI',
  status: 'AI status',
  age: 'Age of the patient',
  from: 'From (years)',
  to: 'To (years)',
  ageHint: 'On the day of receipt. Studies without an age are left out.',
  none: 'None in this list',
  clear: 'Clear filters',
  done: 'Done',
});

export const VIEW_TEXT = translated('VIEW_TEXT', {
  title: 'Views and columns',
  columns: 'Columns, from left to right',
  left: 'Move to the left',
  right: 'Move to the right',
  saved: 'Saved views',
  noneSaved: 'None yet. A view keeps filters, columns and sort under a name, not the search.',
  shared: 'shared',
  isDefault: 'default',
  use: 'Use',
  delete: 'Delete',
  plain: 'The plain view',
  save: 'Save what is shown now',
  name: 'Name of the view',
  asDefault: 'Show it first in a new tab',
  share: 'Share it with everybody',
  saveButton: 'Save',
});
