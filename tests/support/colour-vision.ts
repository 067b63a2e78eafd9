/** Colours as others see them, for tests of what must be told apart by everyone. */

export type Rgb = readonly [red: number, green: number, blue: number];
type Triple = readonly [number, number, number];

/**
 * Machado, Oliveira, Fernandes: A Physiologically-based Model for Simulation of Color Vision Deficiency, IEEE
 * Transactions on Visualization and Computer Graphics 15(6), 2009: severity 1.0, for linear RGB.
 */
const SIMULATIONS = {
  trichromacy: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
} as const satisfies Readonly<Record<string, readonly [Triple, Triple, Triple]>>;

export type ColourVision = keyof typeof SIMULATIONS;
export const COLOUR_VISIONS: readonly ColourVision[] = [
  'trichromacy',
  'protanopia',
  'deuteranopia',
  'tritanopia',
];

/** IEC 61966-2-1. */
function toLinear(value: number): number {
  const part = value / 255;
  return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
}

const dot = (a: Triple, b: Triple) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];

/** CIELAB (D65) of an sRGB colour under a colour vision. */
export function labOf([red, green, blue]: Rgb, vision: ColourVision = 'trichromacy'): Triple {
  const linear: Triple = [toLinear(red), toLinear(green), toLinear(blue)];
  const [toRed, toGreen, toBlue] = SIMULATIONS[vision];
  const held = (value: number) => Math.min(1, Math.max(0, value));
  const seen: Triple = [
    held(dot(toRed, linear)),
    held(dot(toGreen, linear)),
    held(dot(toBlue, linear)),
  ];
  const bend = (part: number) =>
    part > 216 / 24389 ? Math.cbrt(part) : ((24389 / 27) * part + 16) / 116;
  const x = bend(dot([0.4124564, 0.3575761, 0.1804375], seen) / 0.95047);
  const y = bend(dot([0.2126729, 0.7151522, 0.072175], seen));
  const z = bend(dot([0.0193339, 0.119192, 0.9503041], seen) / 1.08883);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

/** CIE76: about 2.3 is just noticeable. */
export function difference(a: Triple, b: Triple): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}
