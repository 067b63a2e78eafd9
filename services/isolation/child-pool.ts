import type { ChildProgram } from './child-program.ts';
import { ChildEndError, ChildSlot } from './child-slot.ts';
import type { ResidentMemory } from './resident-memory.ts';

interface Waiting<Reply extends { readonly id: number }> {
  take(slot: ChildSlot<Reply>): void;
  refuse(error: Error): void;
}

/** Several killable child processes; who finds none free waits in turn. */
export class ChildPool<Reply extends { readonly id: number }> {
  readonly slots: readonly ChildSlot<Reply>[];
  readonly #idle: ChildSlot<Reply>[];
  readonly #waiting: Waiting<Reply>[] = [];
  #closed = false;

  /** @param programs one a process: they may differ in the files that they are given */
  constructor(programs: readonly ChildProgram<Reply>[]) {
    this.slots = programs.map((program) => new ChildSlot(program));
    this.#idle = [...this.slots].reverse();
  }

  /** How many are free now. */
  get free(): number {
    return this.#idle.length;
  }

  /** Process ids of the children alive. */
  processIds(): readonly number[] {
    return this.slots.map((slot) => slot.pid).filter((pid) => pid !== undefined);
  }

  memory(): readonly ResidentMemory[] {
    return this.slots.map((slot) => slot.memory()).filter((memory) => memory !== undefined);
  }

  /**
   * Gives `work` a process of its own for as long as it takes.
   * @param signal takes who still waits out of the queue, with its reason
   * @throws ChildEndError 'closed', and whatever `work` throws
   */
  async use<T>(
    work: (slot: ChildSlot<Reply>) => Promise<T>,
    signal?: AbortSignal | undefined,
  ): Promise<T> {
    if (this.#closed) throw closed();
    signal?.throwIfAborted();
    // The one used last comes first: its process is there, and warm.
    const slot = this.#idle.pop() ?? (await this.#next(signal));
    try {
      return await work(slot);
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#idle.push(slot);
      else next.take(slot);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const { refuse } of this.#waiting.splice(0)) refuse(closed());
    await Promise.all(this.slots.map((slot) => slot.close()));
  }

  #next(signal: AbortSignal | undefined): Promise<ChildSlot<Reply>> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        reject(signal?.reason);
      };
      const waiting: Waiting<Reply> = {
        take: (slot) => {
          signal?.removeEventListener('abort', leave);
          resolve(slot);
        },
        refuse: (error) => {
          signal?.removeEventListener('abort', leave);
          reject(error);
        },
      };
      this.#waiting.push(waiting);
      signal?.addEventListener('abort', leave, { once: true });
    });
  }
}

function closed(): ChildEndError {
  return new ChildEndError('closed', 'the processes are closed');
}
