import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { formatCsvRecord } from '#core/csv.ts';
import { seededRandom } from '#core/statistics/random.ts';
import { findComponents } from '#models/postprocess/components.ts';
import { evaluate } from '#quality/evaluation/evaluate.ts';
import { findMarks } from '#quality/evaluation/find-marks.ts';
import { poolRecordsBy } from '#quality/evaluation/pool-records.ts';
import type { EvaluationReport, LabelFigures } from '#quality/evaluation/report-schema.ts';
import type { ScoreRecord } from '#quality/evaluation/score-record.ts';
import { parseTruth } from '#quality/evaluation/truth.ts';
import { joinTruth } from '#quality/evaluation/units.ts';
import { missingPython, PYTHON } from '#tests/support/python.ts';
import { MODEL, record, SETTINGS } from '../../unit/quality/evaluation/sample.ts';

const TOLERANCE = 1e-6;
const GRID = 32;
const SIDE = 1024;
const CELL = SIDE / GRID;
const ID = 'lung-opacity';
const THRESHOLDS = { specific: 0.55, sensitive: 0.4 };
const RULE = { threshold: 0.5, minimumCells: 4 };

interface Shares {
  readonly hits: number;
  readonly n: number;
}
interface PythonFigures {
  readonly auc: Record<string, { value: number; delong: [number, number] }>;
  readonly points: Record<
    string,
    Record<'sensitivity' | 'specificity', Shares & { value: number; wilson: [number, number] }> & {
      prevalence: Record<string, { flagged: number; ppv: number }>;
      groups: Record<string, Record<'sensitivity' | 'specificity', number>>;
    }
  >;
  readonly calibration: {
    slope: number[];
    intercept: number[];
    brier: number[];
    brier_constant: number;
  };
  readonly peak: Shares;
  readonly froc: Record<string, Shares & { value: number }>;
  readonly drawn: { matched: number; drawn: number; wanted: number };
  readonly thirds: Shares[];
}

