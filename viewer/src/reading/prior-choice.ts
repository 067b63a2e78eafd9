/** Which of a patient's other studies are priors of the one that is read, and which of them is looked at first. */
import type { Priors } from '#contracts/priors.ts';
import { hang } from './hanging.ts';
import type { ImagePlace, ImageStack, StackImage } from './image-stacks.ts';

export type Prior = Priors['priors'][number];

interface Current {
  readonly studyDate: string | null;
  readonly receivedAt: string;
  readonly modality: string | null;
  readonly bodyPartExamined: string | null;
}

/** A raw DA as a day, or null when it is none. */
function dayOf(date: string | null): number | null {
  const [, year, month, day] = /^(\d{4})\.?(\d{2})\.?(\d{2})$/.exec(date?.trim() ?? '') ?? [];
  const time = Date.parse(`${year}-${month}-${day}T00:00:00Z`);
  return Number.isNaN(time) ? null : time / 86_400_000;
}

/** Days from the prior to the study; null where one of them does not say when it was. */
export function daysBefore(
  prior: { readonly studyDate: string | null },
  current: { readonly studyDate: string | null },
): number | null {
  const [before, now] = [dayOf(prior.studyDate), dayOf(current.studyDate)];
  return before === null || now === null ? null : now - before;
}

/** Of an earlier day; of the same or an unknown day, received earlier. */
function isEarlier(prior: Prior, current: Current): boolean {
  const days = daysBefore(prior, current);
  if (days !== null && days !== 0) return days > 0;
  return Date.parse(prior.receivedAt) < Date.parse(current.receivedAt);
}

const kindOf = (modality: string | null) => (modality === 'CR' ? 'DX' : modality);
const partOf = (part: string | null) => part?.trim().toUpperCase() ?? '';

/** 0 for the same modality and body part, 1 for the modality alone, 2 for the body part alone, 3 for neither. */
function distance(prior: Prior, current: Current): number {
  const isSameKind = kindOf(prior.modality) === kindOf(current.modality);
  const part = partOf(current.bodyPartExamined);
  const isSamePart = part !== '' && partOf(prior.bodyPartExamined) === part;
  if (isSameKind) return isSamePart ? 0 : 1;
  return isSamePart ? 2 : 3;
}

/** The earlier studies among the patient's others: the most alike first, and of these the newest. */
export function rankPriors(others: readonly Prior[], current: Current): Prior[] {
  const newest = (prior: Prior) => dayOf(prior.studyDate) ?? 0;
  return others
    .filter((prior) => isEarlier(prior, current))
    .toSorted((a, b) => distance(a, current) - distance(b, current) || newest(b) - newest(a));
}

/** More images than this are slices, which are looked at by their place in the stack. */
const FEW = 4;

/** The image of a prior that is to be compared with this one: the same view, else the same share of its main series. */
export function counterpart(
  current: { readonly image: StackImage; readonly index: number; readonly count: number } | null,
  stacks: readonly ImageStack[],
  modality: string | null,
): ImagePlace {
  const opening = hang(stacks, modality).places.find((place) => place !== null) ?? {
    ...{ stack: 0, image: 0 },
  };
  if (current === null) return opening;
  const { view, laterality } = current.image;
  if (view !== null) {
    for (const [stack, { images }] of stacks.entries()) {
      const image = images.findIndex(
        (each) => each.view === view && each.laterality === laterality,
      );
      if (image >= 0) return { stack, image };
    }
  }
  const last = (stacks[opening.stack]?.images.length ?? 1) - 1;
  if (current.count <= FEW || last < FEW) return opening;
  return {
    stack: opening.stack,
    image: Math.round((current.index / (current.count - 1)) * last),
  };
}
