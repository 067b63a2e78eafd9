import { createHash } from 'node:crypto';
import { RadTriageError } from '#core/errors.ts';
import type { Box } from '#core/finding.ts';
import { groupsOf } from './groups.ts';
import type { PoolRecords } from './pool-records.ts';
import type { DrawnBox, Mark, Outcome, ScoreRecord } from './score-record.ts';
import type { Truth, TruthRow } from './truth.ts';

/** Where something is said about places, in one frame. */
export interface PlacesOfUnit {
  readonly rows: number;
  readonly columns: number;
  /** By label, the highest first. */
  readonly marks: Readonly<Record<string, readonly Mark[]>>;
  readonly boxes: Readonly<Record<string, readonly DrawnBox[]>>;
}

/** What is judged as one: an image, or a series or study when the model or the truth speaks of these. */
export interface EvaluationUnit {
  /** A digest of its name: tells units apart in a report, and names nobody. */
  readonly caseId: string;
  /** The patient, numbered from 0. */
  readonly cluster: number;
  readonly truth: ReadonlyMap<string, boolean>;
  /** By label; undefined when not analysed. */
  readonly scores: Readonly<Record<string, number>> | undefined;
  readonly outcome: Outcome;
  readonly reason: string | undefined;
  readonly groups: Readonly<Record<string, string>>;
  /** Reference boxes by label, in pixels of the image scored. */
  readonly lesions: ReadonlyMap<string, readonly Box[]>;
  /** Of images of one frame whose model says where. */
  readonly places: PlacesOfUnit | undefined;
  /** The images it is made of. */
  readonly records: readonly ScoreRecord[];
}

export interface JoinedUnits {
  readonly units: readonly EvaluationUnit[];
  /** Scored or tried, but without a row of truth. */
  readonly withoutTruth: readonly ScoreRecord[];
  /** Rows of truth whose image or study was not among those given: no model ever had them. */
  readonly withoutImage: number;
}

export interface JoinOptions {
  readonly ageBands: readonly number[];
  readonly pool: PoolRecords;
}

/** Twelve hex digits of the name's SHA-256. */
export function caseIdOf(name: string): string {
  return createHash('sha256').update(name).digest('hex').slice(0, 12);
}

/** What a record may be called in a truth file: a series by each of its files. */
function subjectsOf(record: ScoreRecord, by: Truth['by']): readonly (string | null | undefined)[] {
  switch (by) {
    case 'file':
      return record.slices?.map(({ file }) => file) ?? [record.file];
    case 'SOPInstanceUID':
      return record.slices?.map(({ sopInstanceUid }) => sopInstanceUid) ?? [record.sopInstanceUid];
    case 'SeriesInstanceUID':
      return [record.seriesInstanceUid];
    case 'StudyInstanceUID':
      return [record.studyInstanceUid];
  }
}

function recordsBySubject(
  records: readonly ScoreRecord[],
  by: Truth['by'],
): ReadonlyMap<string, readonly ScoreRecord[]> {
  const found = new Map<string, ScoreRecord[]>();
  for (const record of records) {
    for (const subject of subjectsOf(record, by)) {
      if (subject === null || subject === undefined) continue;
      const own = found.get(subject) ?? [];
      own.push(record);
      found.set(subject, own);
    }
  }
  return found;
}

/**
 * Each row of truth with its images, or its series.
 * @throws RadTriageError REQUEST_INVALID when two rows name one series by different files
 */
export function joinTruth(
  records: readonly ScoreRecord[],
  truth: Truth,
  options: JoinOptions,
): JoinedUnits {
  const bySubject = recordsBySubject(records, truth.by);
  const used = new Set<ScoreRecord>();
  const clusters = new Map<string, number>();
  const units: EvaluationUnit[] = [];
  let withoutImage = 0;
  for (const row of truth.rows) {
    const own = bySubject.get(row.subject);
    if (own === undefined) {
      withoutImage += 1;
      continue;
    }
    if (own.some((record) => used.has(record))) {
      const message = `truth: line ${row.line}: its series was named by another file before`;
      throw new RadTriageError('REQUEST_INVALID', message);
    }
    for (const record of own) used.add(record);
    units.push(unitOf(row, own, { ...options, truth, clusters }));
  }
  const withoutTruth = records.filter((record) => !used.has(record));
  return { units, withoutTruth, withoutImage };
}

interface UnitContext extends JoinOptions {
  readonly truth: Truth;
  readonly clusters: Map<string, number>;
}

function unitOf(
  row: TruthRow,
  records: readonly ScoreRecord[],
  context: UnitContext,
): EvaluationUnit {
  const { clusters, truth, ageBands, pool } = context;
  const [first] = records;
  const analysed = records.filter((record) => record.outcome === 'analysed');
  const shown = analysed[0] ?? first;
  // Without a word on the patient each unit stands for itself.
  const patient = row.patient ?? first?.patient ?? `unit ${row.subject}`;
  const cluster = clusters.get(patient) ?? clusters.size;
  clusters.set(patient, cluster);
  const places = records.length === 1 && shown !== undefined ? placesOf(shown) : undefined;
  return {
    caseId: caseIdOf(row.subject),
    cluster,
    truth: row.labels,
    scores: analysed.length === 0 ? undefined : pool(analysed),
    outcome: analysed.length === 0 ? (first?.outcome ?? 'no-image') : 'analysed',
    reason: describeReasons(analysed.length === 0 ? records : analysed),
    groups: groupsOf(row.groups, shown?.facts, ageBands),
    lesions: scaleLesions(row, truth.boxSize, places),
    places,
    records,
  };
}

function describeReasons(records: readonly ScoreRecord[]): string | undefined {
  const reasons = [
    ...new Set(records.map((record) => record.reason).filter((text) => text !== null)),
  ];
  return reasons.length === 0 ? undefined : reasons.join('; ');
}

function placesOf(record: ScoreRecord): PlacesOfUnit | undefined {
  const [frame, ...others] = record.frames;
  const { rows, columns } = record;
  // Which slice a mark lies on is not judged.
  if (record.slices !== undefined) return undefined;
  if (frame?.marks === undefined || others.length > 0 || rows === null || columns === null) {
    return undefined;
  }
  return { rows, columns, marks: frame.marks, boxes: frame.boxes ?? {} };
}

function scaleLesions(
  row: TruthRow,
  boxSize: Truth['boxSize'],
  places: PlacesOfUnit | undefined,
): ReadonlyMap<string, readonly Box[]> {
  if (boxSize === undefined || places === undefined) return row.boxes;
  const [scaleX, scaleY] = [places.columns / boxSize[0], places.rows / boxSize[1]];
  const scale = ([x, y, width, height]: Box): Box => [
    x * scaleX,
    y * scaleY,
    width * scaleX,
    height * scaleY,
  ];
  return new Map([...row.boxes].map(([label, boxes]) => [label, boxes.map(scale)]));
}
