import { RadTriageError } from '#core/errors.ts';
import type { PictureOptions, PictureRegion } from '#dicom/images/render.ts';

/** How an image is to be rendered (PS3.18 8.3.5), apart from its format. */
export interface RenderParameters extends Omit<PictureOptions, 'format' | 'region'> {
  /** In source pixels, as asked for: sides may be left out, negative ones turn the picture round. */
  readonly region: readonly (number | undefined)[];
  /** What of the request was not followed. */
  readonly warnings: readonly string[];
  /** The same for the same picture. */
  readonly key: string;
}

const DEFAULT_QUALITY = 90;
const MAX_SIDE = 16_384;
const FUNCTIONS = { linear: 'LINEAR', 'linear-exact': 'LINEAR_EXACT', sigmoid: 'SIGMOID' } as const;
const IGNORED: Readonly<Record<string, string>> = {
  annotation: 'annotation is not supported: nothing is drawn into the picture',
  iccprofile: 'iccprofile is not supported',
};

function refuse(parameter: string, why: string): RadTriageError {
  return new RadTriageError('REQUEST_INVALID', `${parameter}: ${why}`, { details: { parameter } });
}

function readNumbers(parameter: string, parts: readonly string[]): (number | undefined)[] {
  return parts.map((part) => {
    if (part === '') return undefined;
    const value = Number(part);
    if (!/^[+-]?(\d+\.?\d*|\.\d+)$/.test(part) || !Number.isFinite(value)) {
      throw refuse(parameter, 'numbers, separated by commas');
    }
    return value;
  });
}

/** `vw,vh` and, behind them, `sx,sy,sw,sh` (PS3.18 8.3.5.1.3). */
function readViewport(text: string | undefined) {
  if (text === undefined) return { viewport: undefined, region: [] };
  const [width, height, ...region] = readNumbers('viewport', text.split(','));
  const isSize = (side: number | undefined): side is number =>
    side !== undefined && Number.isInteger(side) && side > 0 && side <= MAX_SIDE;
  if (!isSize(width) || !isSize(height)) {
    throw refuse('viewport', `width and height, whole numbers from 1 to ${MAX_SIDE}`);
  }
  if (region.length > 4) throw refuse('viewport', 'at most six numbers');
  return { viewport: { width, height }, region };
}

function isFunction(name: string): name is keyof typeof FUNCTIONS {
  return Object.hasOwn(FUNCTIONS, name);
}

/** `center,width,function` (PS3.18 8.3.5.1.4). */
function readWindow(text: string | undefined): PictureOptions['window'] {
  if (text === undefined) return undefined;
  const parts = text.split(',');
  const [center, width] = readNumbers('window', parts.slice(0, 2));
  const name = (parts[2] ?? 'linear').toLowerCase();
  if (parts.length > 3 || !isFunction(name)) {
    throw refuse('window', `center, width and one of ${Object.keys(FUNCTIONS).join(', ')}`);
  }
  const smallest = name === 'linear' ? 1 : Number.MIN_VALUE;
  if (center === undefined || width === undefined || width < smallest) {
    throw refuse('window', 'a center, and a width above 0 (from 1 for linear)');
  }
  return { center, width, voiLutFunction: FUNCTIONS[name] };
}

function readQuality(text: string | undefined): number {
  if (text === undefined) return DEFAULT_QUALITY;
  const quality = Number(text);
  if (/^\d{1,3}$/.test(text) && quality >= 1 && quality <= 100) return quality;
  throw refuse('quality', 'a whole number from 1 to 100');
}

/** @throws RadTriageError REQUEST_INVALID naming the parameter */
export function readRenderParameters(query: Readonly<Record<string, unknown>>): RenderParameters {
  const given = (name: string): string | undefined => {
    const value = query[name];
    if (value === undefined || typeof value === 'string') return value;
    throw refuse(name, 'is there twice');
  };
  const known = new Set(['viewport', 'window', 'quality', 'accept', 'charset']);
  const warnings = Object.keys(query)
    .filter((name) => !known.has(name))
    .map((name) => {
      const said = Object.hasOwn(IGNORED, name) ? IGNORED[name] : undefined;
      return said ?? `${name.replaceAll(/[^A-Za-z0-9.]/g, '?').slice(0, 64)} is not known`;
    });
  const key = ['viewport', 'window', 'quality'].map((name) => given(name) ?? '').join(';');
  return {
    ...readViewport(given('viewport')),
    window: readWindow(given('window')),
    quality: readQuality(given('quality')),
    ...{ warnings, key },
  };
}

/**
 * The region in whole pixels of an image, or undefined for all of it.
 * @throws RadTriageError REQUEST_INVALID when it lies outside
 */
export function regionOf(
  region: RenderParameters['region'],
  { rows, columns }: { readonly rows: number; readonly columns: number },
): PictureRegion | undefined {
  if (region.every((side) => side === undefined)) return undefined;
  const left = Math.round(region[0] ?? 0);
  const top = Math.round(region[1] ?? 0);
  const width = Math.round(region[2] ?? columns - left);
  const height = Math.round(region[3] ?? rows - top);
  const [wide, high] = [Math.abs(width), Math.abs(height)];
  const fits = left >= 0 && top >= 0 && wide >= 1 && high >= 1;
  if (!fits || left + wide > columns || top + high > rows) {
    throw refuse('viewport', 'the region lies outside of the image');
  }
  return { left, top, width: wide, height: high, flop: width < 0, flip: height < 0 };
}
