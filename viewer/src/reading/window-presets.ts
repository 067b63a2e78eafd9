import { PRESET_NAMES as NAMES } from './presets-text.ts';

export interface Window {
  readonly center: number;
  readonly width: number;
}

export interface WindowPreset {
  readonly name: string;
  readonly window: Window;
}

/** In Hounsfield units, as OHIF has them. */
const CT_PRESETS: readonly WindowPreset[] = [
  { name: NAMES.softTissue, window: { center: 40, width: 400 } },
  { name: NAMES.lung, window: { center: -600, width: 1500 } },
  { name: NAMES.liver, window: { center: 90, width: 150 } },
  { name: NAMES.bone, window: { center: 480, width: 2500 } },
  { name: NAMES.brain, window: { center: 40, width: 80 } },
];

/** Elsewhere pixel values have no common unit: presets are made from the image's own window. */
export function presetsFor(modality: string | null, own: Window): readonly WindowPreset[] {
  if (modality === 'CT') return CT_PRESETS;
  const { center, width } = own;
  return [
    { name: NAMES.acquired, window: own },
    { name: NAMES.softer, window: { center, width: width * 1.5 } },
    { name: NAMES.harder, window: { center, width: width * 0.6 } },
    { name: NAMES.bright, window: { center: center + width * 0.22, width: width * 0.55 } },
    { name: NAMES.dark, window: { center: center - width * 0.22, width: width * 0.55 } },
  ];
}
