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
