import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import type { Model } from '#contracts/administration.ts';
import type { ModelComparison } from '#contracts/model-comparison.ts';
import type { Proportion } from '#contracts/quality.ts';
import { messageOf } from '../api/client.ts';
import { modelsQuery } from '../api/queries.ts';
import { formatProportion } from '../design/format.ts';
import { TEXT } from '../design/text.ts';
import { State } from '../design/ui.tsx';
import { MODEL_TEXT as T } from './model-text.ts';
import { modelComparisonQuery } from './queries.ts';
import { ScoreScatter } from './score-scatter.tsx';

function nameOf({ id, version }: Model): string {
  return `${id}@${version}`;
}

function describe({ count, total, estimate, interval }: Proportion): string {
  return `${count} of ${total}: ${formatProportion(estimate, interval)}`;
}

function milliseconds(value: ModelComparison['a']['networkMs']): string {
  return value === null ? TEXT.unknown : `${value.median.toFixed(1)} (${value.p95.toFixed(1)})`;
}

function besideRows({ a, b, flaggedA, flaggedB, readers }: ModelComparison): string[][] {
  const outcomes = (side: ModelComparison['a']) =>
    `${side.declined}, ${side.notAnalysed}, ${side.failed}`;
  const { confirmedFlaggedA: found, unconfirmedFlaggedA: other } = readers;
  return [
    [T.flagged, describe(flaggedA), describe(flaggedB)],
    [T.confirmed(found.total), describe(found), describe(readers.confirmedFlaggedB)],
    [T.unconfirmed(other.total), describe(other), describe(readers.unconfirmedFlaggedB)],
    [T.milliseconds, milliseconds(a.networkMs), milliseconds(b.networkMs)],
    [T.outcomes, outcomes(a), outcomes(b)],
  ];
}

function togetherRows({ compared, flags, agreement, places }: ModelComparison): string[][] {
  const range = agreement?.kappaInterval?.map((end) => end.toFixed(2)).join(' to ');
  const kappa = agreement?.kappa?.toFixed(2);
  return [
    [T.compared, String(compared)],
    [T.fourfold, [flags.both, flags.onlyA, flags.onlyB, flags.neither].join(', ')],
    [T.kappa, kappa === undefined ? T.undefinedKappa : `${kappa} (${range})`],
    [T.mcNemar, agreement?.mcNemarP.toPrecision(2) ?? TEXT.unknown],
    [T.places, T.moved(places.earlier, places.later)],
  ];
}

function Rows(props: { readonly head?: readonly string[]; readonly rows: readonly string[][] }) {
  return (
    <table className="table dense">
      {props.head === undefined ? null : (
        <thead>
          <tr>
            {props.head.map((cell) => (
              <th key={cell} scope="col">
                {cell}
              </th>
            ))}
          </tr>
        </thead>
      )}
      <tbody>
        {props.rows.map(([name = '', ...cells]) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            {cells.map((cell, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: the columns are A and B
              <td key={index}>{cell}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Differences({ report }: { readonly report: ModelComparison }) {
  if (report.differences.length === 0) return <p className="quiet">{T.noDifferences}</p>;
  return (
    <table className="table dense" data-testid="comparison-differences">
      <thead>
        <tr>
          {T.columns.map((column) => (
            <th key={column} scope="col">
              {column}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {report.differences.map((one) => (
          <tr key={one.studyInstanceUid}>
            <td>
              <Link className="mono" href={`/studies/${one.studyInstanceUid}`}>
                {one.studyInstanceUid}
              </Link>
            </td>
            <td>{T.word(one.flaggedA, one.scoreA)}</td>
            <td>{T.word(one.flaggedB, one.scoreB)}</td>
            <td>{one.placesGained}</td>
            <td>{T.read(one.confirmed)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Report({ a, b }: { readonly a: string; readonly b: string }) {
  const comparison = useQuery(modelComparisonQuery({ a, b }));
  if (comparison.isPending) return <State title={TEXT.loading} />;
  if (comparison.isError) return <State title={messageOf(comparison.error)} />;
  const report = comparison.data;
  if (report.compared === 0) {
    return <State title={T.none} detail={T.noneDetail} testId="comparison-empty" />;
  }
  return (
    <div className="comparison" data-testid="comparison">
      {report.caveats.map((caveat) => (
        <p key={caveat} className="second">
          {caveat}
        </p>
      ))}
      <Rows rows={togetherRows(report)} />
      <Rows head={['', `A: ${a}`, `B: ${b}`]} rows={besideRows(report)} />
      {report.scatter.map((scatter) => (
        <ScoreScatter key={scatter.code} scatter={scatter} />
      ))}
      <h3>{T.differences}</h3>
      <Differences report={report} />
    </div>
  );
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
          {a === b ? <State title={T.same} /> : <Report a={a} b={b} />}
        </>
      )}
    </section>
  );
}
