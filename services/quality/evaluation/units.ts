import { createHash } from 'node:crypto';
import type { Box } from '#core/finding.ts';
import { groupsOf } from './groups.ts';
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

/** What is judged as one: an image, or a study when the truth speaks of studies. */
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

/** How scores of several images or frames become one. */
export type PoolScores = (scores: readonly number[]) => number;

export interface JoinOptions {
  readonly ageBands: readonly number[];
  readonly pool: PoolScores;
}

/** Twelve hex digits of the name's SHA-256. */
export function caseIdOf(name: string): string {
  return createHash('sha256').update(name).digest('hex').slice(0, 12);
}

function subjectOf(record: ScoreRecord, by: Truth['by']): string | null {
  if (by === 'file') return record.file;
  return by === 'SOPInstanceUID' ? record.sopInstanceUid : record.studyInstanceUid;
}

/** Each row of truth with its images. */
export function joinTruth(
  records: readonly ScoreRecord[],
  truth: Truth,
  options: JoinOptions,
): JoinedUnits {
  const bySubject = Map.groupBy(records, (record) => subjectOf(record, truth.by));
  const clusters = new Map<string, number>();
  const units: EvaluationUnit[] = [];
  let withoutImage = 0;
  for (const row of truth.rows) {
    const own = bySubject.get(row.subject);
    if (own === undefined) {
      withoutImage += 1;
      continue;
    }
    bySubject.delete(row.subject);
    units.push(unitOf(row, own, { ...options, truth, clusters }));
  }
  return { units, withoutTruth: [...bySubject.values()].flat(), withoutImage };
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
    scores: analysed.length === 0 ? undefined : poolRecords(analysed, pool),
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

/** Of an image its frames, of a study its images. */
export function poolRecords(
  records: readonly ScoreRecord[],
  pool: PoolScores,
): Record<string, number> {
  const frames = records.flatMap((record) => record.frames);
  const labels = new Set(frames.flatMap((frame) => Object.keys(frame.scores)));
  return Object.fromEntries(
    [...labels].map((label) => {
      const scores = frames.map((frame) => frame.scores[label]).filter((one) => one !== undefined);
      return [label, pool(scores)];
    }),
  );
}

function placesOf(record: ScoreRecord): PlacesOfUnit | undefined {
  const [frame, ...others] = record.frames;
  const { rows, columns } = record;
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
