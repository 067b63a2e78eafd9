const HOUR_MS = 3600 * 1000;

/** Bounds how many different names are kept apart in an hour, for each address and in all. */
export class NameBudget {
  readonly #maxAddresses: number;
  readonly #maxNames: number;
  #names = new Map<string, Set<string>>();
  #hour = 0;

  constructor(maxAddresses: number, maxNames: number) {
    this.#maxAddresses = maxAddresses;
    this.#maxNames = maxNames;
  }

  /** True when the name is known at this address, or there is still room for it: then it is known from now on. */
  admits(address: string, name: string, now: number = Date.now()): boolean {
    const hour = Math.floor(now / HOUR_MS);
    if (hour !== this.#hour) {
      this.#hour = hour;
      this.#names = new Map();
    }
    const known = this.#names.get(address);
    if (known === undefined) {
      if (this.#names.size >= this.#maxAddresses) return false;
      this.#names.set(address, new Set([name]));
      return true;
    }
    if (known.has(name)) return true;
    if (known.size >= this.#maxNames) return false;
    known.add(name);
    return true;
  }

  knows(address: string): boolean {
    return this.#names.has(address);
  }
}
