import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { messageOf } from '../api/client.ts';
import { TEXT } from '../design/text.ts';
import { Button, State } from '../design/ui.tsx';

/** A panel over one query: its head stays, and in the body loading, failure, emptiness or what there is. */
export function DataPanel<T>(props: {
  readonly title: string;
  readonly lead?: string | undefined;
  readonly head?: ReactNode;
  readonly testId: string;
  readonly query: Pick<UseQueryResult<T>, 'data' | 'isError' | 'error' | 'refetch'>;
  /** Undefined when there is something to show. */
  readonly empty: (data: T) => ReactNode | undefined;
  readonly children: (data: T) => ReactNode;
}) {
  const { data, isError, error, refetch } = props.query;
  const empty = data === undefined ? undefined : props.empty(data);
  return (
    <section className="panel" aria-label={props.title} data-testid={props.testId}>
      <div className="panel-head">
        <div>
          <h2>{props.title}</h2>
          {props.lead === undefined ? null : <p className="second small">{props.lead}</p>}
        </div>
        {props.head}
      </div>
      {data === undefined && !isError ? <p className="panel-line quiet">{TEXT.loading}</p> : null}
      {data === undefined && isError ? (
        <State
          title={messageOf(error)}
          action={<Button onClick={() => void refetch()}>{TEXT.retry}</Button>}
        />
      ) : null}
      {data === undefined ? null : (empty ?? props.children(data))}
    </section>
  );
}

export function EmptyLine(props: { readonly text: string; readonly detail?: string }) {
  return (
    <p className="panel-line second">
      {props.text}
      {props.detail === undefined ? null : <span className="quiet"> {props.detail}</span>}
    </p>
  );
}

/** The heads of a table; those in `numbers` stand over right-aligned figures. */
export function TableHead<K extends string>(props: {
  readonly columns: Readonly<Record<K, string>>;
  readonly numbers?: readonly NoInfer<K>[];
}) {
  const numbers = new Set<string>(props.numbers);
  return (
    <thead>
      <tr>
        {Object.entries<string>(props.columns).map(([key, name]) => (
          <th key={key} scope="col" className={numbers.has(key) ? 'number' : undefined}>
            {name}
          </th>
        ))}
      </tr>
    </thead>
  );
}
