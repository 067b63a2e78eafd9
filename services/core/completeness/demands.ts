import { type ImageGroup, mergeRuns, type StudyEvidence } from './evidence.ts';
import { matchesAny } from './match-rule.ts';
import type { CountAttribute, Demand, SeriesDemand, ViewDemand } from './rule.ts';

/** One thing demanded, and how much of it is there. */
export interface DemandPart {
  readonly met: boolean;
  /** `143 of 200 images`; no patient data. */
  readonly words: string;
}

const LATERAL_VIEWS = new Set(['LATERAL', 'LAT', 'LL', 'RL']);

function fitsView(group: ImageGroup, wanted: ViewDemand): boolean {
  if (wanted.laterality !== undefined && group.laterality?.toUpperCase() !== wanted.laterality) {
    return false;
  }
  const isLateral = wanted.view.toUpperCase() === 'LATERAL';
  if (isLateral) return LATERAL_VIEWS.has(group.view ?? '');
  return group.view === wanted.view.toUpperCase();
}

function nameOf(alternatives: readonly ViewDemand[]): string {
  return alternatives
    .map(({ view, laterality }) => (laterality === undefined ? view : `${laterality} ${view}`))
    .join(' or ');
}

function judgeViews(
  views: readonly (readonly ViewDemand[])[],
  groups: readonly ImageGroup[],
): DemandPart {
  const missing = views.filter(
    (alternatives) => !alternatives.some((view) => groups.some((group) => fitsView(group, view))),
  );
  const words = `${views.length - missing.length} of ${views.length} views`;
  if (missing.length === 0) return { met: true, words };
  return { met: false, words: `${words}, missing ${missing.map(nameOf).join(', ')}` };
}

/** Sorted by key: what is said of a study must not hang on the order in which it came. */
function groupBy(
  groups: readonly ImageGroup[],
  keyOf: (group: ImageGroup) => string,
): ImageGroup[][] {
  const by = new Map<string, ImageGroup[]>();
  for (const group of groups) {
    const list = by.get(keyOf(group));
    if (list === undefined) by.set(keyOf(group), [group]);
    else list.push(group);
  }
  return [...by].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, list]) => list);
}

const bySeries = (group: ImageGroup): string => group.seriesInstanceUid;
const byAcquisition = (group: ImageGroup): string =>
  `${group.seriesInstanceUid} ${group.acquisitionNumber ?? ''}`;

function countImages(groups: readonly ImageGroup[]): number {
  return groups.reduce((sum, group) => sum + group.images, 0);
}

function largestOf(numbers: readonly number[]): number {
  return numbers.reduce((most, number) => Math.max(most, number), 0);
}

/** The largest of what the images say; they may contradict each other. */
function largest(
  groups: readonly ImageGroup[],
  of: (group: ImageGroup) => number | undefined,
): number {
  return largestOf(groups.map((group) => of(group) ?? 0));
}

const COUNTED: Readonly<
  Record<
    CountAttribute,
    {
      readonly unit: string;
      readonly said: (group: ImageGroup) => number | undefined;
      readonly parts: (groups: readonly ImageGroup[]) => readonly (readonly ImageGroup[])[];
    }
  >
> = {
  NumberOfStudyRelatedInstances: {
    unit: 'instances of the study',
    said: (group) => group.numberOfStudyRelatedInstances,
    parts: (groups) => [groups],
  },
  NumberOfSeriesRelatedInstances: {
    unit: 'images of their series',
    said: (group) => group.numberOfSeriesRelatedInstances,
    parts: (groups) => groupBy(groups, bySeries),
  },
  ImagesInAcquisition: {
    unit: 'images of their acquisitions',
    said: (group) => group.imagesInAcquisition,
    parts: (groups) => groupBy(groups, byAcquisition),
  },
};

function judgeCount(attribute: CountAttribute, evidence: StudyEvidence): DemandPart {
  const { unit, said, parts } = COUNTED[attribute];
  // Objects count as instances of the study, and belong to series of their own.
  const objects = attribute === 'NumberOfStudyRelatedInstances' ? evidence.objects : 0;
  let here = 0;
  let wanted = 0;
  for (const part of parts(evidence.groups)) {
    const expected = largest(part, said);
    if (expected === 0) return { met: false, words: `no ${attribute} in some images` };
    wanted += expected;
    // A part with more than it should have must not stand in for one with less.
    here += Math.min(countImages(part) + objects, expected);
  }
  return { met: wanted > 0 && here >= wanted, words: `${here} of ${wanted} ${unit}` };
}

function judgeNumbers(groups: readonly ImageGroup[]): DemandPart {
  for (const series of groupBy(groups, bySeries)) {
    const [first, second] = mergeRuns(series.map((group) => group.numbers));
    if (first === undefined) return { met: false, words: 'images without a number' };
    if (first[0] > 1) return { met: false, words: `image numbers begin at ${first[0]}` };
    if (second !== undefined) {
      const gap = first[1] + 1;
      const gapEnd = second[0] - 1;
      const span = gap === gapEnd ? `image ${gap}` : `images ${gap} to ${gapEnd}`;
      return { met: false, words: `${span} of a series missing` };
    }
  }
  return { met: groups.length > 0, words: 'image numbers without a gap' };
}

function judgeSeries(wanted: SeriesDemand, groups: readonly ImageGroup[]): DemandPart {
  const fitting = groups.filter(
    (group) =>
      matchesAny(wanted.modality, group.modality) &&
      matchesAny(wanted.seriesDescription, group.seriesDescription) &&
      matchesAny(wanted.protocolName, group.protocolName),
  );
  const best = largestOf(groupBy(fitting, bySeries).map(countImages));
  const name = [
    ...(wanted.seriesDescription ?? []),
    ...(wanted.protocolName ?? []),
    ...(wanted.modality ?? []),
  ].join(' ');
  const words = `${best} of ${wanted.images} images of series ${name}`;
  return { met: best >= wanted.images, words };
}

/** Each thing that a rule demands, in the order of its keys. An empty list for a rule that demands nothing. */
export function judgeDemands(demand: Demand, evidence: StudyEvidence): readonly DemandPart[] {
  const { groups } = evidence;
  const parts: DemandPart[] = [];
  if (demand.images !== undefined) {
    const words = `${evidence.images} of ${demand.images} images`;
    parts.push({ met: evidence.images >= demand.images, words });
  }
  for (const attribute of demand.imagesFrom ?? []) parts.push(judgeCount(attribute, evidence));
  if (demand.contiguousNumbers === true) parts.push(judgeNumbers(groups));
  if (demand.views !== undefined) parts.push(judgeViews(demand.views, groups));
  for (const series of demand.series ?? []) parts.push(judgeSeries(series, groups));
  return parts;
}
