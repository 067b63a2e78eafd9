import { createHash } from 'node:crypto';
import { seededRandom } from '#core/statistics/random.ts';
import { type EvaluationSettings, evaluate } from '#quality/evaluation/evaluate.ts';
import type { ModelDescription } from '#quality/evaluation/model-description.ts';
import { poolRecordsBy } from '#quality/evaluation/pool-records.ts';
import type { ScoreRecord } from '#quality/evaluation/score-record.ts';
import { parseTruth, type Truth } from '#quality/evaluation/truth.ts';
import { joinTruth } from '#quality/evaluation/units.ts';

export const MODEL: ModelDescription = {
  id: 'sample',
  version: '1.0.0',
  sha256: 'a'.repeat(64),
  scoringSha256: 'b'.repeat(64),
  title: 'A <sample> model',
  demonstration: true,
  intendedUse: 'None: made for tests.',
  labels: [
    {
      id: 'spot',
      label: 'Spot',
      operatingPoints: [
        { id: 'specific', threshold: 0.6, isDefault: true },
        { id: 'sensitive', threshold: 0.35, isDefault: false },
      ],
    },
  ],
};

export const SETTINGS: EvaluationSettings = {
  bootstrapRepeats: 200,
  seed: 1,
  prevalences: [0.01, 0.05, 0.2],
  ageBands: [18, 40, 60, 80],
  worst: 3,
  showUids: false,
};

export function record(file: string, part: Partial<ScoreRecord> = {}): ScoreRecord {
  const digest = createHash('sha256').update(file).digest('hex');
  return {
    file,
    fileSha256: digest,
    key: digest,
    sopInstanceUid: null,
    studyInstanceUid: null,
    patient: null,
    rows: 100,
    columns: 200,
    facts: {},
    outcome: 'analysed',
    reason: null,
    frames: [],
    burnedIn: false,
    ...part,
  };
}

export function scored(file: string, score: number, part: Partial<ScoreRecord> = {}): ScoreRecord {
  return record(file, { frames: [{ frame: 1, scores: { spot: score } }], ...part });
}

export interface Sample {
  readonly truth: Truth;
  readonly records: ScoreRecord[];
}

const round = (value: number) => Math.round(value * 1e4) / 1e4;

/** Images with and without a spot in a box at the left; two of each patient, every tenth not analysed. */
export function sampleOf(count: number): Sample {
  const random = seededRandom(3);
  const lines = ['file,patient,spot,boxes,view,sex,age,weight'];
  const records: ScoreRecord[] = [];
  for (let i = 0; i < count; i += 1) {
    const file = `images/secret-name-${i}.png`;
    const positive = i % 3 === 0;
    const x = 20 + Math.floor(random() * 40);
    const view = random() < (positive ? 0.7 : 0.4) ? 'AP' : 'PA';
    const boxes = positive ? `"[[${x},30,30,40]]"` : '';
    const age = 15 + Math.floor(random() * 75);
    lines.push(
      `${file},P${Math.floor(i / 2)},${positive ? 1 : 0},${boxes},${view},${i % 2 === 0 ? 'F' : 'M'},${age},${i}`,
    );
    const score = round(Math.min(1, 0.75 * random() + (positive ? 0.25 : 0)));
    const hits = positive && random() < 0.7;
    const marks: [number, number, number][] = [[hits ? x + 5 : 150, hits ? 50 : 80, score]];
    if (random() < 0.5) marks.push([180, 20, round(score * random())]);
    const frames = [
      { frame: 1, scores: { spot: score }, marks: { spot: marks }, boxes: { spot: [] } },
    ];
    records.push(
      i % 10 === 9
        ? record(file, { outcome: 'outside-intended-use', reason: 'the image has one value' })
        : record(file, { frames }),
    );
  }
  const truth = parseTruth(lines.join('\n'), { labels: ['spot'] });
  return { truth, records };
}

export function evaluateSample({ truth, records }: Sample) {
  const joined = joinTruth(records, truth, {
    ageBands: SETTINGS.ageBands,
    pool: poolRecordsBy('image', (scores) => Math.max(...scores)),
  });
  return evaluate(
    {
      model: MODEL,
      truth,
      joined,
      files: records.length,
      skipped: 0,
      product: 'radtriage 0.0.0',
      createdAt: new Date('2026-01-02T03:04:05Z'),
    },
    SETTINGS,
  );
}
