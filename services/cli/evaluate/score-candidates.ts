import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RadTriageError } from '#core/errors.ts';
import { type Journal, recordKey } from '#quality/evaluation/journal.ts';
import type { ModelDescription } from '#quality/evaluation/model-description.ts';
import type { HeaderFacts, ScoreRecord } from '#quality/evaluation/score-record.ts';
import type { TruthRow } from '#quality/evaluation/truth.ts';
import type { Candidate } from './candidates.ts';
import { fileKind, fileSha256, type OpenedImage, openImage, plainContext } from './open-image.ts';
import { type Scorer, scoreOpened } from './score-image.ts';

export interface ScoringOptions {
  readonly scorer: Scorer;
  readonly model: ModelDescription;
  readonly journal: Journal;
  /** The row of truth of a file, when the truth file names files. */
  readonly truthOf: (file: string) => TruthRow | undefined;
  /** Images in work at once. */
  readonly concurrency: number;
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, total: number, reused: number) => void;
}

export interface ScoredCandidates {
  /** In the order of the candidates; fewer when it was stopped. */
  readonly records: readonly ScoreRecord[];
  /** How many the journal had already. */
  readonly reused: number;
  readonly stopped: boolean;
}

function headerFacts(opened: OpenedImage, site: string | undefined): HeaderFacts {
  const { attributes, image } = opened;
  const { viewPosition, patientSex, manufacturer, modality } = attributes;
  const entries: [keyof HeaderFacts, string | number | undefined][] = [
    ['view', viewPosition],
    ['sex', patientSex],
    ['ageYears', image.facts?.ageYears],
    ['manufacturer', manufacturer],
    ['modality', modality],
    ['site', site],
  ];
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined && value !== ''));
}

function patientOf(opened: OpenedImage, candidate: Candidate, journal: Journal): string | null {
  const known = candidate.archived?.patient;
  if (known !== undefined) return journal.patientDigest('patientKey', known);
  const { patientId, issuerOfPatientId } = opened.attributes;
  // The wrapping gives every plain image the same patient.
  if (opened.isWrapped || patientId === undefined || patientId === '') return null;
  return journal.patientDigest(issuerOfPatientId, patientId);
}

class CandidateScorer {
  readonly #options: ScoringOptions;
  readonly #scratch: string;
  reused = 0;

  constructor(options: ScoringOptions, scratch: string) {
    this.#options = options;
    this.#scratch = scratch;
  }

  async score(candidate: Candidate): Promise<ScoreRecord> {
    const { journal, model, truthOf } = this.#options;
    const file = await this.#look(candidate);
    if (file === undefined) return unreadable(candidate);
    const { sha, isPlain } = file;
    const context = plainContext(isPlain ? truthOf(candidate.name) : undefined);
    const key = recordKey({
      fileSha256: sha,
      modelSha256: model.sha256,
      manifestSha256: model.manifestSha256,
      context: isPlain ? JSON.stringify(context) : '',
    });
    const before = journal.find(candidate.name, key);
    if (before !== undefined) {
      this.reused += 1;
      return before;
    }
    const base = { file: candidate.name, fileSha256: sha, key };
    const record = await this.#analyse(candidate, base, context);
    // A model that failed once may not the next time.
    if (record.outcome !== 'model-failed') await journal.append(record);
    return record;
  }

  /** Nothing for a file that went away, or may not be read. */
  async #look({ path, archived }: Candidate) {
    try {
      if (archived !== undefined) return { sha: archived.sha256, isPlain: false };
      return { sha: await fileSha256(path), isPlain: (await fileKind(path)) === 'plain' };
    } catch {
      return undefined;
    }
  }

  async #analyse(
    candidate: Candidate,
    base: Pick<ScoreRecord, 'file' | 'fileSha256' | 'key'>,
    context: ReturnType<typeof plainContext>,
  ): Promise<ScoreRecord> {
    const { journal, scorer } = this.#options;
    let opened: OpenedImage;
    try {
      opened = await openImage(candidate, context, this.#scratch);
    } catch (thrown) {
      return { ...base, ...NOTHING, reason: describeProblem(thrown) };
    }
    await using image = opened;
    const { attributes, isWrapped } = image;
    return {
      ...base,
      sopInstanceUid: isWrapped ? null : attributes.sopInstanceUid,
      studyInstanceUid: isWrapped ? null : attributes.studyInstanceUid,
      patient: patientOf(image, candidate, journal),
      rows: attributes.rows ?? null,
      columns: attributes.columns ?? null,
      facts: headerFacts(image, candidate.archived?.site),
      ...(await scoreOpened(image, scorer)),
      burnedIn: attributes.burnedInAnnotation?.toUpperCase() === 'YES',
    };
  }
}

const NOTHING = {
  sopInstanceUid: null,
  studyInstanceUid: null,
  patient: null,
  rows: null,
  columns: null,
  facts: {},
  outcome: 'no-image',
  frames: [],
  burnedIn: false,
} as const satisfies Partial<ScoreRecord>;

function unreadable({ name }: Candidate): ScoreRecord {
  const none = '0'.repeat(64);
  return { file: name, fileSha256: none, key: none, ...NOTHING, reason: UNREADABLE };
}

/** A message that is not ours may name a path, and the path a patient. */
function describeProblem(thrown: unknown): string {
  if (!(thrown instanceof RadTriageError) || thrown.code === 'NOT_FOUND') return UNREADABLE;
  return thrown.code === 'DICOM_NOT_PART10' ? thrown.message : `${thrown.code}: ${thrown.message}`;
}

const UNREADABLE = 'the file cannot be read';

/**
 * Scores every candidate that the journal does not know yet. Stopped, it lets the images under way come to their end.
 * @throws RadTriageError what is wrong with the model or the machine
 */
export async function scoreCandidates(
  candidates: readonly Candidate[],
  options: ScoringOptions,
): Promise<ScoredCandidates> {
  const scratch = await mkdtemp(join(tmpdir(), 'radtriage-evaluate-'));
  const scorer = new CandidateScorer(options, scratch);
  const records: (ScoreRecord | undefined)[] = [];
  let next = 0;
  let done = 0;
  let failure: unknown;
  const work = async (): Promise<void> => {
    while (!options.signal.aborted && failure === undefined) {
      const index = next;
      const candidate = candidates[index];
      if (candidate === undefined) return;
      next += 1;
      try {
        records[index] = await scorer.score(candidate);
      } catch (thrown) {
        failure ??= thrown;
        return;
      }
      done += 1;
      options.onProgress(done, candidates.length, scorer.reused);
    }
  };
  try {
    await Promise.all(Array.from({ length: options.concurrency }, work));
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  if (failure !== undefined) throw failure;
  return {
    records: records.filter((record) => record !== undefined),
    reused: scorer.reused,
    stopped: done < candidates.length,
  };
}