interface Row {
  readonly file: string;
  readonly patient: string;
  readonly age: number;
  readonly sex: string;
  readonly view: string;
  readonly rsna: string;
  readonly boxes: number[][];
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** Hills on a plain, as logits: one in the first box more often than not. */
function drawHeat(random: () => number, boxes: number[][]): number[] {
  const hills = Array.from({ length: 6 }, () => ({
    x: random() * GRID,
    y: random() * GRID,
    height: random() * 5,
    width: 1.5 + random() * 2.5,
  }));
  for (const [x = 0, y = 0, width = 0, height = 0] of boxes) {
    if (random() < 0.4) continue;
    const [middleX, middleY] = [(x + width / 2) / CELL, (y + height / 2) / CELL];
    hills.push({ x: middleX, y: middleY, height: 2 + random() * 5, width: 3 });
  }
  return Array.from({ length: GRID * GRID }, (_, cell) => {
    const [row, column] = [Math.floor(cell / GRID), cell % GRID];
    const distance = (hill: (typeof hills)[number]) =>
      ((column - hill.x) ** 2 + (row - hill.y) ** 2) / (2 * hill.width ** 2);
    const logit = hills.reduce((sum, hill) => sum + hill.height * Math.exp(-distance(hill)), -4);
    return logit + random() * 1e-3;
  });
}

/** Two images of most patients; every eighth was read by nobody. */
function drawSample(count: number) {
  const random = seededRandom(11);
  const rows: Row[] = [];
  const scores: number[] = [];
  const heat: number[][] = [];
  for (let i = 0; i < count; i += 1) {
    const kind = i % 8 === 7 ? '' : i % 3 === 0 ? 'Lung Opacity' : 'Normal';
    const box = () => [random() * 600, random() * 600, 100 + random() * 250, 120 + random() * 280];
    const boxes = kind === 'Lung Opacity' ? Array.from({ length: 1 + (i % 2) }, box) : [];
    rows.push({
      file: `${i}.png`,
      patient: `P${Math.floor(i / 1.7)}`,
      age: 18 + Math.floor(random() * 70),
      sex: random() < 0.5 ? 'F' : 'M',
      view: random() < (kind === 'Lung Opacity' ? 0.7 : 0.4) ? 'AP' : 'PA',
      rsna: kind,
      boxes,
    });
    scores.push(sigmoid((random() - 0.5) * 4 + (boxes.length > 0 ? 0.9 : 0)));
    heat.push(drawHeat(random, boxes));
  }
  return { rows, scores, heat };
}

type Sample = ReturnType<typeof drawSample>;

/** What the product would have written of the same scores and heat. */
function recordsOf({ rows, scores, heat }: Sample): ScoreRecord[] {
  const transform = { scaleX: CELL, scaleY: CELL, originX: 0, originY: 0 };
  return rows.map(({ file }, i) => {
    const values = Float32Array.from(heat[i] ?? [], sigmoid);
    const map = { values, rows: GRID, columns: GRID, transform };
    const boxes = findComponents(map, RULE).map(
      ({ left, top, right, bottom, peak }): [number, number, number, number, number] => [
        left * CELL,
        top * CELL,
        (right - left) * CELL,
        (bottom - top) * CELL,
        peak,
      ],
    );
    const marks = findMarks(map, { rows: SIDE, columns: SIDE });
    const frame = { frame: 1, scores: { [ID]: scores[i] ?? 0 }, marks: { [ID]: marks } };
    return record(file, {
      rows: SIDE,
      columns: SIDE,
      frames: [{ ...frame, boxes: { [ID]: boxes } }],
    });
  });
}

function evaluated(sample: Sample): EvaluationReport {
  const lines = sample.rows.map(({ file, patient, age, sex, view, rsna, boxes }) =>
    formatCsvRecord([file, patient, age, sex, view, rsna, JSON.stringify(boxes)]),
  );
  const text = `file,patient,age,sex,view,rsna_class,rsna_boxes\n${lines.join('')}`;
  const truth = parseTruth(text, {
    labels: [ID],
    columns: new Map([
      ['label', 'rsna_class'],
      ['boxes', 'rsna_boxes'],
    ]),
    positiveValues: ['Lung Opacity'],
    boxSize: [SIDE, SIDE],
    choice: {
      only: [{ column: 'rsna_class', comparison: 'given', value: '' }],
      patients: undefined,
    },
  });
  const records = recordsOf(sample);
  const ageBands = [40, 61];
  const joined = joinTruth(records, truth, {
    ageBands,
    pool: poolRecordsBy('image', (scores) => Math.max(...scores)),
  });
  const operatingPoints = Object.entries(THRESHOLDS).map(([id, threshold]) => ({
    id,
    threshold,
    isDefault: id === 'specific',
  }));
  const model = { ...MODEL, labels: [{ id: ID, label: 'Lung opacity', operatingPoints }] };
  const base = { model, truth, joined, files: records.length, skipped: 0 };
  const createdAt = new Date('2026-01-02T03:04:05Z');
  return evaluate({ ...base, product: 'radtriage 0.0.0', createdAt }, { ...SETTINGS, ageBands });
}

/** Their name of a group, and ours. */
const GROUPS: readonly (readonly [string, string, string])[] = [
  ['view PA', 'view', 'PA'],
  ['view AP', 'view', 'AP'],
  ['female', 'sex', 'F'],
  ['male', 'sex', 'M'],
  ['age under 40', 'age', 'under 40'],
  ['age 40 to 60', 'age', '40 to 60'],
  ['age over 60', 'age', '61 and over'],
];

describe.skipIf(missingPython('scipy', 'numpy'))(
  "an evaluation's figures and those of the model card of cxr-opacity",
  () => {
    let ours: LabelFigures;
    let theirs: PythonFigures;

    beforeAll(() => {
      const sample = drawSample(240);
      const [label] = evaluated(sample).labels;
      if (label === undefined) throw new Error('no figures');
      ours = label;
      const { rows, scores } = sample;
      const given = { rows, scores, heat: sample.heat.flat(), grid: GRID, thresholds: THRESHOLDS };
      theirs = JSON.parse(
        execFileSync(PYTHON, [join(import.meta.dirname, 'card-measures.py')], {
          input: JSON.stringify({ ...given, rule: [RULE.threshold, RULE.minimumCells] }),
          encoding: 'utf8',
          env: { ...process.env, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' },
          maxBuffer: 2 ** 26,
        }),
      );
    }, 120_000);

    const near = (found: number | null | undefined, wanted: number | undefined) =>
      expect(Math.abs((found ?? Number.NaN) - (wanted ?? Number.NaN))).toBeLessThan(TOLERANCE);

    it('agree on the area under the ROC curve and its DeLong interval', () => {
      const of = theirs.auc['all'];
      near(ours.auc?.auc, of?.value);
      near(ours.auc?.interval[0], of?.delong[0]);
      near(ours.auc?.interval[1], of?.delong[1]);
    });

    it.each(['specific', 'sensitive'])('agree on the operating point "%s"', (id) => {
      const point = ours.points.find((one) => one.id === id);
      const of = theirs.points[id];
      for (const measure of ['sensitivity', 'specificity'] as const) {
        expect(point?.[measure]).toMatchObject({
          count: of?.[measure].hits,
          total: of?.[measure].n,
        });
        near(point?.[measure].wilson?.[0], of?.[measure].wilson[0]);
        near(point?.[measure].wilson?.[1], of?.[measure].wilson[1]);
      }
      for (const at of point?.atPrevalence ?? []) {
        near(at.flagRate, of?.prevalence[String(at.prevalence)]?.flagged);
        near(at.positivePredictiveValue, of?.prevalence[String(at.prevalence)]?.ppv);
      }
      expect(point?.atPrevalence).toHaveLength(3);
    });

    it.each(GROUPS)('agree on the subgroup "%s"', (name, variable, value) => {
      const group = ours.variables
        .find((one) => one.variable === variable)
        ?.groups.find((one) => one.value === value);
      near(group?.auc?.auc, theirs.auc[name]?.value);
      near(group?.auc?.interval[0], theirs.auc[name]?.delong[0]);
      const { sensitivity, specificity } = theirs.points['specific']?.groups[name] ?? {};
      expect([group?.sensitivity.count, group?.specificity.count]).toEqual([
        sensitivity,
        specificity,
      ]);
    });

    it('agree on calibration and Brier score', () => {
      near(ours.calibration?.slope.estimate, theirs.calibration.slope[0]);
      near(ours.calibration?.intercept.estimate, theirs.calibration.intercept[0]);
      near(ours.reliability?.brier, theirs.calibration.brier[0]);
      near(ours.reliability?.brierOfPrevalence, theirs.calibration.brier_constant);
    });

    it('agree on the peak, the FROC curve, drawn boxes and the thirds by size', () => {
      const places = ours.localisation;
      const { hits, n } = theirs.peak;
      expect(places?.peakInBox).toMatchObject({ count: hits, total: n });
      expect(hits).toBeGreaterThan(10);
      for (const [rate, of] of Object.entries(theirs.froc)) {
        const found = places?.froc.rates.find((one) => one.falseMarksPerImage === Number(rate));
        expect(found).toMatchObject({ hit: of.hits, lesions: of.n });
        near(found?.sensitivity, of.value);
      }
      expect(Object.keys(theirs.froc)).toHaveLength(4);
      const { matched, drawn, wanted } = theirs.drawn;
      expect(places?.drawn.precision).toMatchObject({ count: matched, total: drawn });
      expect(places?.drawn.recall).toMatchObject({ count: matched, total: wanted });
      expect(matched).toBeGreaterThan(5);
      expect(places?.bySize.map(({ sensitivity: { count, total } }) => [count, total])).toEqual(
        theirs.thirds.map((third) => [third.hits, third.n]),
      );
    });
  },
);
