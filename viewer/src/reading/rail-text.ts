import { translated } from '../languages/language.ts';

export const RAIL_TEXT = translated('RAIL_TEXT', {
  images: (count: number) => (count === 1 ? '1 image' : `${count} images`),
  noPicture: 'no picture',
  undrawnSeries: 'cannot be drawn',
  undrawnImages: (failed: number, all: number) => `${failed} of ${all} could not be drawn`,
});
