import {
  type ImageFacts,
  ImageGatherer,
  type SignalEvidence,
  type StudyEvidence,
} from '#core/completeness/evidence.ts';
import type { CompletenessRules } from '#core/completeness/rule.ts';
import { checkCompletenessRules } from '#platform/completeness-rule/load-rule.ts';

/** Rules from YAML, which has to be free of faults. */
export function rulesOf(yaml: string): CompletenessRules {
  const { rules, faults } = checkCompletenessRules(yaml);
  if (rules === undefined) throw new Error(faults.join('\n'));
  return rules;
}

export type TestImage = Partial<ImageFacts> & { readonly number?: number };

/** The evidence of a study in which these images, and nothing but these, have come. */
export function evidenceOf(
  images: readonly TestImage[],
  over: Partial<StudyEvidence> = {},
): StudyEvidence {
  const gatherer = new ImageGatherer();
  for (const { number, ...facts } of images) {
    gatherer.add({ seriesInstanceUid: '1.2.3', modality: 'CT', ...facts }, number);
  }
  const groups = gatherer.groups();
  return { site: '', images: images.length, objects: 0, groups, signals: [], ...over };
}

export function signalOf(over: Partial<SignalEvidence>): SignalEvidence {
  return {
    key: 1,
    kind: 'mpps-completed',
    source: 'CT1',
    imagesThen: 0,
    receivedAt: 0,
    isNew: true,
    ...over,
  };
}
