import { translated } from '../languages/language.ts';

export const LOADING_TEXT = translated('LOADING_TEXT', {
  loading: 'Images loaded',
});
