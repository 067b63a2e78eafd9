/** A proportion with its 95% interval (Wilson); null of nothing. */
export interface EvaluatedRate {
  readonly count: number;
  readonly total: number;
  readonly estimate: number | null;
  readonly interval: readonly [number, number] | null;
}

/** How a label did, at the operating point that flags. */
export interface EvaluatedLabel {
  readonly label: string;
  readonly auc: number | null;
  readonly aucInterval: readonly [number, number] | null;
  readonly point: string;
  readonly threshold: number;
  readonly sensitivity: EvaluatedRate;
  readonly specificity: EvaluatedRate;
}

/** What has a truth and a score. */
export type EvaluatedUnit = 'image' | 'series' | 'study';

export const UNIT_NOUNS: Readonly<Record<EvaluatedUnit, string>> = {
  image: 'images',
  series: 'series',
  study: 'studies',
};

/** What is kept, with a promotion, of an evaluation of one version on a site's own images. */
export interface ModelEvaluation {
  /** SHA-256 of the report's file, lower-case hex: the report itself is kept by whoever made it. */
  readonly reportSha256: string;
  /** When it was made. ISO 8601. */
  readonly createdAt: string;
  /** Of exactly which files. */
  readonly model: {
    readonly id: string;
    readonly version: string;
    readonly sha256: string;
    readonly manifestSha256: string;
  };
  readonly unit: EvaluatedUnit;
  /** Images, series or studies with a truth, those of them that were analysed, and their patients. */
  readonly units: number;
  readonly analysed: number;
  readonly patients: number;
  /** Whether patients were known; else each image counts as one. */
  readonly knowsPatients: boolean;
  readonly labels: readonly EvaluatedLabel[];
}
