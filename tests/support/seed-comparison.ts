import type { Insertable } from 'kysely';
import type { Fourfold } from '#contracts/model-comparison.ts';
import type { LabelScore, ModelRunTable } from '#platform/database/analysis-tables.ts';
import type { Database } from '#platform/database/connect.ts';
import { type SeededStudy, seedModelRun, seedRun, seedStudy } from './seed-studies.ts';

export interface ComparisonToSeed {
  readonly modelId: string;
  /** The active one, and the candidate in shadow. */
  readonly versions: readonly [a: string, b: string];
  readonly studies: number;
}

/** What was seeded, counted on the way. */
export interface SeededComparison {
  readonly flags: Fourfold;
  /** Studies in which a reader confirmed a finding, and those of them that each version flagged. */
  readonly confirmed: { readonly total: number; readonly a: number; readonly b: number };
}

const THRESHOLDS = [0.5, 0.4] as const;
const SITES = ['North', 'South'] as const;
const MODALITIES = ['DX', 'CR'] as const;
const BIRTH_YEARS = [1938, 1951, 1972, 1990] as const;
const EVERY_MS = 7 * 60_000;

/** The same numbers from 0 to 1 every time (Park and Miller, minimal standard generator). */
function randomNumbers(): () => number {
  let state = 20_261;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

function modelRunOf(
  { modelId, versions }: ComparisonToSeed,
  side: 0 | 1,
  score: number,
): Partial<Insertable<ModelRunTable>> {
  const threshold = THRESHOLDS[side];
  const flagged = score >= threshold;
  const code = { scheme: 'SCT', value: '128309000', meaning: 'Opacity' };
  const label: LabelScore = {
    ...{ id: 'opacity', label: 'Opacity', code, score, threshold, flagged },
  };
  return {
    ...{ modelId, score, threshold, flagged },
    modelVersion: versions[side],
    modelSha256: String(side + 1).repeat(64),
    role: side === 0 ? 'active' : 'shadow',
    labelScores: JSON.stringify([label]),
    timings: JSON.stringify({ decode: 30, preprocess: 4, inference: 40 + 30 * side + 10 * score }),
  };
}

async function signReading(
  database: Database,
  study: SeededStudy & { imageRevision: string; runKey: string },
  positive: boolean,
): Promise<void> {
  const { studyKey, imageRevision, runKey } = study;
  await database
    .insertInto('review')
    .values({
      ...{ reviewId: `seeded-${studyKey}`, studyKey, imageRevision, runKey, positive },
      ...{ seenVersion: 1, kind: 'reading', state: 'signed', reader: 'anna' },
      readingMode: 'assist',
    })
    .execute();
}

/**
 * Studies that two versions of a model analysed, in arrival order until now; every other one was read. A third have
 * something; the candidate sees a little more of it, and raises a few false alarms.
 */
export async function seedComparison(
  database: Database,
  wanted: ComparisonToSeed,
): Promise<SeededComparison> {
  const random = randomNumbers();
  const flags = { both: 0, onlyA: 0, onlyB: 0, neither: 0 };
  const confirmed = { total: 0, a: 0, b: 0 };
  const begin = Date.now() - wanted.studies * EVERY_MS;
  for (let number = 0; number < wanted.studies; number += 1) {
    const isIll = random() < 1 / 3;
    const a = isIll ? 0.3 + 0.7 * random() : 0.65 * random();
    const b = Math.min(1, Math.max(0, a + 0.3 * (random() - 0.45)));
    const imageRevision = (number + 1).toString(16).padStart(64, '0');
    const study = await seedStudy(database, {
      imageRevision,
      receivedAt: new Date(begin + number * EVERY_MS),
      site: SITES[number % 3 === 0 ? 1 : 0],
      modality: MODALITIES[number % 4 === 0 ? 1 : 0],
      patientSex: number % 2 === 0 ? 'F' : 'M',
      patientBirthDate: `${BIRTH_YEARS[number % BIRTH_YEARS.length]}0101`,
    });
    const first = { imageRevision, model: modelRunOf(wanted, 0, a) };
    const { runKey } = await seedRun(database, study, first);
    const second = { imageRevision, runKey, model: modelRunOf(wanted, 1, b) };
    await seedModelRun(database, study, second);
    const [flaggedA, flaggedB] = [a >= THRESHOLDS[0], b >= THRESHOLDS[1]];
    flags[flaggedA ? (flaggedB ? 'both' : 'onlyA') : flaggedB ? 'onlyB' : 'neither'] += 1;
    if (number % 2 === 1) continue;
    await signReading(database, { ...study, imageRevision, runKey }, isIll);
    if (!isIll) continue;
    confirmed.total += 1;
    confirmed.a += Number(flaggedA);
    confirmed.b += Number(flaggedB);
  }
  return { flags, confirmed };
}
