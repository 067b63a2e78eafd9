import type { Priority } from '#core/priority.ts';

/** One finding's score, under the code that says what it is. */
export interface LabelScore {
  /** Scheme and value, which together say what is meant whatever it is called. */
  readonly code: string;
  readonly label: string;
  readonly score: number;
  readonly threshold: number;
}

/** What one version came to with a study. */
export interface ModelResult {
  /** `declined`: the images are outside the model's intended use. */
  readonly outcome: 'analysed' | 'not-analysed' | 'declined' | 'failed';
  readonly reason: string | null;
  readonly role: 'shadow' | 'active';
  readonly sha256: string;
  readonly label: string;
  readonly score: number | null;
  readonly flagged: boolean;
  readonly scores: readonly LabelScore[];
  /** Milliseconds by stage. */
  readonly timings: Readonly<Record<string, number>>;
}

/** A study that both versions saw, on the same images. */
export interface ComparedStudy {
  readonly studyInstanceUid: string;
  readonly receivedAt: Date;
  readonly modality: string | null;
  readonly site: string;
  readonly sex: string | null;
  readonly ageYears: number | undefined;
  readonly basePriority: Priority;
  /** The newest signed reading of these images: whether a finding was confirmed, amended or added; null without one. */
  readonly confirmed: boolean | null;
  readonly a: ModelResult;
  readonly b: ModelResult;
}

/** One version of a model. */
export interface VersionReference {
  readonly modelId: string;
  readonly version: string;
}

/** @param text `id@version`, as its schema has checked it */
export function parseReference(text: string): VersionReference {
  const at = text.indexOf('@');
  return { modelId: text.slice(0, at), version: text.slice(at + 1) };
}
