import { formatCount } from '../design/format.ts';

/** How many objects were refused, and as what. */
export function FailuresCell(props: {
  readonly failed: number;
  readonly failures: Readonly<Record<string, number>>;
}) {
  if (props.failed === 0) return <span className="quiet">0</span>;
  const kinds = Object.entries(props.failures).sort(([, a], [, b]) => b - a);
  return (
    <>
      <strong className="bad">{formatCount(props.failed)}</strong>
      {kinds.map(([kind, count]) => (
        <div key={kind} className="quiet small nowrap">
          {kinds.length > 1 ? `${formatCount(count)} × ` : ''}
          {kind}
        </div>
      ))}
    </>
  );
}
