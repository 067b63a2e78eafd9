/** Kinds of segments (PS3.3 C.7.9.2). */
const DISCRETE = 0;
const LINEAR = 1;
const INDIRECT = 2;

/**
 * The entries of a segmented palette: runs of values, straight lines from the entry before to a last value, and
 * repetitions of earlier segments.
 * @param elements bytes where entries have 8 bits, else words
 * @param form number and bits of the entries, by the descriptor
 * @returns undefined where the segments are broken, or give another number of entries
 */
export function expandSegments(
  elements: readonly number[],
  form: { readonly entries: number; readonly bits: number },
): Uint16Array<ArrayBuffer> | undefined {
  const { entries } = form;
  const expander = new Expander(elements, form);
  for (let at = 0; at < elements.length; ) {
    // Data of bytes is padded to an even length: one element is no segment.
    if (expander.count === entries && elements.length - at === 1) break;
    const next = expander.take(at);
    if (next === undefined) return undefined;
    at = next;
  }
  return expander.count === entries ? expander.values : undefined;
}

class Expander {
  readonly values: Uint16Array<ArrayBuffer>;
  count = 0;
  private readonly elements: readonly number[];
  private readonly bytesPerElement: 1 | 2;

  constructor(elements: readonly number[], { entries, bits }: { entries: number; bits: number }) {
    this.elements = elements;
    this.bytesPerElement = bits <= 8 ? 1 : 2;
    this.values = new Uint16Array(entries);
  }

  /** Takes the segment at an element. @returns where the next one begins, or undefined for a broken one */
  take(at: number): number | undefined {
    const opcode = this.elements[at];
    const length = this.elements[at + 1] ?? 0;
    if (opcode === DISCRETE) return this.takeValues(at + 2, length);
    if (opcode === LINEAR) return this.takeLine(at + 2, length);
    return opcode === INDIRECT ? this.repeat(at + 2, length) : undefined;
  }

  private takeValues(at: number, length: number): number | undefined {
    const end = at + length;
    if (end > this.elements.length || this.count + length > this.values.length) return undefined;
    for (const value of this.elements.slice(at, end)) this.push(value);
    return end;
  }

  private takeLine(at: number, length: number): number | undefined {
    const last = this.elements[at];
    const begin = this.values[this.count - 1];
    const isFull = this.count + length > this.values.length;
    if (last === undefined || begin === undefined || isFull) return undefined;
    for (let step = 1; step <= length; step += 1) {
      this.push(Math.round(begin + ((last - begin) * step) / length));
    }
    return at + 1;
  }

  private push(value: number): void {
    this.values[this.count] = value;
    this.count += 1;
  }

  /** The copied segments are values or lines: a repetition of repetitions could go on for ever. */
  private repeat(at: number, segments: number): number | undefined {
    // A byte offset of 32 bits, the least significant element first; in words it is even.
    const size = this.bytesPerElement;
    const elements = this.elements.slice(at, at + 4 / size);
    const offset = elements.reduceRight((sum, element) => sum * 2 ** (8 * size) + element, 0);
    let from = offset / size;
    for (let segment = 0; segment < segments; segment += 1) {
      const next = this.elements[from] === INDIRECT ? undefined : this.take(from);
      if (next === undefined) return undefined;
      from = next;
    }
    return at + elements.length;
  }
}
