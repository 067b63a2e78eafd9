import { Dialog as RadixDialog } from 'radix-ui';
import type { ComponentProps, ReactNode } from 'react';
import type { Priority } from '#core/priority.ts';
import { TEXT } from './text.ts';

interface ButtonProps extends ComponentProps<'button'> {
  readonly kind?: 'primary' | 'plain' | 'quiet';
  readonly size?: 'small' | 'normal';
}

export function Button({ kind = 'plain', size = 'normal', ...rest }: ButtonProps) {
  const className = ['button', rest.className].filter(Boolean).join(' ');
  return <button type="button" {...rest} className={className} data-kind={kind} data-size={size} />;
}

export function Key({ children }: { readonly children: ReactNode }) {
  return <kbd className="key">{children}</kbd>;
}

export type Tone = 'good' | 'warn' | 'bad' | 'accent' | 'plain';

export function Chip({
  tone = 'plain',
  ...rest
}: ComponentProps<'span'> & { readonly tone?: Tone }) {
  return <span {...rest} className="chip" data-tone={tone} />;
}

export function PriorityChip({ priority }: { readonly priority: Priority }) {
  return (
    <span className="priority" data-priority={priority} data-testid="priority">
      {priority}
    </span>
  );
}

export function Notice(props: {
  readonly tone?: 'info' | 'warn' | 'bad';
  readonly children: ReactNode;
  readonly action?: ReactNode;
  readonly testId?: string;
}) {
  return (
    <div
      className="notice"
      data-tone={props.tone ?? 'info'}
      role="status"
      data-testid={props.testId}
    >
      <span>{props.children}</span>
      {props.action}
    </div>
  );
}

/** Loading, empty and error states: one look, in the place of what is missing. */
export function State(props: {
  readonly title: string;
  readonly detail?: string;
  readonly action?: ReactNode;
  readonly testId?: string;
  /** There is nothing else on the page: it needs a heading of its own. */
  readonly isPage?: boolean;
}) {
  const Heading = props.isPage === true ? 'h1' : 'h2';
  return (
    <div className="state" role="status" data-testid={props.testId}>
      <Heading>{props.title}</Heading>
      {props.detail === undefined ? null : <p>{props.detail}</p>}
      {props.action}
    </div>
  );
}

export function Dialog(props: {
  readonly title: string;
  readonly description?: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
}) {
  return (
    <RadixDialog.Root open onOpenChange={(open) => (open ? undefined : props.onClose())}>
      <RadixDialog.Portal>
        <RadixDialog.Overlay className="dialog-veil" />
        <RadixDialog.Content
          className="dialog"
          {...(props.description === undefined ? { 'aria-describedby': undefined } : {})}
        >
          <div className="dialog-head">
            <div>
              <RadixDialog.Title>{props.title}</RadixDialog.Title>
              {props.description === undefined ? null : (
                <RadixDialog.Description className="second">
                  {props.description}
                </RadixDialog.Description>
              )}
            </div>
            <RadixDialog.Close asChild>
              <Button kind="quiet" size="small">
                {TEXT.close} <Key>Esc</Key>
              </Button>
            </RadixDialog.Close>
          </div>
          {props.children}
        </RadixDialog.Content>
      </RadixDialog.Portal>
    </RadixDialog.Root>
  );
}

/** Score from 0 to 1 as a short bar. */
export function Meter(props: { readonly score: number; readonly flagged: boolean }) {
  const percent = Math.max(0, Math.min(1, props.score)) * 100;
  return (
    <span className="meter" data-flagged={props.flagged} aria-hidden="true">
      <i style={{ width: `${percent}%` }} />
    </span>
  );
}
