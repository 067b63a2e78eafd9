import { useQuery } from '@tanstack/react-query';
import type { Model } from '#contracts/administration.ts';
import type { ModelComparison } from '#contracts/model-comparison.ts';
import { messageOf } from '../api/client.ts';
import { formatEstimate } from '../design/format.ts';
import { TEXT } from '../design/text.ts';
import { fromServer } from '../languages/server-words.ts';
import { describeShare } from './comparison-figures.ts';
import { describeEvaluation } from './describe-evaluation.ts';
import { PROMOTION_TEXT as T } from './promotion-text.ts';
import { modelComparisonQuery } from './queries.ts';

function nameOf({ id, version }: Model): string {
  return `${id}@${version}`;
}

function changeRows(report: ModelComparison): [string, string][] {
  const { compared, flags, flaggedA, flaggedB, agreement, places, readers } = report;
  const kappa = agreement?.kappa ?? null;
  const range = agreement?.kappaInterval ?? null;
  const { confirmedFlaggedA: found, unconfirmedFlaggedA: other } = readers;
  const [foundB, otherB] = [readers.confirmedFlaggedB.count, readers.unconfirmedFlaggedB.count];
  return [
    [T.seen, T.seenBy(compared, report.seen.both)],
    [T.flaggedNow, describeShare(flaggedA)],
    [T.flaggedThen, describeShare(flaggedB)],
    [T.change, T.changes(flags.onlyB, flags.onlyA)],
    [T.places, T.moved(places.earlier, places.later)],
    [T.agreement, kappa === null ? T.undefinedKappa : T.kappa(formatEstimate(kappa, range, 2))],
    ...(readers.signed === 0
      ? ([[T.readers, T.unread]] satisfies [string, string][])
      : ([
          [T.confirmed, T.flaggedOf(found.total, found.count, foundB)],
          [T.unconfirmed, T.flaggedOf(other.total, other.count, otherB)],
        ] satisfies [string, string][])),
  ];
}

function Change({ active, model }: { readonly active: Model; readonly model: Model }) {
  const versions = { a: nameOf(active), b: nameOf(model) };
  const comparison = useQuery(modelComparisonQuery(versions));
  if (comparison.isPending) return <p className="quiet">{TEXT.loading}</p>;
  if (comparison.isError) {
    return (
      <p className="model-problem" role="alert">
        {messageOf(comparison.error)}
      </p>
    );
  }
  const report = comparison.data;
  if (report.compared === 0) {
    return (
      <p className="promotion-unknown" data-testid="promotion-unknown">
        {T.unknown(active.version)}
      </p>
    );
  }
  return (
    <>
      <table className="table dense" data-testid="promotion-comparison">
        <tbody>
          {changeRows(report).map(([name, value]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{value}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {report.caveats.map((caveat) => (
        <p key={caveat} className="quiet small">
          {fromServer(caveat)}
        </p>
      ))}
    </>
  );
}

/** What is known of a promotion before it takes effect: against the version that is active, and on a known truth. */
export function PromotionSummary(props: {
  readonly model: Model;
  readonly active: Model | undefined;
}) {
  const { model, active } = props;
  return (
    <section className="promotion" aria-label={T.title} data-testid="promotion-summary">
      <h3>{active === undefined ? T.title : T.against(active.version)}</h3>
      {active === undefined ? (
        <p className="second">{T.noActive}</p>
      ) : (
        <Change active={active} model={model} />
      )}
      <p className="second small" data-testid="promotion-evaluation">
        {model.evaluation === null ? T.notEvaluated : describeEvaluation(model.evaluation)}
      </p>
    </section>
  );
}
