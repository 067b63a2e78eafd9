import { useEffect, useRef } from 'react';

/** What moves a slider that has the focus; every other key acts on the page. */
const SLIDER_KEYS: ReadonlySet<string> = new Set([
  ...['ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight'],
  ...['Home', 'End', 'PageUp', 'PageDown'],
]);

/** True while a key belongs to a field, a dialog or the browser, and must not act on the page. */
export function keyIsTaken(event: KeyboardEvent): boolean {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return true;
  const target = event.target;
  if (!(target instanceof Element)) return false;
  if (document.querySelector('[role="dialog"]') !== null) return true;
  if (target.closest('textarea, select, [contenteditable="true"]') !== null) return true;
  const input = target.closest('input');
  if (input?.type === 'range') return SLIDER_KEYS.has(event.key);
  return input !== null && !['checkbox', 'button', 'radio'].includes(input.type);
}

/** Calls `handler` for keys that nothing else wants. A button in focus keeps its Enter and space. */
export function useKeys(handler: (event: KeyboardEvent) => void): void {
  const latest = useRef(handler);
  useEffect(() => {
    latest.current = handler;
  });
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (keyIsTaken(event)) return;
      const pressesControl =
        (event.key === 'Enter' || event.key === ' ') &&
        event.target instanceof Element &&
        event.target.closest('button, a, input, summary') !== null;
      if (!pressesControl) latest.current(event);
    };
    // In the capture phase: the image tools keep the keys that reach their element to themselves.
    window.addEventListener('keydown', onKey, { capture: true });
    return () => window.removeEventListener('keydown', onKey, { capture: true });
  }, []);
}
