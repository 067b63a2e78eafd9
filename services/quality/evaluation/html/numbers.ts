import type { AucFigure, RateFigure } from '../report-schema.ts';

const NONE = '–';

export function decimal(value: number | null | undefined, digits = 3): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return NONE;
  const text = value.toFixed(digits);
  return Number(text) === 0 ? text.replace('-', '') : text;
}

export function percent(value: number | null | undefined, digits = 1): string {
  return value === null || value === undefined ? NONE : `${(value * 100).toFixed(digits)}%`;
}

export function range(interval: readonly number[] | null | undefined, digits = 3): string {
  if (interval === null || interval === undefined) return NONE;
  return `${decimal(interval[0], digits)} to ${decimal(interval[1], digits)}`;
}

/** Estimate, Wilson's interval, and the counts behind them. */
export function rateText(rate: RateFigure): string {
  if (rate.estimate === null) return `${NONE} (0 of 0)`;
  return `${decimal(rate.estimate)} (${range(rate.wilson)}), ${rate.count} of ${rate.total}`;
}

export function aucText(auc: AucFigure | null): string {
  return auc === null ? NONE : `${decimal(auc.auc)} (${range(auc.interval)})`;
}

export function pText(p: number | null): string {
  if (p === null) return NONE;
  return p < 0.001 ? '< 0.001' : decimal(p);
}

/** A threshold as it was given, without the digits that binary numbers add. */
export function thresholdText(value: number): string {
  return String(Number(value.toPrecision(6)));
}

/** A mean with its interval. */
export function meanText(mean: {
  readonly estimate: number;
  readonly interval: readonly [number, number] | null;
}): string {
  return `${decimal(mean.estimate)} (${range(mean.interval)})`;
}

/** What maps are called that heatmaps are held against. */
export const MAP_WORDS = {
  map: 'the heatmap',
  centre: 'the middle of the image first',
  random: 'random places',
} as const;
