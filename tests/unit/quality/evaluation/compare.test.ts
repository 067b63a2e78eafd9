import { describe, expect, it } from 'vitest';
import { seededRandom } from '#core/statistics/random.ts';
import { type ComparableCase, formatCases, parseCases } from '#quality/evaluation/case-csv.ts';
import { casesFromScores } from '#quality/evaluation/compare/cases-from-scores.ts';
import { compareScores } from '#quality/evaluation/compare/compare.ts';
import { comparisonSchema } from '#quality/evaluation/compare/comparison-schema.ts';
import { comparisonPage } from '#quality/evaluation/html/comparison-page.ts';
import { poolRecordsBy } from '#quality/evaluation/pool-records.ts';
import { parseScoreCsv, SCORE_CSV_HEADING, scoreCsvLines } from '#quality/evaluation/score-csv.ts';
import { parseTruth } from '#quality/evaluation/truth.ts';
import { caseIdOf, joinTruth } from '#quality/evaluation/units.ts';
import { MODEL, record, SETTINGS, sampleOf, scored } from './sample.ts';

const OPTIONS = {
  bootstrapRepeats: 300,
  seed: 1,
  product: 'radtriage 0.0.0',
  createdAt: new Date('2026-01-02T03:04:05Z'),
};

/** @param skill 0 knows nothing, 1 everything */
function cases(skill: number, seed: number, count = 200): ComparableCase[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, (_, i) => {
    const positive = i % 4 === 0;
    const score = (1 - skill) * random() + (positive ? skill : 0);
    const caseId = caseIdOf(`case ${i}`);
    return { caseId, patient: `${i >> 1}`, label: 'spot', positive, score, flagged: score >= 0.5 };
  });
}

describe('comparison', () => {
  it('finds a real difference, tells its direction, and is what its schema says', () => {
    const first = { name: 'good', cases: cases(0.6, 1) };
    const found = compareScores(first, { name: 'poor', cases: cases(0.1, 2) }, OPTIONS);
    expect(comparisonSchema.parse(JSON.parse(JSON.stringify(found)))).toEqual(found);
    const [label] = found.labels;
    expect(label?.difference?.difference).toBeGreaterThan(0.1);
    expect(label?.difference?.pValue).toBeLessThan(0.001);
    expect(label?.difference?.bootstrap?.[0]).toBeGreaterThan(0);
    expect(label?.sensitivity?.onlyFirst).toBeGreaterThan(label?.sensitivity?.onlySecond ?? 0);
    expect(label?.holm.auc).toBeGreaterThanOrEqual(label?.difference?.pValue ?? 1);
    expect(label?.stability).toBeGreaterThan(0.25);
    const page = comparisonPage(found);
    expect(page).toContain('good and poor');
    expect(page).toContain('thresholds do not carry over');
  });

  it('finds none of a model against itself', () => {
    const same = cases(0.3, 1);
    const found = compareScores({ name: 'a', cases: same }, { name: 'b', cases: same }, OPTIONS);
    const [label] = found.labels;
    expect(label?.difference).toMatchObject({ difference: 0, pValue: 1, bootstrap: [0, 0] });
    expect(label?.sensitivity).toMatchObject({ difference: 0, pValue: 1 });
    expect(label?.stability).toBe(0);
  });

  it('counts what only one has, and what one did not analyse as not flagged', () => {
    const first = cases(0.6, 1, 40);
    const second = first
      .slice(1)
      .map((one, i) => (i === 3 ? { ...one, score: undefined, flagged: false } : one));
    const found = compareScores({ name: 'a', cases: first }, { name: 'b', cases: second }, OPTIONS);
    expect(found.labels[0]).toMatchObject({
      cases: 39,
      pairs: 38,
      onlyInFirst: 1,
      onlyInSecond: 0,
      sensitivity: { onlyFirst: 1, onlySecond: 0 },
    });
  });

  it('refuses other truths, and cases that have nothing in common', () => {
    const first = { name: 'a', cases: cases(0.5, 1, 8) };
    const turned = first.cases.map((one) => ({ ...one, positive: !one.positive }));
    expect(() => compareScores(first, { name: 'b', cases: turned }, OPTIONS)).toThrowError(
      /another truth/,
    );
    const others = first.cases.map((one, i) => ({ ...one, caseId: caseIdOf(`other ${i}`) }));
    expect(() => compareScores(first, { name: 'b', cases: others }, OPTIONS)).toThrowError(
      /no case in common/,
    );
  });
});

const HIGHEST = poolRecordsBy('image', (scores) => Math.max(...scores));

describe('files that a comparison reads', () => {
  it('cases say the same after writing and reading, without any name', () => {
    const { records, truth } = sampleOf(40);
    const { units } = joinTruth(records, truth, {
      ageBands: SETTINGS.ageBands,
      pool: HIGHEST,
    });
    const text = formatCases(units, MODEL);
    expect(text).not.toContain('secret');
    const found = parseCases(text, 'cases.csv');
    expect(found).toHaveLength(40);
    expect(found[0]).toMatchObject({ caseId: units[0]?.caseId, label: 'spot', positive: true });
    expect(found.filter((one) => one.score === undefined)).toHaveLength(4);
    expect(() => parseCases(`${text}x,y\n`, 'cases.csv')).toThrowError(/line 42/);
  });

  it('scores are joined with the truth, the highest of several frames', () => {
    const two = record('b', {
      frames: [
        { frame: 1, scores: { spot: 0.2 } },
        { frame: 2, scores: { spot: 0.7 } },
      ],
    });
    const lines = [
      scored('a, "quoted"', 0.25),
      two,
      record('c', { outcome: 'does-not-fit', reason: 'Modality does not fit' }),
    ].map((one) => scoreCsvLines(one, MODEL, HIGHEST));
    const rows = parseScoreCsv(SCORE_CSV_HEADING + lines.join(''), 'scores.csv');
    expect(rows).toHaveLength(4);
    const truth = parseTruth('file,spot\n"a, ""quoted""",1\nb,0\nc,1\nd,1\n', { labels: ['spot'] });
    const found = casesFromScores(rows, truth);
    expect(found.map(({ score, flagged, positive }) => [score, flagged, positive])).toEqual([
      [0.25, false, true],
      [0.7, true, false],
      [undefined, false, true],
    ]);
  });

  it('names what is missing in a file that is none of scores', () => {
    expect(() => parseScoreCsv('file,score\na,1\n', 'x.csv')).toThrowError(/x\.csv.*outcome/);
    const line = scoreCsvLines(scored('a', 0.25), MODEL, HIGHEST).replace('0.25', 'high');
    expect(() => parseScoreCsv(SCORE_CSV_HEADING + line, 'x.csv')).toThrowError(/line 2: score/);
  });
});
