export interface Throttled {
  (): void;
  cancel(): void;
}

/**
 * Runs `action` at once, then at most once each `milliseconds`; a call in between runs at the end of the pause, so the
 * last change is never lost.
 */
export function throttle(action: () => void, milliseconds: number): Throttled {
  let timer: ReturnType<typeof setTimeout> | null = null;
  let wanted = false;
  const pause = () => {
    timer = setTimeout(() => {
      timer = null;
      if (!wanted) return;
      wanted = false;
      action();
      pause();
    }, milliseconds);
  };
  const run = () => {
    if (timer !== null) {
      wanted = true;
      return;
    }
    action();
    pause();
  };
  run.cancel = () => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    wanted = false;
  };
  return run;
}
