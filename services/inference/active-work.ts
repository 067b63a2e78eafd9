/** Whether this process has work that somebody waits for: models in shadow stand aside while it has. */
export interface ActiveWork {
  /** Counts the work until its promise has settled. */
  during<T>(work: () => Promise<T>): Promise<T>;
  /** Resolves when there is none. */
  whenIdle(): Promise<void>;
}

export function createActiveWork(): ActiveWork {
  let running = 0;
  let waiting: (() => void)[] = [];
  return {
    during: async (work) => {
      running += 1;
      try {
        return await work();
      } finally {
        running -= 1;
        if (running === 0) {
          for (const wake of waiting) wake();
          waiting = [];
        }
      }
    },
    whenIdle: async () => {
      // Other work may have begun before this one was woken.
      while (running > 0) await new Promise<void>((wake) => waiting.push(wake));
    },
  };
}
