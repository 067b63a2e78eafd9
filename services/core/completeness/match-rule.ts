import type { ImageFacts, StudyEvidence } from './evidence.ts';
import { matchesGlob } from './glob.ts';
import type { CompletenessRule, CompletenessRules, StudyMatch } from './rule.ts';

export function matchesAny(
  patterns: readonly string[] | undefined,
  value: string | undefined,
): boolean {
  if (patterns === undefined) return true;
  return patterns.some((pattern) => matchesGlob(pattern, value ?? ''));
}

function fitsImage(match: StudyMatch, image: ImageFacts): boolean {
  return (
    matchesAny(match.modality, image.modality) &&
    matchesAny(match.bodyPart, image.bodyPart) &&
    matchesAny(match.seriesDescription, image.seriesDescription) &&
    matchesAny(match.protocolName, image.protocolName) &&
    matchesAny(match.callingAe, image.callingAe)
  );
}

/** The first rule that fits the study. */
export function findRule(rules: CompletenessRules, evidence: StudyEvidence): CompletenessRule {
  const found = rules.rules.find(
    ({ match }) =>
      matchesAny(match.site, evidence.site) &&
      matchesAny(match.studyDescription, evidence.studyDescription) &&
      evidence.groups.some((group) => fitsImage(match, group)),
  );
  return found ?? rules.otherwise;
}

const IMAGE_KEYS = [
  'modality',
  'bodyPart',
  'seriesDescription',
  'protocolName',
  'callingAe',
] as const satisfies readonly (keyof StudyMatch & keyof ImageFacts)[];
const SHOWN_VALUES = 5;

function listValues(values: readonly (string | undefined)[]): string {
  const all = [...new Set(values.map((value) => (value === undefined ? 'nothing' : value)))].sort();
  const more = all.length > SHOWN_VALUES ? ` and ${all.length - SHOWN_VALUES} more` : '';
  return `${all.slice(0, SHOWN_VALUES).join(', ')}${more}`;
}

/**
 * Why a rule does not fit a study, for whoever writes it; undefined when it does. The words hold values of the images:
 * they are for the terminal, not for the log.
 */
export function whyNotMatched(match: StudyMatch, evidence: StudyEvidence): string | undefined {
  const { groups } = evidence;
  if (groups.length === 0) return 'it has no images';
  const differ = (key: keyof StudyMatch, values: readonly (string | undefined)[]) =>
    `${key} is ${listValues(values)}, not ${match[key]?.join(' or ')}`;
  const faults: string[] = [];
  for (const key of ['site', 'studyDescription'] as const) {
    if (!matchesAny(match[key], evidence[key])) faults.push(differ(key, [evidence[key]]));
  }
  for (const key of IMAGE_KEYS) {
    const values = groups.map((group) => group[key]);
    if (!values.some((value) => matchesAny(match[key], value))) faults.push(differ(key, values));
  }
  if (faults.length > 0) return faults.join('; ');
  if (groups.some((group) => fitsImage(match, group))) return undefined;
  return 'no single image has all that it asks for';
}
