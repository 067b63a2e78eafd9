import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Model } from '#contracts/administration.ts';
import { modelsQuery } from '../api/queries.ts';
import { State } from '../design/ui.tsx';
import { ComparisonReport } from './comparison-report.tsx';
import { MODEL_TEXT as T } from './model-text.ts';

function nameOf({ id, version }: Model): string {
  return `${id}@${version}`;
}

function Choice(props: {
  readonly label: string;
  readonly value: string;
  readonly names: readonly string[];
  readonly onChoose: (name: string) => void;
}) {
  return (
    <label className="labelled">
      {props.label}
      <select
        className="field"
        value={props.value}
        onChange={({ target }) => props.onChoose(target.value)}
      >
        {props.names.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
    </label>
  );
}

/** The active version first, against one in shadow, until somebody chooses otherwise. */
export function ModelComparisonPanel() {
  const models = useQuery(modelsQuery).data?.models.filter((model) => model.version !== '') ?? [];
  const [chosen, setChosen] = useState<{ a?: string; b?: string }>({});
  const first = models.find((model) => model.role === 'active') ?? models[0];
  const others = models.filter((model) => model !== first);
  const second = others.find((model) => model.role === 'shadow') ?? others[0];
  const a = chosen.a ?? (first && nameOf(first));
  const b = chosen.b ?? (second && nameOf(second));
  const names = models.map(nameOf);
  return (
    <section className="panel" aria-label={T.comparison} data-testid="model-comparison">
      <div className="panel-head">
        <h2>{T.comparison}</h2>
        <span className="quiet small">{T.lead}</span>
      </div>
      {a === undefined || b === undefined ? (
        <State title={T.choose} />
      ) : (
        <>
          <div className="comparison-choice">
            <Choice
              label={T.a}
              value={a}
              names={names}
              onChoose={(name) => setChosen({ ...chosen, a: name })}
            />
            <Choice
              label={T.b}
              value={b}
              names={names}
              onChoose={(name) => setChosen({ ...chosen, b: name })}
            />
          </div>
          {a === b ? <State title={T.same} /> : <ComparisonReport a={a} b={b} />}
        </>
      )}
    </section>
  );
}
