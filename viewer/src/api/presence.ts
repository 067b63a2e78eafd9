const SIGNS = ['pointerdown', 'pointermove', 'keydown', 'wheel'] as const;
const PRESENT_MS = 60_000;

let lastSign = Date.now();
for (const sign of SIGNS) {
  window.addEventListener(
    sign,
    () => {
      lastSign = Date.now();
    },
    { passive: true, capture: true },
  );
}

/** Milliseconds since the user last touched mouse or keyboard. */
export function quietMs(): number {
  return Date.now() - lastSign;
}

/** False once requests come from the page's own refreshing alone: those must keep no session alive. */
export function userIsPresent(): boolean {
  return quietMs() < PRESENT_MS;
}
