import type { Fourfold, ModelComparison } from '#contracts/model-comparison.ts';
import { cohenKappa } from '#core/statistics/kappa.ts';
import { mcNemarTest } from '#core/statistics/mcnemar.ts';
import { toProportion } from '../summary.ts';
import type { ComparedStudy } from './compared-study.ts';

export function countFourfold(pairs: readonly (readonly [a: boolean, b: boolean])[]): Fourfold {
  const count = (a: boolean, b: boolean) => pairs.filter((p) => p[0] === a && p[1] === b).length;
  return {
    both: count(true, true),
    onlyA: count(true, false),
    onlyB: count(false, true),
    neither: count(false, false),
  };
}

function flagsOf(studies: readonly ComparedStudy[]) {
  const countOf = (side: 'a' | 'b') => studies.filter((study) => study[side].flagged).length;
  return {
    flaggedA: toProportion(countOf('a'), studies.length),
    flaggedB: toProportion(countOf('b'), studies.length),
  };
}

/** How the flags of both fall together. */
export function compareFlags(
  studies: readonly ComparedStudy[],
): Pick<ModelComparison, 'flaggedA' | 'flaggedB' | 'flags' | 'agreement'> {
  const flags = countFourfold(studies.map(({ a, b }) => [a.flagged, b.flagged]));
  return { ...flagsOf(studies), flags, agreement: measureAgreement(studies, flags) };
}

function measureAgreement(
  studies: readonly ComparedStudy[],
  { both, onlyA, onlyB, neither }: Fourfold,
): ModelComparison['agreement'] {
  if (studies.length === 0) return null;
  const { observed, kappa, interval } = cohenKappa({
    both,
    onlyFirst: onlyA,
    onlySecond: onlyB,
    neither,
  });
  const test = mcNemarTest(
    studies.map((study) => study.a.flagged),
    studies.map((study) => study.b.flagged),
  );
  return {
    observed,
    kappa,
    kappaInterval: interval === null ? null : [...interval],
    difference: test.difference,
    differenceInterval: [...test.interval],
    mcNemarP: test.pValue,
  };
}

/** What readers signed, against the flags: no reference standard, and said so where it is shown. */
export function compareWithReaders(studies: readonly ComparedStudy[]): ModelComparison['readers'] {
  const signed = studies.filter((study) => study.confirmed !== null);
  const confirmed = flagsOf(signed.filter((study) => study.confirmed === true));
  const unconfirmed = flagsOf(signed.filter((study) => study.confirmed === false));
  return {
    signed: signed.length,
    confirmedFlaggedA: confirmed.flaggedA,
    confirmedFlaggedB: confirmed.flaggedB,
    unconfirmedFlaggedA: unconfirmed.flaggedA,
    unconfirmedFlaggedB: unconfirmed.flaggedB,
  };
}

const UNKNOWN = 'unknown';
const AGE_BANDS = [
  { below: 18, name: 'under 18' },
  { below: 40, name: '18 to 39' },
  { below: 65, name: '40 to 64' },
  { below: 80, name: '65 to 79' },
  { below: Number.POSITIVE_INFINITY, name: '80 and over' },
] as const;

function ageBand(years: number | undefined): string {
  if (years === undefined) return UNKNOWN;
  return AGE_BANDS.find((band) => years < band.below)?.name ?? UNKNOWN;
}

const GROUPINGS = {
  modality: (study: ComparedStudy) => study.modality ?? UNKNOWN,
  site: (study: ComparedStudy) => (study.site === '' ? UNKNOWN : study.site),
  sex: (study: ComparedStudy) => study.sex ?? UNKNOWN,
  age: (study: ComparedStudy) => ageBand(study.ageYears),
} as const;

function bandOrder(group: string): number {
  const place = AGE_BANDS.findIndex((band) => band.name === group);
  return place < 0 ? AGE_BANDS.length : place;
}

/** Flag rates of both in each group. */
export function compareSubgroups(studies: readonly ComparedStudy[]): ModelComparison['subgroups'] {
  return (['modality', 'site', 'sex', 'age'] as const).flatMap((by) => {
    const groups = [...Map.groupBy(studies, GROUPINGS[by])];
    groups.sort(([a], [b]) => bandOrder(a) - bandOrder(b) || a.localeCompare(b, 'en'));
    return groups.map(([group, members]) => ({ by, group, ...flagsOf(members) }));
  });
}
