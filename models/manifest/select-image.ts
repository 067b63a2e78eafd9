import type { Condition, SelectableAttribute } from './conditions.ts';
import type { ModelInput, Window } from './input.ts';
import type { Manifest } from './schema.ts';

/** What selection looks at, of one image; absent, empty and blank are the same. */
export interface ImageFacts {
  readonly values: Partial<Readonly<Record<SelectableAttribute, readonly string[]>>>;
  /** Whole years at the time of the study, or undefined when the attributes do not say. */
  readonly ageYears: number | undefined;
  /** ImagePositionPatient and ImageOrientationPatient; of a multi-frame object, those of its first frame. */
  readonly imagePosition?: readonly number[] | undefined;
  readonly imageOrientation?: readonly number[] | undefined;
}

export type Selection =
  | { readonly selected: true; readonly note: string | undefined }
  | { readonly selected: false; readonly fits: boolean; readonly reason: string };

function normal(text: string): string {
  return text.trim().toUpperCase();
}

function holds(condition: Condition, facts: ImageFacts): boolean {
  const given = (facts.values[condition.attribute] ?? []).map(normal).filter((v) => v !== '');
  if (given.length === 0) return condition.orMissing === true;
  const named = new Set((condition.in ?? condition.notIn ?? []).map(normal));
  const isNamed = given.some((value) => named.has(value));
  return condition.in === undefined ? !isNamed : isNamed;
}

/**
 * Whether a model takes an image. `fits` tells an image that the model is made for but declines (a patient who is
 * too young) from one that it is not made for at all.
 */
export function selectImage(manifest: Manifest, facts: ImageFacts): Selection {
  const failed = manifest.select.all.find((condition) => !holds(condition, facts));
  if (failed !== undefined) {
    return { selected: false, fits: false, reason: `${failed.attribute} does not fit` };
  }
  return judgeAge(manifest, facts.ageYears);
}

function judgeAge({ select }: Manifest, ageYears: number | undefined): Selection {
  const { minimumAgeYears: minimum, maximumAgeYears: maximum } = select;
  if (minimum === undefined && maximum === undefined) return { selected: true, note: undefined };
  if (ageYears === undefined) return { selected: true, note: 'patient age unknown' };
  if (minimum !== undefined && ageYears < minimum) {
    return { selected: false, fits: true, reason: `patient under ${minimum}` };
  }
  // Whoever is in the year of the maximum is not over it yet.
  if (maximum !== undefined && ageYears >= maximum + 1) {
    return { selected: false, fits: true, reason: `patient over ${maximum}` };
  }
  return { selected: true, note: undefined };
}

/** The window for one image: that of the first variant whose conditions all hold, else the manifest's own. */
export function windowFor(input: ModelInput, facts: ImageFacts): Window {
  const variant = input.variants?.find((candidate) =>
    candidate.when.every((condition) => holds(condition, facts)),
  );
  return variant?.window ?? input.window;
}
