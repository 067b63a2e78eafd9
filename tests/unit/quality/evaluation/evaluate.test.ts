import { describe, expect, it } from 'vitest';
import { reportPage } from '#quality/evaluation/html/report-page.ts';
import { reportSchema } from '#quality/evaluation/report-schema.ts';
import { parseTruth } from '#quality/evaluation/truth.ts';
import { evaluateSample, record, sampleOf, scored } from './sample.ts';

const report = evaluateSample(sampleOf(120));
const [label] = report.labels;
if (label === undefined) throw new Error('no label');

describe('evaluation report', () => {
  it('is what its schema says, also after it was written and read', () => {
    expect(reportSchema.parse(JSON.parse(JSON.stringify(report)))).toEqual(report);
  });

  it('counts what was not analysed, and lists it by reason', () => {
    expect(report.counts).toMatchObject({ units: 120, analysed: 108, notAnalysed: 12 });
    const [, missed] = report.outcomes;
    expect(missed).toMatchObject({
      outcome: 'outside-intended-use',
      reason: 'the image has one value',
      count: 12,
    });
    expect(missed?.cases).toHaveLength(12);
  });

  it('gives sensitivity both ways: what was not analysed is not flagged', () => {
    const point = label.points.find((one) => one.isDefault);
    const missing = label.counts.positives - label.counts.analysedPositives;
    expect(missing).toBeGreaterThan(0);
    expect(point?.sensitivity.total).toBe(label.counts.analysedPositives);
    expect(point?.withNotAnalysed.sensitivity).toMatchObject({
      count: point?.sensitivity.count,
      total: label.counts.positives,
    });
    // Not flagged is right for an image without the finding.
    const clear = label.counts.negatives - label.counts.analysedNegatives;
    expect(point?.withNotAnalysed.specificity.count).toBe((point?.specificity.count ?? 0) + clear);
    expect(label.aucWithNotAnalysed?.auc).toBeLessThan(label.auc?.auc ?? 0);
  });

  it('resamples patients, of whom each has two images here', () => {
    expect(report.counts.patients).toBe(60);
    const [low = 1, high = 0] = label.aucBootstrap ?? [];
    expect(low).toBeLessThan(label.auc?.auc ?? 0);
    expect(high).toBeGreaterThan(label.auc?.auc ?? 1);
    expect(label.band).toHaveLength(51);
  });

  it('makes groups of what has few values, ages in bands, and names the others', () => {
    expect(label.variables.map((variable) => variable.variable)).toEqual(['view', 'sex', 'age']);
    expect(report.settings.variablesLeftOut).toEqual(['weight']);
    const age = label.variables.find((variable) => variable.variable === 'age');
    expect(age?.groups.map((group) => group.value)).toEqual([
      'under 18',
      '18 to 39',
      '40 to 59',
      '60 to 79',
      '80 and over',
    ]);
    const counted = age?.groups.reduce(
      (sum, g) => sum + g.positives + g.negatives + g.notAnalysed,
      0,
    );
    expect(counted).toBe(120);
  });

  it('adjusts the tests between groups for being many, and sees two groups as one test', () => {
    const view = label.variables.find((variable) => variable.variable === 'view');
    const [first, second] = view?.groups.map((group) => group.differenceToRest) ?? [];
    expect(second?.difference).toBeCloseTo(-(first?.difference ?? 0), 12);
    expect(second?.holm).toBe(first?.holm);
    expect(first?.holm).toBeGreaterThanOrEqual(first?.pValue ?? 1);
    expect(view?.alone?.value).toBe('AP');
    expect(view?.alone?.auc.auc).toBeGreaterThan(0.5);
  });

  it('tells whether the model points at the lesions, and what one fixed point would do', () => {
    const found = label.localisation;
    expect(found?.imagesWithBoxes).toBe(label.counts.analysedPositives);
    expect(found?.withoutBoxes).toBe(0);
    expect(found?.peakInBox.estimate).toBeGreaterThan(0.5);
    // Every box holds (60, 50), or nearly: the baseline has to see that.
    expect(found?.fixedPoint.estimate).toBeGreaterThan(0.4);
    expect(found?.froc.rates.at(-1)?.sensitivity).toBeGreaterThanOrEqual(
      found?.peakInBox.estimate ?? 1,
    );
    const bySize = found?.bySize.reduce((sum, third) => sum + third.sensitivity.total, 0);
    expect(bySize).toBe(found?.imagesWithBoxes);
  });

  it('names the worst misses and false alarms by score', () => {
    expect(label.misses.length).toBe(3);
    expect(label.falseAlarms.length).toBe(3);
    expect(label.misses.every((shown) => shown.score < 0.6)).toBe(true);
    expect(label.falseAlarms.every((shown) => shown.score >= 0.6)).toBe(true);
    expect(label.misses[0]?.score).toBeLessThanOrEqual(label.misses[1]?.score ?? 0);
    expect(label.falseAlarms[0]?.score).toBeGreaterThanOrEqual(label.falseAlarms[1]?.score ?? 1);
  });

  it('holds no file name and no patient, in JSON and on the page', () => {
    const page = reportPage(report, { withImages: false, findPicture: () => undefined });
    for (const text of [JSON.stringify(report), page]) {
      expect(text).not.toContain('secret-name');
      expect(text).not.toMatch(/\bP\d+\b/);
    }
  });

  it('escapes what comes from a manifest, and loads nothing from elsewhere', () => {
    const page = reportPage(report, { withImages: true, findPicture: () => undefined });
    expect(page).toContain('A &lt;sample&gt; model');
    expect(page).not.toContain('A <sample>');
    expect(page).not.toMatch(/(src|href)="(?!#|data:)/);
    expect(page).not.toContain('<script');
    expect(page).toContain('This report holds images of patients.');
    expect(page).not.toMatch(/\bnormal\b/i);
  });
});

describe('evaluation of little', () => {
  it('says that there are too few, instead of a figure', () => {
    const truth = parseTruth('file,label\na,1\nb,0\nc,0\n', { labels: ['spot'] });
    const found = evaluateSample({ truth, records: [scored('a', 0.9), scored('b', 0.2)] });
    expect(found.counts).toMatchObject({ units: 2, withoutImage: 1 });
    expect(found.labels[0]).toMatchObject({ auc: null, aucBootstrap: null });
    const page = reportPage(found, { withImages: false, findPicture: () => undefined });
    expect(page).toContain('name images which were not given: 1.');
  });

  it('survives that nothing at all was analysed', () => {
    const truth = parseTruth('file,label\na,1\nb,0\n', { labels: ['spot'] });
    const records = ['a', 'b'].map((file) =>
      record(file, { outcome: 'undecodable', reason: 'PIXELS_MISSING' }),
    );
    const found = evaluateSample({ truth, records });
    expect(found.labels[0]).toMatchObject({ auc: null, roc: [], calibration: null });
    expect(found.labels[0]?.points[0]?.withNotAnalysed.sensitivity).toMatchObject({
      count: 0,
      total: 1,
    });
    expect(() =>
      reportPage(found, { withImages: false, findPicture: () => undefined }),
    ).not.toThrow();
  });

  it('pools the images of a study when the truth speaks of studies', () => {
    const truth = parseTruth('StudyInstanceUID,label\n1.2,1\n1.3,0\n', { labels: ['spot'] });
    const found = evaluateSample({
      truth,
      records: [
        scored('a', 0.1, { studyInstanceUid: '1.2' }),
        scored('b', 0.8, { studyInstanceUid: '1.2' }),
        record('c', { studyInstanceUid: '1.2', outcome: 'does-not-fit', reason: 'view' }),
        scored('d', 0.3, { studyInstanceUid: '1.3' }),
        scored('e', 0.3, { studyInstanceUid: '9.9' }),
      ],
    });
    expect(found).toMatchObject({ unit: 'study', counts: { units: 2, withoutTruth: 1 } });
    expect(found.labels[0]?.points[0]?.confusion).toEqual({
      truePositives: 1,
      falseNegatives: 0,
      trueNegatives: 1,
      falsePositives: 0,
    });
  });
});
