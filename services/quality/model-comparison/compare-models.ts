import type { ModelComparison } from '#contracts/model-comparison.ts';
import type { PriorityRule } from '#core/priority.ts';
import {
  compareFlags,
  compareSubgroups,
  compareWithReaders,
  countFourfold,
} from './compare-flags.ts';
import { isRaised, orderWith, placesGained, summarisePlaces } from './compare-places.ts';
import type { ComparedStudy, VersionReference } from './compared-study.ts';
import { describeSide, scatterScores } from './describe-side.ts';

const MAX_DIFFERENCES = 200;
/** Below so many studies a comparison says little: its intervals show how little. */
export const FEW_STUDIES = 100;

/** What is compared, and the studies of the window. */
export interface ComparisonInput {
  readonly a: VersionReference;
  readonly b: VersionReference;
  readonly from: Date | undefined;
  readonly to: Date | undefined;
  readonly seenA: number;
  readonly seenB: number;
  /** Those that both saw. */
  readonly studies: readonly ComparedStudy[];
}

/**
 * Compares two versions over the studies that both analysed on the same images. Each is taken as if it were the only
 * active model, so that a candidate in shadow is judged by what it would have done.
 */
export function compareModels(input: ComparisonInput, rule: PriorityRule): ModelComparison {
  const studies = input.studies
    .filter(({ a, b }) => a.outcome === 'analysed' && b.outcome === 'analysed')
    .toSorted((x, y) => x.receivedAt.getTime() - y.receivedAt.getTime());
  const keys = studies.map((study) => ({
    a: orderWith(study, { ...input.a, result: study.a }, rule),
    b: orderWith(study, { ...input.b, result: study.b }, rule),
  }));
  const gained = placesGained(keys);
  const a = describeSide(
    input.a,
    input.studies.map((study) => study.a),
  );
  const b = describeSide(
    input.b,
    input.studies.map((study) => study.b),
  );
  const report = {
    from: input.from?.toISOString() ?? null,
    to: input.to?.toISOString() ?? null,
    seen: { a: input.seenA, b: input.seenB, both: input.studies.length },
    ...{ a, b },
    compared: studies.length,
    ...compareFlags(studies),
    raised: countFourfold(keys.map((pair) => [isRaised(pair.a), isRaised(pair.b)])),
    places: summarisePlaces(gained),
    readers: compareWithReaders(studies),
    scatter: scatterScores(studies),
    subgroups: compareSubgroups(studies),
    ...listDifferences(studies, gained),
  };
  return { ...report, caveats: describeCaveats(report) };
}

function listDifferences(
  studies: readonly ComparedStudy[],
  gained: readonly number[],
): Pick<ModelComparison, 'differences' | 'differencesLeftOut'> {
  const all = studies
    .map((study, index) => toDifference(study, gained[index] ?? 0))
    .filter((one) => one.flaggedA !== one.flaggedB || one.placesGained !== 0);
  const isFlagDifferent = (one: (typeof all)[number]) => Number(one.flaggedA !== one.flaggedB);
  const sorted = all.toSorted(
    (x, y) =>
      isFlagDifferent(y) - isFlagDifferent(x) ||
      Math.abs(y.placesGained) - Math.abs(x.placesGained) ||
      y.receivedAt.localeCompare(x.receivedAt),
  );
  const differences = sorted.slice(0, MAX_DIFFERENCES);
  return { differences, differencesLeftOut: all.length - differences.length };
}

function toDifference(
  study: ComparedStudy,
  places: number,
): ModelComparison['differences'][number] {
  const { studyInstanceUid, modality, site, confirmed, a, b } = study;
  return {
    ...{ studyInstanceUid, modality, site, confirmed },
    receivedAt: study.receivedAt.toISOString(),
    flaggedA: a.flagged,
    flaggedB: b.flagged,
    scoreA: a.score,
    scoreB: b.score,
    placesGained: places,
  };
}

/** What would mislead whoever reads the figures without knowing it. */
function describeCaveats(report: Omit<ModelComparison, 'caveats'>): string[] {
  const caveats: string[] = [];
  if (report.compared > 0 && report.compared < FEW_STUDIES) {
    caveats.push(`Only ${report.compared} studies were analysed by both: the intervals are wide.`);
  }
  if (report.readers.signed > 0) {
    caveats.push(
      'Readers are no reference standard, and saw the marks of whichever model was active: that favours it.',
    );
  }
  for (const side of [report.a, report.b]) {
    if (side.sha256.length < 2) continue;
    const name = `${side.modelId} ${side.version}`;
    caveats.push(`${name} ran with ${side.sha256.length} different files in this window.`);
  }
  if (report.compared > 0 && report.scatter.length === 0) {
    caveats.push('The two share no finding by its code: their scores are not set side by side.');
  }
  return caveats;
}
