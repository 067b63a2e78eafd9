import { realpath } from 'node:fs/promises';
import { relative, sep } from 'node:path';
import type { ImageRow } from '#inference/triage-types.ts';
import { findRoot, walkFiles } from '#intake/import/walk-files.ts';

/** A file that is to be scored. */
export interface Candidate {
  /** Path below the folder of images, with forward slashes; of an archived image its SOP Instance UID. */
  readonly name: string;
  readonly path: string;
  /** What the archive knows; undefined for a file of a folder. */
  readonly archived:
    | {
        readonly sha256: string;
        readonly patient: string | undefined;
        readonly site: string;
      }
    | undefined;
  /** Why it is not even tried, in words: it was looked at while series were put together. */
  readonly refusal?: string | undefined;
}

/** Files of one series, which are scored as one. */
export interface SeriesCandidate {
  /** That of its first file. */
  readonly name: string;
  readonly studyInstanceUid: string;
  readonly seriesInstanceUid: string;
  /** By name; the model's order is read from the headers. */
  readonly slices: readonly SliceCandidate[];
}

export interface SliceCandidate extends Candidate {
  /** As the triage job knows it: its path stands for the blob's. */
  readonly row: ImageRow;
}

/** What gets one score. */
export type ScoringCase = Candidate | SeriesCandidate;

export interface FoundCandidates {
  readonly candidates: readonly Candidate[];
  /** Links and what cannot be read, in words. */
  readonly skipped: readonly string[];
}

/**
 * All files below a folder in the order of their names, but for those in `except`.
 * @throws RadTriageError NOT_FOUND
 */
export async function findFiles(folder: string, except: string): Promise<FoundCandidates> {
  const root = await findRoot(folder);
  const own = await realpath(except);
  const skipped: string[] = [];
  const candidates: Candidate[] = [];
  const events = {
    onSkipped: (path: string) => skipped.push(`${relative(root, path)}: a link is not followed`),
    onUnreadable: (path: string) => skipped.push(`${relative(root, path)}: cannot be read`),
  };
  for await (const { path } of walkFiles(root, events)) {
    if (path.startsWith(`${own}${sep}`)) continue;
    const name = relative(root, path).split(sep).join('/');
    candidates.push({ name, path, archived: undefined });
  }
  candidates.sort((a, b) => (a.name < b.name ? -1 : 1));
  return { candidates, skipped };
}
