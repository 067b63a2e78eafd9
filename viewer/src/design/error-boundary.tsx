import { Component, type ReactNode } from 'react';
import { TEXT } from './text.ts';
import { Button, State } from './ui.tsx';

/** Keeps the navigation alive when a page breaks, and says so. */
export class ErrorBoundary extends Component<
  { readonly children: ReactNode },
  { broken: boolean }
> {
  override state = { broken: false };

  static getDerivedStateFromError(): { broken: boolean } {
    return { broken: true };
  }

  override render(): ReactNode {
    if (!this.state.broken) return this.props.children;
    return (
      <State
        title={TEXT.broken}
        action={<Button onClick={() => window.location.reload()}>{TEXT.reload}</Button>}
      />
    );
  }
}
