/** Hands out each item of a stack together with its neighbours, as soon as the last of them has come. */
export class NeighbourWindow<T> {
  readonly #before: number;
  readonly #after: number;
  #items: T[] = [];
  /** Number of the first item that is still held. */
  #first = 0;
  /** Number of the next item to be handed out. */
  #next = 0;
  #count = 0;

  constructor({ before, after }: { readonly before: number; readonly after: number }) {
    this.#before = before;
    this.#after = after;
  }

  /** The groups that are whole now: the neighbours before, the item, those after. Ends stand in for missing ones. */
  push(item: T): { group: T[]; item: T }[] {
    this.#items.push(item);
    this.#count += 1;
    return this.#take(this.#count - this.#after);
  }

  /** The groups that the end of the stack leaves, and a new beginning. */
  end(): { group: T[]; item: T }[] {
    const left = this.#take(this.#count);
    this.#items = [];
    this.#first = 0;
    this.#next = 0;
    this.#count = 0;
    return left;
  }

  #take(end: number): { group: T[]; item: T }[] {
    const groups: { group: T[]; item: T }[] = [];
    for (; this.#next < end; this.#next += 1) {
      const group: T[] = [];
      for (let i = this.#next - this.#before; i <= this.#next + this.#after; i += 1) {
        group.push(this.#at(i));
      }
      groups.push({ group, item: this.#at(this.#next) });
    }
    const unneeded = Math.max(0, this.#next - this.#before - this.#first);
    this.#items.splice(0, Math.min(unneeded, this.#items.length - 1));
    this.#first = this.#count - this.#items.length;
    return groups;
  }

  #at(number: number): T {
    const held = Math.min(Math.max(number, 0), this.#count - 1) - this.#first;
    const item = this.#items[held];
    if (item === undefined) throw new RangeError(`no slice ${number}`);
    return item;
  }
}
