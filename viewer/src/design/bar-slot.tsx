import { type ReactNode, useSyncExternalStore } from 'react';
import { createPortal } from 'react-dom';

let slot: HTMLElement | null = null;
const watchers = new Set<() => void>();

function setSlot(element: HTMLElement | null): void {
  slot = element;
  for (const watcher of watchers) watcher();
}

function watch(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

/** The free middle of the bar above every page. */
export function BarSlot() {
  return <div className="bar-slot" ref={setSlot} />;
}

/**
 * What is said while somebody reads stands in the bar: a line that comes between bar and image would move the image under
 * the reader's eyes, and the buttons under the hand.
 */
export function InBar({ children }: { readonly children: ReactNode }) {
  const element = useSyncExternalStore(watch, () => slot);
  return element === null ? null : createPortal(children, element);
}
