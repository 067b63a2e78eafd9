import { type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { Icon, type IconName } from './icons.tsx';
import type { FoldStep } from './use-folds.ts';

/**
 * Tools that stand in the line while there is room for them, and behind one button when there is not: which of the two,
 * the line decides (use-folds.ts), and the tools are the same.
 */
export function ToolFold(props: {
  readonly name: string;
  readonly icon: IconName | null;
  readonly folds: FoldStep;
  /** A tool behind it is in use. */
  readonly pressed: boolean;
  /** A choice closes it: not where one is often followed by another. */
  readonly closes: boolean;
  readonly children: ReactNode;
}) {
  const [open, setOpen] = useState(false);
  const fold = useRef<HTMLSpanElement>(null);
  const trigger = useRef<HTMLButtonElement>(null);
  const id = useId();
  useEffect(() => {
    if (!open) return;
    const onPointerDown = ({ target }: PointerEvent) => {
      if (target instanceof Node && fold.current?.contains(target) !== true) setOpen(false);
    };
    window.addEventListener('pointerdown', onPointerDown, { capture: true });
    return () => window.removeEventListener('pointerdown', onPointerDown, { capture: true });
  }, [open]);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it listens for what its buttons let through
    <span
      ref={fold}
      className="tool-fold"
      data-folds={props.folds}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || !open) return;
        setOpen(false);
        trigger.current?.focus();
      }}
      onBlur={({ relatedTarget }) => {
        const isWithin = relatedTarget === null || fold.current?.contains(relatedTarget) === true;
        if (!isWithin) setOpen(false);
      }}
    >
      <button
        ref={trigger}
        type="button"
        className="tool tool-fold-button"
        title={props.name}
        aria-label={props.name}
        aria-expanded={open}
        aria-controls={id}
        data-active={props.pressed}
        onClick={() => setOpen(!open)}
      >
        {props.icon === null ? <span>{props.name}</span> : <Icon name={props.icon} />}
        <Icon name="caret" />
      </button>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the clicks are those of its buttons */}
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: a button's key is a click as well */}
      <span
        id={id}
        className="tool-fold-panel"
        data-open={open}
        onClick={() => {
          if (props.closes) setOpen(false);
        }}
      >
        {props.children}
      </span>
    </span>
  );
}
