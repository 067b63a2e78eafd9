export type Rgb = readonly [red: number, green: number, blue: number];

/**
 * Nine stops of matplotlib's maps by Nathaniel J. Smith, Stéfan van der Walt and Eric Firing (CC0, as matplotlib's
 * lib/matplotlib/_cm_listed.py says), evenly from 0.25, 0.05 and 0 to 1: darker ones would be lost in a dark image. Their
 * lightness rises all the way, so that they are read with any colour vision. Cividis is left out: its middle is grey, as
 * the image is.
 */
const STOPS = {
  inferno: [
    [87, 16, 110],
    [125, 30, 109],
    [163, 44, 97],
    [198, 61, 77],
    [227, 89, 51],
    [246, 126, 20],
    [252, 170, 15],
    [245, 217, 73],
    [252, 255, 164],
  ],
  viridis: [
    [72, 20, 103],
    [68, 58, 131],
    [54, 92, 141],
    [41, 122, 142],
    [31, 150, 139],
    [45, 178, 125],
    [99, 203, 95],
    [176, 221, 47],
    [253, 231, 37],
  ],
  plasma: [
    [13, 8, 135],
    [76, 2, 161],
    [126, 3, 168],
    [170, 35, 149],
    [204, 71, 120],
    [229, 107, 93],
    [248, 148, 65],
    [253, 195, 40],
    [240, 249, 33],
  ],
} as const satisfies Readonly<Record<string, readonly Rgb[]>>;

export const COLOUR_MAPS = [
  'inferno',
  'viridis',
  'plasma',
] as const satisfies readonly (keyof typeof STOPS)[];
export type ColourMap = (typeof COLOUR_MAPS)[number];

/** @param score 0 to 1; beyond them it is clamped */
export function colourOf(score: number, map: ColourMap): Rgb {
  const stops: readonly Rgb[] = STOPS[map];
  const place = Math.min(1, Math.max(0, score)) * (stops.length - 1);
  const low = Math.floor(place);
  const from = stops[low] ?? [0, 0, 0];
  const to = stops[Math.min(low + 1, stops.length - 1)] ?? from;
  const part = place - low;
  const mix = (channel: 0 | 1 | 2) =>
    Math.round(from[channel] + (to[channel] - from[channel]) * part);
  return [mix(0), mix(1), mix(2)];
}

export function cssColour([red, green, blue]: Rgb): string {
  return `rgb(${red} ${green} ${blue})`;
}

/** The legend's gradient for scores from 0 to 1, left to right. */
export function legendGradient(map: ColourMap): string {
  const stops: readonly Rgb[] = STOPS[map];
  return `linear-gradient(to right, ${stops.map(cssColour).join(', ')})`;
}

export function nextColourMap(map: ColourMap): ColourMap {
  return COLOUR_MAPS[(COLOUR_MAPS.indexOf(map) + 1) % COLOUR_MAPS.length] ?? map;
}
