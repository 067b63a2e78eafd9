/** What a site knows of its protocols and senders: when a study is whole. Versioned; the reason of each closing names it. */
export interface CompletenessRules {
  readonly id: string;
  readonly version: string;
  /** The first that matches decides. */
  readonly rules: readonly CompletenessRule[];
  /** For studies that no rule matches: it matches everything and demands nothing. */
  readonly otherwise: CompletenessRule;
}

export interface CompletenessRule {
  readonly name: string;
  readonly match: StudyMatch;
  readonly demand: Demand;
  readonly signals: TrustedSignals;
  /** Seconds without a further image after which a study that has all that is demanded is closed. */
  readonly settleSeconds: number;
  /** Seconds from a trusted signal to the closing. */
  readonly graceSeconds: number;
  /** Seconds without a further image after which a study is closed whatever is missing; else the modality's own. */
  readonly quietSeconds?: number | undefined;
  /** Minutes from the first image after which a study is closed although images still come. */
  readonly longestWaitMinutes: number;
}

/**
 * Every key given has to hold; of a list, any one. All but `site` and `studyDescription` have to hold for one and the
 * same image. Values are globs (`*` any run of characters, `?` one), whole value, upper and lower case alike.
 */
export interface StudyMatch {
  readonly modality?: readonly string[] | undefined;
  readonly bodyPart?: readonly string[] | undefined;
  readonly studyDescription?: readonly string[] | undefined;
  readonly seriesDescription?: readonly string[] | undefined;
  readonly protocolName?: readonly string[] | undefined;
  readonly callingAe?: readonly string[] | undefined;
  readonly site?: readonly string[] | undefined;
}

/** How many images a study, its series or its acquisitions have by their own attributes. */
export const COUNT_ATTRIBUTES = [
  /** (0020,1208), of the study. */
  'NumberOfStudyRelatedInstances',
  /** (0020,1209), of every series that has come. */
  'NumberOfSeriesRelatedInstances',
  /** (0020,1002), of every acquisition that has come. */
  'ImagesInAcquisition',
] as const;
export type CountAttribute = (typeof COUNT_ATTRIBUTES)[number];

/** All of it has to be there. */
export interface Demand {
  /** At least so many images. */
  readonly images?: number | undefined;
  readonly imagesFrom?: readonly CountAttribute[] | undefined;
  /** InstanceNumber runs from 0 or 1 without a gap, in every series. */
  readonly contiguousNumbers?: boolean | undefined;
  /** One image for each; of alternatives, any one. */
  readonly views?: readonly (readonly ViewDemand[])[] | undefined;
  readonly series?: readonly SeriesDemand[] | undefined;
}

export interface ViewDemand {
  /** A name of ViewPosition (0018,5101) such as PA, CC or MLO; LATERAL stands for either side. */
  readonly view: string;
  readonly laterality?: 'L' | 'R' | undefined;
}

/** A series with at least so many images. */
export interface SeriesDemand
  extends Pick<StudyMatch, 'modality' | 'seriesDescription' | 'protocolName'> {
  readonly images: number;
}

/** Whose word is taken that nothing more comes. */
export interface TrustedSignals {
  /** The sender ends an association that carried images of the study: only for those who send whole studies in one. */
  readonly associationReleased: boolean;
  /** Instance Availability Notification (PS3.4 annex R). */
  readonly instanceAvailability: boolean;
  /** Modality Performed Procedure Step, completed or discontinued (PS3.4 annex F). */
  readonly mpps: boolean;
}

export function demandsAnything(demand: Demand): boolean {
  return Object.values(demand).some((value) => value !== undefined && value !== false);
}
