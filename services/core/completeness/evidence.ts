/** Of one image, what completeness is judged by. */
export interface ImageFacts {
  readonly seriesInstanceUid: string;
  readonly modality?: string | undefined;
  readonly bodyPart?: string | undefined;
  readonly seriesDescription?: string | undefined;
  readonly protocolName?: string | undefined;
  readonly callingAe?: string | undefined;
  /** By `viewName`. */
  readonly view?: string | undefined;
  readonly laterality?: string | undefined;
  readonly acquisitionNumber?: number | undefined;
  readonly imagesInAcquisition?: number | undefined;
  readonly numberOfSeriesRelatedInstances?: number | undefined;
  readonly numberOfStudyRelatedInstances?: number | undefined;
}

/** Whole numbers as runs `[first, last]`, ascending, never touching. */
export type NumberRuns = readonly (readonly [number, number])[];

/** Images that differ in nothing but their number. */
export interface ImageGroup extends ImageFacts {
  readonly images: number;
  /** Their InstanceNumbers. */
  readonly numbers: NumberRuns;
}

export interface SignalEvidence {
  /** Rises from signal to signal. */
  readonly key: number;
  readonly kind:
    | 'association-released'
    | 'instance-availability'
    | 'mpps-completed'
    | 'mpps-discontinued';
  readonly source: string;
  /** How many instances it names, and how many of them are here; undefined when it names none. */
  readonly named?: { readonly expected: number; readonly present: number } | undefined;
  /** Images of the study that were here when it came. */
  readonly imagesThen: number;
  /** Milliseconds since the epoch. */
  readonly receivedAt: number;
  /** False when the study was closed once on or after its word: of later images it says nothing. */
  readonly isNew: boolean;
}

/** All that is known of a study; the order in which it came leaves no trace. */
export interface StudyEvidence {
  readonly site: string;
  readonly studyDescription?: string | undefined;
  readonly images: number;
  /** What is kept beside the images: SR, KO, PR and the like. */
  readonly objects: number;
  readonly groups: readonly ImageGroup[];
  readonly signals: readonly SignalEvidence[];
}

/** CodeValue of ViewCodeSequence (PS3.16 CID 4010 and 4014, SNOMED CT and the retired SRT) by the name of the view. */
const VIEW_NAMES: Readonly<Record<string, string>> = {
  '399348003': 'AP',
  'R-10206': 'AP',
  '272479007': 'PA',
  'R-10214': 'PA',
  'R-40888': 'PA',
  '399198007': 'RL',
  'R-10232': 'RL',
  '399173006': 'LL',
  'R-10236': 'LL',
  '399067008': 'LATERAL',
  'R-102CD': 'LATERAL',
  '399260004': 'ML',
  'R-10224': 'ML',
  '399368009': 'MLO',
  'R-10226': 'MLO',
  '399352003': 'LM',
  'R-10228': 'LM',
  '399099002': 'LMO',
  'R-10230': 'LMO',
  '399162004': 'CC',
  'R-10242': 'CC',
  '399196006': 'FB',
  'R-10244': 'FB',
  '399188001': 'SIO',
  'R-102D0': 'SIO',
  '441555000': 'ISO',
  'R-40AAA': 'ISO',
  '399192008': 'XCCL',
  'R-1024A': 'XCCL',
  '399101009': 'XCCM',
  'R-1024B': 'XCCM',
};

/** The name of an image's view: its code where we know it, since ViewPosition is often free text, else ViewPosition. */
export function viewName(
  viewCode: string | null | undefined,
  viewPosition: string | null | undefined,
): string | undefined {
  const byCode = VIEW_NAMES[viewCode?.trim() ?? ''];
  const position = viewPosition?.trim().toUpperCase() ?? '';
  return byCode ?? (position === '' ? undefined : position);
}

/** Adds one number to ascending runs, in place. */
function addToRuns(runs: [number, number][], number: number): void {
  let at = runs.length;
  while (at > 0 && (runs[at - 1]?.[0] ?? 0) > number) at -= 1;
  const before = runs[at - 1];
  const after = runs[at];
  if (before !== undefined && number <= before[1]) return;
  const joinsBefore = before !== undefined && before[1] + 1 === number;
  const joinsAfter = after !== undefined && after[0] - 1 === number;
  if (joinsBefore && joinsAfter) {
    before[1] = after[1];
    runs.splice(at, 1);
  } else if (joinsBefore) before[1] = number;
  else if (joinsAfter) after[0] = number;
  else runs.splice(at, 0, [number, number]);
}

/** Numbers of several groups as one list of runs. */
export function mergeRuns(all: readonly NumberRuns[]): NumberRuns {
  const sorted = all.flat().toSorted((a, b) => a[0] - b[0]);
  const merged: [number, number][] = [];
  for (const [first, last] of sorted) {
    const open = merged.at(-1);
    if (open !== undefined && first <= open[1] + 1) open[1] = Math.max(open[1], last);
    else merged.push([first, last]);
  }
  return merged;
}

type Open = ImageFacts & { images: number; numbers: [number, number][] };

/** Gathers images one by one into groups; the same, whatever order they come in. */
export class ImageGatherer {
  private readonly open = new Map<string, Open>();

  add(facts: ImageFacts, instanceNumber: number | undefined): void {
    const key = JSON.stringify([
      facts.seriesInstanceUid,
      facts.modality,
      facts.bodyPart,
      facts.seriesDescription,
      facts.protocolName,
      facts.callingAe,
      facts.view,
      facts.laterality,
      facts.acquisitionNumber,
      facts.imagesInAcquisition,
      facts.numberOfSeriesRelatedInstances,
      facts.numberOfStudyRelatedInstances,
    ]);
    const group = this.open.get(key) ?? { ...facts, images: 0, numbers: [] };
    group.images += 1;
    if (instanceNumber !== undefined) addToRuns(group.numbers, instanceNumber);
    this.open.set(key, group);
  }

  /** Of what has come so far; good until the next image is added. */
  groups(): readonly ImageGroup[] {
    return [...this.open.values()];
  }
}
