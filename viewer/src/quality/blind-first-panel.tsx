import type { ChangedMinds } from '#contracts/quality.ts';
import { QUALITY_TEXT as T } from './text.ts';

/** What seeing the AI's word did to the readers' own: a table of the four ways it can go. */
export function BlindFirstPanel({ minds }: { readonly minds: ChangedMinds }) {
  if (minds.compared === 0) return null;
  return (
    <section className="panel" aria-label={T.blindFirst.title} data-testid="blind-first-table">
      <div className="panel-head">
        <h2>
          {T.blindFirst.title} <span className="quiet small">{minds.compared}</span>
        </h2>
        <span className="second small">{T.blindFirst.lead}</span>
      </div>
      <table className="table">
        <thead>
          <tr>
            <th scope="col">{T.blindFirst.before}</th>
            <th scope="col">{T.blindFirst.afterAgrees}</th>
            <th scope="col">{T.blindFirst.afterDiffers}</th>
          </tr>
        </thead>
        <tbody>
          <tr>
            <th scope="row">{T.blindFirst.agreed}</th>
            <td>
              {minds.keptAgreeing} {T.blindFirst.kept}
            </td>
            <td>
              {minds.changedAway} {T.blindFirst.away}
            </td>
          </tr>
          <tr>
            <th scope="row">{T.blindFirst.differed}</th>
            <td>
              {minds.changedToAgree} {T.blindFirst.toAgree}
            </td>
            <td>
              {minds.keptDiffering} {T.blindFirst.kept}
            </td>
          </tr>
        </tbody>
      </table>
    </section>
  );
}
