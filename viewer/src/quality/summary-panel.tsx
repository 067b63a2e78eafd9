import type { Proportion, QualitySummary } from '#contracts/quality.ts';
import { formatProportion, formatShare } from '../design/format.ts';
import { QUALITY_TEXT as T } from './text.ts';

/** A point with its interval on a line from 0 to 100%. */
function IntervalPlot({ proportion }: { readonly proportion: Proportion }) {
  const { estimate, interval } = proportion;
  return (
    <svg className="interval" viewBox="0 0 200 18" preserveAspectRatio="none" aria-hidden="true">
      <line className="interval-axis" x1="0" x2="200" y1="9" y2="9" />
      {[0, 50, 100, 150, 200].map((x) => (
        <line key={x} className="interval-axis" x1={x} x2={x} y1="6" y2="12" />
      ))}
      {interval === null ? null : (
        <rect
          className="interval-bar"
          x={interval[0] * 200}
          y="5.5"
          width={Math.max(1, (interval[1] - interval[0]) * 200)}
          height="7"
        />
      )}
      {estimate === null ? null : (
        <rect className="interval-point" x={estimate * 200 - 1} y="2" width="2" height="14" />
      )}
    </svg>
  );
}

function ProportionRow(props: { readonly name: string; readonly proportion: Proportion }) {
  const { count, total, estimate, interval } = props.proportion;
  return (
    <div className="proportion" data-testid="proportion">
      <dt>{props.name}</dt>
      <dd className="proportion-count">{formatShare(count, total)}</dd>
      <dd>
        <IntervalPlot proportion={props.proportion} />
      </dd>
      <dd className="proportion-words">{formatProportion(estimate, interval)}</dd>
    </div>
  );
}

function Count(props: { readonly name: string; readonly count: number }) {
  return (
    <div className="count">
      <strong>{props.count}</strong>
      <span className="second small">{props.name}</span>
    </div>
  );
}

export function SummaryPanel({ summary }: { readonly summary: QualitySummary }) {
  const { findings } = summary;
  return (
    <section className="panel summary" aria-label={T.summary} data-testid="quality-summary">
      <div className="summary-counts">
        <Count name={T.counts.analysed} count={summary.analysed} />
        <Count name={T.counts.notAnalysed} count={summary.notAnalysed} />
        <Count name={T.counts.failed} count={summary.failed} />
        <div className="count-findings">
          <p className="quiet small">{T.findings}</p>
          <p>
            <strong>{findings.confirmed}</strong> {T.confirmed}, <strong>{findings.amended}</strong>{' '}
            {T.amended}, <strong>{findings.rejected}</strong> {T.rejected},{' '}
            <strong>{findings.added}</strong> {T.added}
          </p>
        </div>
      </div>
      <dl className="proportions">
        <ProportionRow name={T.proportions.flagged} proportion={summary.flagged} />
        <ProportionRow name={T.proportions.reviewed} proportion={summary.reviewed} />
        <ProportionRow
          name={T.proportions.positivePredictiveValue}
          proportion={summary.positivePredictiveValue}
        />
        <ProportionRow
          name={T.proportions.negativePredictiveValue}
          proportion={summary.negativePredictiveValue}
        />
        <ProportionRow name={T.proportions.agreement} proportion={summary.agreement} />
        <ProportionRow name={T.proportions.secondReadings} proportion={summary.secondReadings} />
      </dl>
    </section>
  );
}
