import { translated } from '../languages/language.ts';

/** Of what a measurement says, by the words of the image library. */
export const MEASURED_TEXT = translated('MEASURED_TEXT', {
  Area: 'Area',
  Mean: 'Mean',
  Max: 'Max',
  Min: 'Min',
  'Std Dev': 'Std Dev',
  L: 'L',
  W: 'W',
});
