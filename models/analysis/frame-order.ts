import { findTransferSyntax } from '#dicom/part10/transfer-syntaxes.ts';
import type { AnalysedImage, FrameOf } from './analysis-types.ts';

/** A frame in the order of analysis. */
export interface OrderedFrame<Image> extends FrameOf<Image> {
  readonly described: AnalysedImage;
  /** Its number in that order, from 0. */
  readonly position: number;
}

/** Frames that are prepared together: of one stack. */
export interface FrameChunk<Image> {
  readonly frames: readonly OrderedFrame<Image>[];
  /** Which of them are the chunk's own; the others are there as their neighbours. */
  readonly own: { readonly from: number; readonly to: number };
}

export interface ChunkShape {
  /** Own frames of a chunk at most. */
  readonly length: number;
  /** What they may weigh together, but for a single frame. */
  readonly weight: number;
  /** Neighbours on either side. */
  readonly before: number;
  readonly after: number;
}

/**
 * The frames of the images, one after the other in chunks. They are never listed as a whole, since a header may claim
 * millions: once a frame cannot be had, `skipRest` leaves the rest of its image out.
 */
export class FrameOrder<Image> {
  readonly #images: readonly Image[];
  readonly #describe: (image: Image) => AnalysedImage;
  readonly #shape: ChunkShape;
  readonly #skipped = new Set<Image>();
  #image = 0;
  #frame = 0;
  #position = 0;
  /** Read ahead of the chunk: neighbours, and what begins the next one. */
  #ahead: OrderedFrame<Image>[] = [];
  #behind: OrderedFrame<Image>[] = [];

  constructor(
    images: readonly Image[],
    describe: (image: Image) => AnalysedImage,
    shape: ChunkShape,
  ) {
    this.#images = [...new Set(images)];
    this.#describe = describe;
    this.#shape = shape;
  }

  /** The next chunk, or undefined at the end. */
  next(): FrameChunk<Image> | undefined {
    const { before, after } = this.#shape;
    this.#ahead = this.#ahead.filter(({ image }) => !this.#skipped.has(image));
    this.#fill(this.#shape.length + after);
    const [first] = this.#ahead;
    if (first === undefined) return undefined;
    const isSameStack = ({ described }: OrderedFrame<Image>) =>
      described.stack === first.described.stack;
    const stack = takeWhile(this.#ahead, isSameStack);
    const length = this.#lengthWithin(stack);
    const own = stack.slice(0, length);
    const neighbours = stack.slice(length, length + after);
    const previous = this.#behind.filter(isSameStack);
    this.#ahead.splice(0, own.length);
    this.#behind = before === 0 ? [] : [...previous, ...own].slice(-before);
    return {
      frames: [...previous, ...own, ...neighbours],
      own: { from: previous.length, to: previous.length + own.length },
    };
  }

  /** How many frames from the first on make a chunk. */
  #lengthWithin(stack: readonly OrderedFrame<Image>[]): number {
    let weight = 0;
    const most = stack.slice(0, this.#shape.length);
    const end = most.findIndex(({ described }) => {
      weight += weightOf(described);
      return weight > this.#shape.weight;
    });
    return end < 0 ? most.length : Math.max(1, end);
  }

  skipRest(image: Image): void {
    this.#skipped.add(image);
  }

  #fill(count: number): void {
    while (this.#ahead.length < count) {
      const frame = this.#read();
      if (frame === undefined) return;
      this.#ahead.push(frame);
    }
  }

  #read(): OrderedFrame<Image> | undefined {
    for (; this.#image < this.#images.length; this.#image += 1, this.#frame = 0) {
      const image = this.#images[this.#image];
      if (image === undefined || this.#skipped.has(image)) continue;
      const described = this.#describe(image);
      if (this.#frame >= described.numberOfFrames) continue;
      this.#frame += 1;
      this.#position += 1;
      return { image, frame: this.#frame, described, position: this.#position - 1 };
    }
    return undefined;
  }
}

/** A compressed pixel takes its time to decode. */
const COMPRESSED_WEIGHT = 8;

/** How long a frame takes to prepare, in native pixels. */
function weightOf({ framePixels, source }: AnalysedImage): number {
  const isCompressed = findTransferSyntax(source.transferSyntaxUid)?.encapsulated ?? true;
  return framePixels * (isCompressed ? COMPRESSED_WEIGHT : 1);
}

function takeWhile<T>(items: readonly T[], holds: (item: T) => boolean): T[] {
  const end = items.findIndex((item) => !holds(item));
  return items.slice(0, end < 0 ? items.length : end);
}
