import { describe, expect, it } from 'vitest';
import { modelComparisonSchema } from '#contracts/model-comparison.ts';
import type { PriorityRule } from '#core/priority.ts';
import { type ComparisonInput, compareModels } from '#quality/model-comparison/compare-models.ts';
import type { ComparedStudy, ModelResult } from '#quality/model-comparison/compared-study.ts';
import { printHtml } from '#quality/model-comparison/print-html.ts';

const RULE: PriorityRule = {
  id: 'test',
  version: '1',
  longestWaitMinutes: { STAT: 10, HIGH: 60, MEDIUM: 240, LOW: 1440 },
  raises: [{ model: '*', priority: 'HIGH', headStartMinutes: 30 }],
};
const START = Date.UTC(2026, 10, 1, 8);
const MINUTE = 60_000;

function resultOf(score: number, overrides: Partial<ModelResult> = {}): ModelResult {
  const threshold = 0.5;
  return {
    outcome: 'analysed',
    reason: null,
    role: 'shadow',
    sha256: 'a'.repeat(64),
    label: 'Opacity',
    score,
    flagged: score >= threshold,
    scores: [{ code: 'SCT 1', label: 'Opacity', score, threshold }],
    timings: { decode: 10, preprocess: 1, inference: 20, postprocess: 1 },
    ...overrides,
  };
}

let number = 0;
function studyOf(a: number, b: number, overrides: Partial<ComparedStudy> = {}): ComparedStudy {
  number += 1;
  return {
    studyInstanceUid: `2.25.${number}`,
    receivedAt: new Date(START + number * MINUTE),
    modality: 'DX',
    site: 'North',
    sex: 'F',
    ageYears: 50,
    basePriority: 'MEDIUM',
    confirmed: null,
    a: resultOf(a),
    b: resultOf(b),
    ...overrides,
  };
}

function compare(studies: readonly ComparedStudy[], overrides: Partial<ComparisonInput> = {}) {
  const a = { modelId: 'old', version: '1.0.0' };
  const b = { modelId: 'new', version: '2.0.0' };
  const seen = { seenA: studies.length + 1, seenB: studies.length };
  const input = { a, b, from: undefined, to: undefined, ...seen, studies, ...overrides };
  return modelComparisonSchema.parse(compareModels(input, RULE));
}

