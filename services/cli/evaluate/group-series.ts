import { toRadTriageError } from '#core/errors.ts';
import type { Candidate, ScoringCase, SeriesCandidate, SliceCandidate } from './candidates.ts';
import { fileKind, openPart10 } from './open-image.ts';
import { describeProblem } from './problems.ts';

export interface GroupingOptions {
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, total: number) => void;
}

/** Of a file that is no DICOM image: why. */
const PLAIN = 'a plain image has no series: this model reads series of DICOM images';

type Looked =
  | { readonly slice: SliceCandidate; readonly study: string }
  | { readonly refusal: string };

async function look(candidate: Candidate): Promise<Looked> {
  try {
    const kind = await fileKind(candidate.path);
    if (kind === 'plain') return { refusal: PLAIN };
    if (kind === 'other') return { refusal: 'not a DICOM file' };
    const { image, attributes } = await openPart10(candidate.path);
    return { slice: { ...candidate, row: image.row }, study: attributes.studyInstanceUid };
  } catch (thrown) {
    return { refusal: describeProblem(toRadTriageError(thrown, 'NOT_FOUND')) };
  }
}

/**
 * The series that files belong to, by their headers, wherever they lie; and the files that are no DICOM image, with the
 * reason. A second file of one SOP Instance UID is left out and told.
 */
export async function groupSeries(
  candidates: readonly Candidate[],
  { signal, onProgress }: GroupingOptions,
): Promise<{ cases: readonly ScoringCase[]; skipped: readonly string[] }> {
  const series = new Map<string, SeriesCandidate & { slices: SliceCandidate[] }>();
  const refused: Candidate[] = [];
  const known = new Set<string>();
  const skipped: string[] = [];
  for (const [index, candidate] of candidates.entries()) {
    if (signal.aborted) break;
    const found = await look(candidate);
    onProgress(index + 1, candidates.length);
    if ('refusal' in found) {
      refused.push({ ...candidate, refusal: found.refusal });
      continue;
    }
    const { slice, study } = found;
    if (known.has(slice.row.sopInstanceUid)) {
      skipped.push(`${candidate.name}: its SOP Instance UID came before`);
      continue;
    }
    known.add(slice.row.sopInstanceUid);
    const { seriesInstanceUid } = slice.row;
    const key = `${study} ${seriesInstanceUid}`;
    const own = series.get(key) ?? {
      name: candidate.name,
      studyInstanceUid: study,
      seriesInstanceUid,
      slices: [],
    };
    own.slices.push(slice);
    series.set(key, own);
  }
  return { cases: [...series.values(), ...refused], skipped };
}
