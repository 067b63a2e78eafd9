/** A rectangle in source pixels of one frame: left, top, width, height; origin at the centre of the first pixel's corner. */
export type Box = readonly [x: number, y: number, width: number, height: number];

/** How findings may be shown to a reader: `assist` marks them, `triage-only` gives no location (21 CFR 892.2080). */
export const READING_MODES = ['assist', 'triage-only'] as const;
export type ReadingMode = (typeof READING_MODES)[number];

/** How a study was read: in the site's mode, or with the reader's own impression recorded before any mark was shown. */
export const REVIEW_MODES = ['assist', 'blind-first', 'triage-only'] as const;
export type ReviewMode = (typeof REVIEW_MODES)[number];

/** A reader's own impression before the AI's word. Neither says that a study is fine. */
export const IMPRESSIONS = ['nothing-to-report', 'finding'] as const;
export type ImpressionWord = (typeof IMPRESSIONS)[number];

/** A reader's word on one finding. */
export const VERDICTS = ['confirm', 'reject', 'amend'] as const;
export type Verdict = (typeof VERDICTS)[number];

/** What a model's results do: nothing (shadow, shown to admins only), or raise and mark (active). */
export const MODEL_ROLES = ['shadow', 'active', 'retired'] as const;
export type ModelRole = (typeof MODEL_ROLES)[number];

export const USER_ROLES = ['radiologist', 'qa', 'admin', 'service'] as const;
export type UserRole = (typeof USER_ROLES)[number];

/** What a heatmap comes from: the network itself, or what an explanation of its score found. */
export const HEATMAP_ORIGINS = ['model', 'class-activation', 'occlusion', 'rise'] as const;
export type HeatmapOrigin = (typeof HEATMAP_ORIGINS)[number];

/**
 * The affine map from heatmap cells to source pixels: x = column * scaleX + originX, y = row * scaleY + originY,
 * where (column, row) = (0, 0) is the upper left corner of the first cell.
 */
export interface HeatmapTransform {
  readonly scaleX: number;
  readonly scaleY: number;
  readonly originX: number;
  readonly originY: number;
}