describe('two versions over the studies that both saw', () => {
  it('counts flags, agreement and what each would have raised', () => {
    const report = compare([
      ...Array.from({ length: 20 }, () => studyOf(0.9, 0.8)),
      ...Array.from({ length: 5 }, () => studyOf(0.9, 0.1)),
      ...Array.from({ length: 10 }, () => studyOf(0.1, 0.9)),
      ...Array.from({ length: 15 }, () => studyOf(0.1, 0.2)),
    ]);
    expect(report).toMatchObject({
      seen: { a: 51, b: 50, both: 50 },
      compared: 50,
      flaggedA: { count: 25, total: 50 },
      flaggedB: { count: 30, total: 50 },
      flags: { both: 20, onlyA: 5, onlyB: 10, neither: 15 },
      raised: { both: 20, onlyA: 5, onlyB: 10, neither: 15 },
    });
    expect(report.agreement?.kappa).toBeCloseTo(0.4, 10);
    expect(report.agreement?.difference).toBeCloseTo(-0.1, 10);
    // Twice the binomial tail of 5 or fewer of 15 at one half.
    expect(report.agreement?.mcNemarP).toBeCloseTo(0.301758, 6);
    expect(report.caveats).toEqual([expect.stringMatching(/^Only 50 studies/)]);
  });

  it('leaves out of the figures what one of them did not analyse, and tells why', () => {
    const declined = resultOf(0, {
      outcome: 'not-analysed',
      reason: 'patient under 18',
      flagged: false,
    });
    const report = compare([
      studyOf(0.9, 0.9),
      studyOf(0.9, 0, { b: declined }),
      studyOf(0.9, 0, { b: declined }),
      studyOf(0.9, 0, {
        b: { ...declined, outcome: 'failed', reason: 'MODEL_FAILED: it crashed' },
      }),
    ]);
    expect(report).toMatchObject({
      seen: { both: 4 },
      compared: 1,
      a: { analysed: 4, notAnalysed: 0, failed: 0, reasons: [], networkMs: { median: 20 } },
      b: { analysed: 1, notAnalysed: 2, failed: 1 },
    });
    expect(report.b.reasons).toEqual([
      { reason: 'patient under 18', count: 2 },
      { reason: 'MODEL_FAILED: it crashed', count: 1 },
    ]);
    expect(report.a.totalMs).toEqual({ median: 32, p95: 32 });
  });

  it('says how many places nearer the top a study would have stood on arrival', () => {
    const waiting = [studyOf(0.1, 0.1), studyOf(0.1, 0.1), studyOf(0.1, 0.1)];
    const found = studyOf(0.1, 0.9);
    const lost = studyOf(0.9, 0.1);
    const report = compare([...waiting, found, lost]);
    // With B the found one stands first of four; the lost one falls behind the three and the found one.
    expect(report.places).toMatchObject({
      earlier: 1,
      later: 1,
      same: 3,
      largestGain: 3,
      largestLoss: 4,
    });
    expect(report.differences.map((one) => [one.studyInstanceUid, one.placesGained])).toEqual([
      [lost.studyInstanceUid, -4],
      [found.studyInstanceUid, 3],
    ]);
    const longAgo = { receivedAt: new Date(START - 300 * MINUTE) };
    const alone = compare([studyOf(0.1, 0.1, longAgo), found]);
    expect(alone.places).toMatchObject({ earlier: 0, same: 2 });
  });

  it('does not move what was ordered STAT', () => {
    const stat = { basePriority: 'STAT' } as const;
    const report = compare([studyOf(0.1, 0.1, stat), studyOf(0.1, 0.9, stat)]);
    expect(report.places).toMatchObject({ earlier: 0, later: 0 });
  });

  it('sets flags against what readers signed, and says what that is worth', () => {
    const report = compare([
      studyOf(0.9, 0.9, { confirmed: true }),
      studyOf(0.1, 0.9, { confirmed: true }),
      studyOf(0.9, 0.1, { confirmed: false }),
      studyOf(0.9, 0.1),
    ]);
    expect(report.readers).toMatchObject({
      signed: 3,
      confirmedFlaggedA: { count: 1, total: 2 },
      confirmedFlaggedB: { count: 2, total: 2 },
      unconfirmedFlaggedA: { count: 1, total: 1 },
      unconfirmedFlaggedB: { count: 0, total: 1 },
    });
    expect(report.caveats.join(' ')).toMatch(/no reference standard/);
  });

  it('groups by modality, site, sex and age', () => {
    const report = compare([
      studyOf(0.9, 0.1, { modality: 'CT', ageYears: 80 }),
      studyOf(0.9, 0.9, { ageYears: 17.9, sex: null }),
      studyOf(0.1, 0.1, { ageYears: undefined, site: '' }),
    ]);
    const of = (by: string) =>
      report.subgroups.filter((one) => one.by === by).map((one) => [one.group, one.flaggedA.count]);
    expect(of('modality')).toEqual([
      ['CT', 1],
      ['DX', 1],
    ]);
    expect(of('site')).toEqual([
      ['North', 2],
      ['unknown', 0],
    ]);
    expect(of('sex')).toEqual([
      ['F', 1],
      ['unknown', 1],
    ]);
    expect(of('age')).toEqual([
      ['under 18', 1],
      ['80 and over', 1],
      ['unknown', 0],
    ]);
  });

  it('draws scores of one code alone, with the thresholds while there is one', () => {
    const moved = resultOf(0.7, {
      scores: [{ code: 'SCT 1', label: 'Opacity', score: 0.7, threshold: 0.6 }],
    });
    const report = compare([studyOf(0.2, 0.3), studyOf(0.9, 0.7, { b: moved })]);
    expect(report.scatter).toMatchObject([
      {
        code: 'SCT 1',
        thresholdA: 0.5,
        thresholdB: null,
        total: 2,
        points: [
          [0.2, 0.3],
          [0.9, 0.7],
        ],
      },
    ]);
    const other = resultOf(0.7, {
      scores: [{ code: 'SCT 2', label: 'Nodule', score: 0.7, threshold: 0.5 }],
    });
    const apart = compare([studyOf(0.2, 0, { b: other })]);
    expect(apart.scatter).toEqual([]);
    expect(apart.caveats.join(' ')).toMatch(/share no finding/);
  });

  it('says that it knows nothing when no study was seen by both', () => {
    const report = compare([], { seenA: 3, seenB: 0 });
    expect(report).toMatchObject({ compared: 0, agreement: null, flaggedA: { estimate: null } });
    expect(printHtml(report)).toContain('No study was analysed by both yet');
  });

  it('notices that a version ran with different files', () => {
    const other = resultOf(0.9, { sha256: 'b'.repeat(64) });
    const report = compare([studyOf(0.9, 0.9), studyOf(0.9, 0.9, { b: other })]);
    expect(report.caveats.join(' ')).toMatch(/new 2\.0\.0 ran with 2 different files/);
  });

  it('prints a page that stands alone and lets no text become markup', () => {
    const html = printHtml(compare([studyOf(0.9, 0.1, { site: '<script>' })]));
    expect(html).toContain('&lt;script&gt;');
    expect(html).not.toMatch(/<script|https?:\/\/|src=/);
    expect(html).not.toMatch(/probab|normal/i);
  });
});
