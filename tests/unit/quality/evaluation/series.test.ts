import { describe, expect, it } from 'vitest';
import { formatCsvRecord } from '#core/csv.ts';
import { poolRecordsBy } from '#quality/evaluation/pool-records.ts';
import {
  parseScoreCsv,
  SCORE_CSV_HEADING,
  scoreCsvLines,
  sliceCsvLines,
} from '#quality/evaluation/score-csv.ts';
import type { ScoreRecord } from '#quality/evaluation/score-record.ts';
import { parseTruth, type Truth } from '#quality/evaluation/truth.ts';
import { joinTruth } from '#quality/evaluation/units.ts';
import { MODEL, record } from './sample.ts';

const mean = (scores: readonly number[]) =>
  scores.reduce((sum, score) => sum + score, 0) / scores.length;
const pool = poolRecordsBy('series', mean);

function series(name: string, study: string, scores: readonly number[]): ScoreRecord {
  return record(`${name}/0`, {
    seriesInstanceUid: `${study}.${name}`,
    studyInstanceUid: study,
    slices: scores.map((_, at) => ({ file: `${name}/${at}`, sopInstanceUid: `${name}.${at}` })),
    frames: scores.map((score, slice) => ({ frame: 1, slice, scores: { spot: score } })),
  });
}

const RECORDS = [
  series('a', '1', [0.25, 0.75]),
  series('b', '1', [0.125, 0.125, 0.25]),
  series('c', '2', [0.5]),
];

function join(by: Truth['by'], subjects: readonly string[]) {
  const lines = subjects.map((subject) => formatCsvRecord([subject, 1]));
  const truth = parseTruth(`${by},spot\n${lines.join('')}`, { labels: ['spot'] });
  return joinTruth(RECORDS, truth, { ageBands: [], pool });
}

describe('series', () => {
  it('are pooled each by itself; of a study the highest counts', () => {
    const { units } = join('StudyInstanceUID', ['1', '2']);
    expect(units.map((unit) => unit.scores?.['spot'])).toEqual([0.5, 0.5]);
    expect(units.map((unit) => unit.records.length)).toEqual([2, 1]);
    const all = poolRecordsBy('image', mean)(RECORDS.slice(0, 2));
    expect(all['spot']).toBeCloseTo(1.5 / 5);
  });

  it('are found by their UID, or by any of their files', () => {
    const { units, withoutTruth } = join('SeriesInstanceUID', ['1.b']);
    expect(units.map((unit) => unit.scores?.['spot'])).toEqual([0.5 / 3]);
    expect(withoutTruth).toHaveLength(2);
    expect(join('file', ['a/1', 'b/2', 'x']).withoutImage).toBe(1);
    expect(join('SOPInstanceUID', ['b.2']).units).toHaveLength(1);
    expect(() => join('file', ['a/1', 'a/0'])).toThrowError(/line 3: its series was named/);
  });

  it('have no places: which slice a mark lies on is not judged', () => {
    const marked = { ...series('d', '3', [0.5]), rows: 10, columns: 10 };
    const frames = marked.frames.map((frame) => ({ ...frame, marks: { spot: [] } }));
    const truth = parseTruth('file,spot,boxes\nd/0,1,"[[1,1,2,2]]"\n', { labels: ['spot'] });
    const { units } = joinTruth([{ ...marked, frames }], truth, { ageBands: [], pool });
    expect(units[0]?.places).toBeUndefined();
  });

  it('are written with their pooled score, and slice by slice', () => {
    const [first] = RECORDS;
    if (first === undefined) throw new Error('no series');
    const rows = parseScoreCsv(SCORE_CSV_HEADING + scoreCsvLines(first, MODEL, pool), 'scores.csv');
    expect(rows).toMatchObject([{ file: 'a/0', SeriesInstanceUID: '1.a', score: 0.5 }]);
    expect(sliceCsvLines(first, MODEL)).toBe(
      'a/0,a.0,1.a,1,1,1,spot,0.25\na/1,a.1,1.a,1,2,1,spot,0.75\n',
    );
  });
});
