import { useState } from 'react';
import type { StudyDetail } from '#contracts/study.ts';
import { DETAIL_TEXT as T } from './detail-text.ts';

/** As large as the picture of the study, in whose place it stands. */
const SIDE = 200;
/** Twice that, for sharp screens. */
const VIEWPORT = '400,400';

interface KeyPlace {
  /** Of the small picture that the server makes (PS3.18 10.4.1.1.4). */
  readonly address: string;
  readonly rows: number;
  readonly columns: number;
  readonly box: readonly [number, number, number, number] | null;
}

/** The image of the finding with the highest score, as far as its place is told: it is withheld where reading begins without the AI. */
export function keyPlaceOf(
  study: Pick<StudyDetail, 'studyInstanceUid' | 'findings' | 'series'>,
): KeyPlace | null {
  const highest = study.findings
    .filter((finding) => finding.sopInstanceUid !== null)
    .toSorted((a, b) => b.score - a.score)
    .at(0);
  for (const { seriesInstanceUid, instances } of study.series) {
    const image = instances.find((each) => each.sopInstanceUid === highest?.sopInstanceUid);
    if (highest === undefined || image === undefined) continue;
    const { rows, columns, sopInstanceUid } = image;
    if (rows === null || columns === null) return null;
    const frame = `/dicomweb/studies/${study.studyInstanceUid}/series/${seriesInstanceUid}/instances/${sopInstanceUid}/frames/${highest.frame ?? 1}`;
    const address = `${frame}/thumbnail?accept=image/jpeg&viewport=${VIEWPORT}`;
    return { address, rows, columns, box: highest.box };
  }
  return null;
}

/** The image of the highest finding, with its box. */
export function KeyImage({ place }: { readonly place: KeyPlace }) {
  const [broken, setBroken] = useState(false);
  const { address, rows, columns, box } = place;
  if (broken) return null;
  return (
    <figure data-testid="key-image">
      <svg
        className="key-image"
        width={SIDE}
        height={SIDE}
        viewBox={`0 0 ${columns} ${rows}`}
        role="img"
        aria-label={T.keyImage}
      >
        <image
          href={address}
          width={columns}
          height={rows}
          preserveAspectRatio="none"
          onError={() => setBroken(true)}
        />
        {box === null ? null : <rect x={box[0]} y={box[1]} width={box[2]} height={box[3]} />}
      </svg>
      <figcaption className="second small">
        {T.keyImage}. {T.notDiagnostic}
      </figcaption>
    </figure>
  );
}
