import { useSyncExternalStore } from 'react';
import { TEXT } from './text.ts';
import { Button } from './ui.tsx';

interface Toast {
  readonly id: number;
  readonly message: string;
  readonly tone: 'plain' | 'bad';
  readonly undo: (() => void) | null;
}

export const UNDO_MS = 15_000;
const PLAIN_MS = 6000;

let toasts: readonly Toast[] = [];
let nextId = 1;
const watchers = new Set<() => void>();

function set(next: readonly Toast[]): void {
  toasts = next;
  for (const watcher of watchers) watcher();
}

function dismiss(id: number): void {
  set(toasts.filter((toast) => toast.id !== id));
}

/** Says something in passing; with `undo` it stays for 15 seconds and offers the way back. */
export function showToast(
  message: string,
  options: { tone?: 'plain' | 'bad'; undo?: () => void; onGone?: () => void } = {},
): void {
  const id = nextId++;
  set([...toasts, { id, message, tone: options.tone ?? 'plain', undo: options.undo ?? null }]);
  const stay = options.undo === undefined ? PLAIN_MS : UNDO_MS;
  setTimeout(() => {
    dismiss(id);
    options.onGone?.();
  }, stay);
}

export function clearToasts(): void {
  set([]);
}

function watch(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

export function Toasts() {
  const shown = useSyncExternalStore(watch, () => toasts);
  return (
    <section className="toasts" aria-live="polite" aria-label={TEXT.messages}>
      {shown.map((toast) => (
        <div key={toast.id} className="toast" data-tone={toast.tone}>
          <span>{toast.message}</span>
          {toast.undo === null ? null : (
            <Button
              size="small"
              data-testid="toast-undo"
              onClick={() => {
                dismiss(toast.id);
                toast.undo?.();
              }}
            >
              {TEXT.undo}
            </Button>
          )}
        </div>
      ))}
    </section>
  );
}
