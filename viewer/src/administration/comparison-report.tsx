import { useQuery } from '@tanstack/react-query';
import type { ModelComparison } from '#contracts/model-comparison.ts';
import { messageOf } from '../api/client.ts';
import { TEXT } from '../design/text.ts';
import { State } from '../design/ui.tsx';
import { fromServer } from '../languages/server-words.ts';
import { ComparisonDifferences } from './comparison-differences.tsx';
import { besideRows, describeShare, type FigureRow, togetherRows } from './comparison-figures.ts';
import { MODEL_TEXT as T } from './model-text.ts';
import { modelComparisonQuery } from './queries.ts';
import { ScoreScatter } from './score-scatter.tsx';

function Figures(props: {
  readonly head?: readonly string[];
  readonly rows: readonly FigureRow[];
  readonly testId?: string;
}) {
  return (
    <table className="table dense figures" data-testid={props.testId}>
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
        {props.rows.map(([name, ...cells]) => (
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

function crossRows({ flags }: ModelComparison): FigureRow[] {
  return [
    [T.flaggedBy('B'), String(flags.both), String(flags.onlyB)],
    [T.notFlaggedBy('B'), String(flags.onlyA), String(flags.neither)],
  ];
}

function Subgroups({ report }: { readonly report: ModelComparison }) {
  const rows = report.subgroups.map(
    ({ by, group, flaggedA, flaggedB }): FigureRow => [
      `${T.groupedBy[by]}: ${group}`,
      describeShare(flaggedA),
      describeShare(flaggedB),
    ],
  );
  return (
    <details data-testid="comparison-subgroups">
      <summary>{T.subgroups}</summary>
      <Figures head={[T.group, 'A', 'B']} rows={rows} />
    </details>
  );
}

function Reasons({ report }: { readonly report: ModelComparison }) {
  const rows = (['a', 'b'] as const).flatMap((side) =>
    report[side].reasons.map(
      ({ reason, count }): FigureRow => [
        `${side.toUpperCase()}: ${fromServer(reason)}`,
        String(count),
      ],
    ),
  );
  if (rows.length === 0) return null;
  return (
    <details>
      <summary>{T.reasons}</summary>
      <Figures head={[T.reason, T.studies]} rows={rows} />
    </details>
  );
}

/** What two versions, each `id@version`, made of the studies that both analysed. */
export function ComparisonReport({ a, b }: { readonly a: string; readonly b: string }) {
  const comparison = useQuery(modelComparisonQuery({ a, b }));
  if (comparison.isPending) return <State title={TEXT.loading} />;
  if (comparison.isError) return <State title={messageOf(comparison.error)} />;
  const report = comparison.data;
  if (report.compared === 0) {
    return <State title={T.none} detail={T.noneDetail} testId="comparison-empty" />;
  }
  return (
    <div className="comparison" data-testid="comparison">
      <p>
        <strong>{T.compared(report.compared)}</strong>{' '}
        <span className="second">{T.seen(report.seen.a, report.seen.b)}</span>
      </p>
      {report.caveats.map((caveat) => (
        <p key={caveat} className="comparison-caveat">
          {fromServer(caveat)}
        </p>
      ))}
      <Figures head={[T.each, `A: ${a}`, `B: ${b}`]} rows={besideRows(report)} />
      <div className="comparison-pair">
        <div className="comparison-together">
          <Figures
            head={[T.crossed, T.flaggedBy('A'), T.notFlaggedBy('A')]}
            rows={crossRows(report)}
            testId="comparison-cross"
          />
          <Figures rows={togetherRows(report)} />
        </div>
        {report.scatter.map((scatter) => (
          <ScoreScatter key={scatter.code} scatter={scatter} />
        ))}
      </div>
      <Subgroups report={report} />
      <Reasons report={report} />
      <h3>{T.differences}</h3>
      <ComparisonDifferences report={report} />
    </div>
  );
}
