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
  { name: 'Soft tissue', window: { center: 40, width: 400 } },
  { name: 'Lung', window: { center: -600, width: 1500 } },
  { name: 'Liver', window: { center: 90, width: 150 } },
  { name: 'Bone', window: { center: 480, width: 2500 } },
  { name: 'Brain', window: { center: 40, width: 80 } },
];

/** Elsewhere pixel values have no common unit: presets are made from the image's own window. */
export function presetsFor(modality: string | null, own: Window): readonly WindowPreset[] {
  if (modality === 'CT') return CT_PRESETS;
  const { center, width } = own;
  return [
    { name: 'As acquired', window: own },
    { name: 'Softer', window: { center, width: width * 1.5 } },
    { name: 'Harder', window: { center, width: width * 0.6 } },
    { name: 'Bright regions', window: { center: center + width * 0.22, width: width * 0.55 } },
    { name: 'Dark regions', window: { center: center - width * 0.22, width: width * 0.55 } },
  ];
}
