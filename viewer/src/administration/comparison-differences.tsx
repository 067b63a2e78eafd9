import { useState } from 'react';
import { Link } from 'wouter';
import type { ModelComparison } from '#contracts/model-comparison.ts';
import { formatScore, formatWhen } from '../design/format.ts';
import { Button } from '../design/ui.tsx';
import { MODEL_TEXT as T } from './model-text.ts';

const SHOWN_FIRST = 10;

type Difference = ModelComparison['differences'][number];

const scoreWord = (score: number | null) => (score === null ? null : formatScore(score));

function Row({ one }: { readonly one: Difference }) {
  const isFlip = one.flaggedA !== one.flaggedB;
  return (
    <tr data-testid="comparison-difference" data-flags={isFlip ? 'differ' : 'same'}>
      <td>
        <Link href={`/studies/${one.studyInstanceUid}`}>
          {formatWhen(one.receivedAt, new Date())}
        </Link>
        <div className="quiet small mono">{one.studyInstanceUid}</div>
      </td>
      <td>{[one.modality, one.site].filter((part) => part !== null && part !== '').join(', ')}</td>
      <td>{T.word(one.flaggedA, scoreWord(one.scoreA))}</td>
      <td>{T.word(one.flaggedB, scoreWord(one.scoreB))}</td>
      <td>{T.gained(one.placesGained)}</td>
      <td>{T.read(one.confirmed)}</td>
    </tr>
  );
}

/** The studies that one flags and the other does not; those that only stand elsewhere in the list come last. */
export function ComparisonDifferences({ report }: { readonly report: ModelComparison }) {
  const [isAll, setAll] = useState(false);
  const { differences, differencesLeftOut } = report;
  if (differences.length === 0) return <p className="quiet">{T.noDifferences}</p>;
  const shown = isAll ? differences : differences.slice(0, SHOWN_FIRST);
  return (
    <>
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
          {shown.map((one) => (
            <Row key={one.studyInstanceUid} one={one} />
          ))}
        </tbody>
      </table>
      {isAll || differences.length <= SHOWN_FIRST ? null : (
        <div>
          <Button size="small" data-testid="differences-all" onClick={() => setAll(true)}>
            {T.showAll(differences.length)}
          </Button>
        </div>
      )}
      {isAll && differencesLeftOut > 0 ? (
        <p className="quiet small">{T.leftOut(differencesLeftOut)}</p>
      ) : null}
    </>
  );
}
