import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DicomAttributes } from '#dicom/attributes/read-attributes.ts';
import type { TriageImage } from '#inference/triage-types.ts';
import { type Journal, recordKey } from '#quality/evaluation/journal.ts';
import type { ModelDescription } from '#quality/evaluation/model-description.ts';
import type { HeaderFacts, ScoreRecord } from '#quality/evaluation/score-record.ts';
import type { TruthRow } from '#quality/evaluation/truth.ts';
import type { Candidate, ScoringCase, SeriesCandidate } from './candidates.ts';
import {
  fileKind,
  fileSha256,
  type OpenedImage,
  openImage,
  openPart10,
  plainContext,
} from './open-image.ts';
import { describeProblem, UNREADABLE } from './problems.ts';
import { type Scorer, scoreOpened } from './score-image.ts';
import { scoreSeries, seriesSha256 } from './score-series.ts';
import { workThrough } from './work-through.ts';

export interface ScoringOptions {
  readonly scorer: Scorer;
  readonly model: ModelDescription;
  readonly journal: Journal;
  /** The row of truth of a file, when the truth file names files. */
  readonly truthOf: (file: string) => TruthRow | undefined;
  /** Images or series in work at once. */
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

type Header = Pick<OpenedImage, 'attributes' | 'image'>;
type Base = Pick<ScoreRecord, 'file' | 'fileSha256' | 'key'>;

function headerFacts(
  { attributes, image }: { attributes: DicomAttributes; image: TriageImage },
  site: string | undefined,
): HeaderFacts {
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

class CandidateScorer {
  readonly #options: ScoringOptions;
  readonly #scratch: string;
  reused = 0;

  constructor(options: ScoringOptions, scratch: string) {
    this.#options = options;
    this.#scratch = scratch;
  }

  async score(one: ScoringCase): Promise<ScoreRecord> {
    if ('slices' in one) return await this.#scoreSeries(one);
    if (one.refusal !== undefined) return refused(one, one.refusal);
    return await this.#scoreImage(one);
  }

  async #scoreImage(candidate: Candidate): Promise<ScoreRecord> {
    const file = await this.#look(candidate);
    if (file === undefined) return refused(candidate, UNREADABLE);
    const { sha, isPlain } = file;
    const context = plainContext(isPlain ? this.#options.truthOf(candidate.name) : undefined);
    const base = this.#base(candidate.name, sha, isPlain ? JSON.stringify(context) : '');
    return await this.#onceOnly(base, () => this.#analyse(candidate, base, context));
  }

  async #scoreSeries(series: SeriesCandidate): Promise<ScoreRecord> {
    const sha = await seriesSha256(series).catch(() => undefined);
    if (sha === undefined) return refused(series, UNREADABLE);
    const base = this.#base(series.name, sha, '');
    return await this.#onceOnly(base, () => this.#analyseSeries(series, base));
  }

  #base(file: string, sha: string, context: string): Base {
    const { sha256: modelSha256, scoringSha256 } = this.#options.model;
    const key = recordKey({ fileSha256: sha, modelSha256, scoringSha256, context });
    return { file, fileSha256: sha, key };
  }

  /** What the journal has is not analysed again. */
  async #onceOnly({ file, key }: Base, analyse: () => Promise<ScoreRecord>): Promise<ScoreRecord> {
    const { journal } = this.#options;
    const before = journal.find(file, key);
    if (before !== undefined) {
      this.reused += 1;
      return before;
    }
    const record = await analyse();
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
    base: Base,
    context: ReturnType<typeof plainContext>,
  ): Promise<ScoreRecord> {
    let opened: OpenedImage;
    try {
      opened = await openImage(candidate, context, this.#scratch);
    } catch (thrown) {
      return { ...base, ...NOTHING, reason: describeProblem(thrown) };
    }
    await using image = opened;
    const { attributes, isWrapped } = image;
    const outcome = await scoreOpened(image, this.#options.scorer);
    return {
      ...base,
      sopInstanceUid: isWrapped ? null : attributes.sopInstanceUid,
      seriesInstanceUid: isWrapped ? null : attributes.seriesInstanceUid,
      studyInstanceUid: isWrapped ? null : attributes.studyInstanceUid,
      // The wrapping gives every plain image the same patient.
      patient: isWrapped ? null : this.#patientOf(image, candidate),
      ...this.#describe(image, candidate),
      ...outcome,
    };
  }

  async #analyseSeries(series: SeriesCandidate, base: Base): Promise<ScoreRecord> {
    const [first] = series.slices;
    if (first === undefined) return refused(series, UNREADABLE);
    let header: Header;
    try {
      header = await openPart10(first.path);
    } catch (thrown) {
      return { ...base, ...NOTHING, reason: describeProblem(thrown) };
    }
    return {
      ...base,
      sopInstanceUid: null,
      seriesInstanceUid: series.seriesInstanceUid,
      studyInstanceUid: series.studyInstanceUid,
      patient: this.#patientOf(header, first),
      ...this.#describe(header, first),
      ...(await scoreSeries(series, this.#options.scorer)),
    };
  }

  #describe(header: Header, { archived }: Candidate) {
    const { rows, columns, burnedInAnnotation } = header.attributes;
    return {
      rows: rows ?? null,
      columns: columns ?? null,
      facts: headerFacts(header, archived?.site),
      burnedIn: burnedInAnnotation?.toUpperCase() === 'YES',
    };
  }

  #patientOf({ attributes }: Header, { archived }: Candidate): string | null {
    const { journal } = this.#options;
    const known = archived?.patient;
    if (known !== undefined) return journal.patientDigest('patientKey', known);
    const { patientId, issuerOfPatientId } = attributes;
    if (patientId === undefined || patientId === '') return null;
    return journal.patientDigest(issuerOfPatientId, patientId);
  }
}

const NOTHING = {
  sopInstanceUid: null,
  seriesInstanceUid: null,
  studyInstanceUid: null,
  patient: null,
  rows: null,
  columns: null,
  facts: {},
  outcome: 'no-image',
  frames: [],
  burnedIn: false,
} as const satisfies Partial<ScoreRecord>;

function refused({ name }: ScoringCase, reason: string): ScoreRecord {
  const none = '0'.repeat(64);
  return { file: name, fileSha256: none, key: none, ...NOTHING, reason };
}

/**
 * Scores every image or series that the journal does not know yet. Stopped, it lets those under way come to their end.
 * @throws RadTriageError what is wrong with the model or the machine
 */
export async function scoreCandidates(
  cases: readonly ScoringCase[],
  options: ScoringOptions,
): Promise<ScoredCandidates> {
  const scratch = await mkdtemp(join(tmpdir(), 'radtriage-evaluate-'));
  const scorer = new CandidateScorer(options, scratch);
  try {
    const { results, stopped } = await workThrough(cases, (one) => scorer.score(one), {
      concurrency: options.concurrency,
      signal: options.signal,
      onDone: (done) => options.onProgress(done, cases.length, scorer.reused),
    });
    return { records: results, reused: scorer.reused, stopped };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
