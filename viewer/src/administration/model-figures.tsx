import type { Model } from '#contracts/administration.ts';
import { formatDecimal, formatScore } from '../design/format.ts';
import { MODEL_TEXT as T } from './model-text.ts';

type Label = Model['labels'][number];

function describePoint({
  id,
  threshold,
  sensitivity,
  specificity,
}: Label['operatingPoints'][number]) {
  const figures = [
    ...(sensitivity === null ? [] : [T.sensitivity(formatScore(sensitivity))]),
    ...(specificity === null ? [] : [T.specificity(formatScore(specificity))]),
  ];
  return [T.fromScore(id, formatDecimal(threshold, 3)), ...figures].join(', ');
}

/** What of a model does not fit into one line: its operating points, and how its input check did. */
export function ModelFigures({ model }: { readonly model: Model }) {
  const { labels, inputCheck } = model;
  if (labels.length === 0) return null;
  return (
    <details className="model-figures">
      <summary>
        {T.points}, {T.checked}
      </summary>
      {labels.map((label) => (
        <div key={label.code}>
          <h4>
            {label.label} <span className="quiet small mono">{label.code}</span>
          </h4>
          <ul>
            {label.operatingPoints.map((point) => (
              <li key={point.id}>
                {describePoint(point)} {point.inUse ? <strong>({T.inUse})</strong> : null}
              </li>
            ))}
          </ul>
        </div>
      ))}
      <h4>{T.checked}</h4>
      {inputCheck === null ? <p>{T.unchecked}</p> : null}
      <ul>
        {inputCheck?.errorRates.map((rate) => (
          <li key={rate.class}>
            {rate.class}: {T.refusedOf(rate.refused, rate.n)}
          </li>
        ))}
        {inputCheck?.untested.map((untested) => (
          <li key={untested}>
            {T.untested}: {untested}
          </li>
        ))}
      </ul>
    </details>
  );
}
