import { translated } from '../languages/language.ts';

export const PRESET_NAMES = translated('PRESET_NAMES', {
  softTissue: 'Soft tissue',
  lung: 'Lung',
  liver: 'Liver',
  bone: 'Bone',
  brain: 'Brain',
  acquired: 'As acquired',
  softer: 'Softer',
  harder: 'Harder',
  bright: 'Bright regions',
  dark: 'Dark regions',
});
