import { type JournalDisk, REAL_DISK } from '#platform/blob-store/journal/disk.ts';

/** A disk on which one kind of call fails while `fault` is set, and every call takes `delayMs` longer. */
export class FaultyDisk implements JournalDisk {
  fault: { readonly call: keyof JournalDisk; readonly code: string } | undefined;
  delayMs = 0;
  /** Calls that failed. */
  failures = 0;

  create(path: string): Promise<number> {
    return this.#call('create', () => REAL_DISK.create(path));
  }
  write(fd: number, bytes: Buffer, position: number): Promise<void> {
    return this.#call('write', () => REAL_DISK.write(fd, bytes, position));
  }
  syncFile(fd: number): Promise<void> {
    return this.#call('syncFile', () => REAL_DISK.syncFile(fd));
  }
  truncate(fd: number, bytes: number): Promise<void> {
    return this.#call('truncate', () => REAL_DISK.truncate(fd, bytes));
  }
  rename(from: string, to: string): Promise<void> {
    return this.#call('rename', () => REAL_DISK.rename(from, to));
  }
  close(fd: number): Promise<void> {
    return this.#call('close', () => REAL_DISK.close(fd));
  }
  remove(path: string): Promise<void> {
    return this.#call('remove', () => REAL_DISK.remove(path));
  }
  syncDirectory(fd: number): Promise<void> {
    return this.#call('syncDirectory', () => REAL_DISK.syncDirectory(fd));
  }

  async #call<T>(name: keyof JournalDisk, act: () => Promise<T>): Promise<T> {
    if (this.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, this.delayMs));
    const { fault } = this;
    if (fault?.call !== name) return act();
    this.failures += 1;
    throw Object.assign(new Error(`${fault.code}: simulated`), { code: fault.code });
  }
}
