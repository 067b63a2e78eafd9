import { describe, expect, it } from 'vitest';
import type { StoredResult } from '#delivery/results/read-study.ts';
import { toAiResult } from '#delivery/results/to-ai-result.ts';
import { findingRow, heatmapRow, modelRunRow, storedResult, verdictRow } from './stored-result.ts';

const titleOf = (id: string) => (id === 'known' ? 'Known model' : undefined);
const tell = (stored: StoredResult, readingMode: 'assist' | 'triage-only' = 'assist') =>
  toAiResult(stored, { readingMode, titleOf });

const review = (...verdicts: ReturnType<typeof verdictRow>[]) =>
  storedResult({ findings: [findingRow()], review: verdicts });

describe('a result as the objects tell it', () => {
  it('names models by their titles, with weights and a device of each version', () => {
    const runs = [
      modelRunRow({ modelId: 'known' }),
      modelRunRow({ modelRunKey: '2', modelId: 'gone', modelSha256: 'b'.repeat(64) }),
    ];
    const [known, gone] = tell(storedResult({ modelRuns: runs })).algorithms;
    expect(known).toMatchObject({ title: 'Known model', version: '1.0.0', outcome: 'analysed' });
    expect(gone).toMatchObject({ id: 'gone', title: 'gone', sha256: 'b'.repeat(64) });
    expect(known?.deviceUid).not.toBe(gone?.deviceUid);
  });

  it('gives what two models say of one place as one finding, under a UID that stays', () => {
    const runs = [modelRunRow(), modelRunRow({ modelRunKey: '2', modelId: 'other' })];
    const findings = [
      findingRow({ findingId: '00000000-0000-4000-8000-00000000000a', score: 0.9 }),
      findingRow({ findingId: '00000000-0000-4000-8000-00000000000b', modelRunKey: '2' }),
    ];
    const result = tell(storedResult({ modelRuns: runs, findings }));
    expect(result.findings).toHaveLength(1);
    expect(result.findings[0]).toMatchObject({
      trackingId: 'Finding 1',
      trackingUid: `2.25.${BigInt('0x0000000000004000800000000000000a')}`,
      ...{ algorithm: 0, score: 0.9 },
      regions: [{ sopInstanceUid: '1.2.3', frame: 1, box: { x: 1, y: 2, width: 30, height: 40 } }],
    });
    expect(result.findings[0]?.verdict).toBeUndefined();
  });

  it('tells of each finding what the reader made of it', () => {
    const { findingId } = findingRow();
    expect(tell(review(verdictRow({ findingId, verdict: 'confirm' }))).findings).toMatchObject([
      { verdict: 'confirm', label: 'lesion' },
    ]);
    const rejected = verdictRow({ findingId, verdict: 'reject', reason: 'artefact' });
    expect(tell(review(rejected)).findings).toMatchObject([
      { verdict: 'reject', rejectReason: 'artefact' },
    ]);
    const place = { sopInstanceUid: '1.2.3', frame: 1 };
    const box = { boxX: 5, boxY: 6, boxWidth: 7, boxHeight: 8 };
    const amended = verdictRow({
      findingId,
      verdict: 'amend',
      label: 'Effusion',
      ...place,
      ...box,
    });
    expect(tell(review(amended)).findings).toMatchObject([
      {
        ...{ verdict: 'amend', label: 'Effusion' },
        code: { scheme: 'SCT', value: '60046008' },
        regions: [{ box: { x: 5, y: 6, width: 7, height: 8 } }],
        original: { label: 'lesion', regions: [{ box: { x: 1 } }] },
      },
    ]);
    const added = verdictRow({ verdict: 'add', label: 'rib fracture', ...place, ...box });
    expect(tell(review(added)).findings[1]).toMatchObject({
      ...{ verdict: 'add', algorithm: null, score: null, trackingId: 'Finding 2' },
      code: { scheme: '99RADTRIAGE', value: 'READER-LABEL', meaning: 'rib fracture' },
    });
  });

  it('is verified only when the reader has judged every finding', () => {
    const { findingId } = findingRow();
    const confirmed = review(verdictRow({ findingId, verdict: 'confirm' }));
    expect(tell(confirmed).review).toMatchObject({ readerName: 'ada', isVerified: true });
    expect(tell(review()).review).toMatchObject({ isVerified: false });
    expect(tell(storedResult({ findings: [findingRow()] })).review).toBeUndefined();
  });

  it('shows no heatmap whose findings were all rejected', () => {
    const { findingId } = findingRow();
    const heatmaps = [heatmapRow()];
    const findings = [findingRow()];
    const shown = tell(storedResult({ findings, heatmaps })).heatmaps;
    expect(shown).toMatchObject([{ frame: 1, algorithm: 0, unit: 'score', width: 2 }]);
    expect([...(shown[0]?.values ?? [])]).toEqual([0, 0.25, 0.5, 0.75]);
    const rejected = [verdictRow({ findingId, verdict: 'reject' })];
    expect(tell(storedResult({ findings, heatmaps, review: rejected })).heatmaps).toEqual([]);
  });

  it('knows no place at all in triage-only mode', () => {
    const { findingId } = findingRow();
    const place = { sopInstanceUid: '1.2.3', frame: 1 };
    const box = { boxX: 5, boxY: 6, boxWidth: 7, boxHeight: 8 };
    const amended = verdictRow({ findingId, verdict: 'amend', ...place, ...box });
    const added = verdictRow({ verdict: 'add', label: 'x', ...place, ...box });
    const stored = storedResult({
      findings: [findingRow()],
      heatmaps: [heatmapRow()],
      review: [amended, added],
    });
    const result = tell(stored, 'triage-only');
    expect(result.heatmaps).toEqual([]);
    expect(result.findings).toHaveLength(2);
    expect(JSON.stringify(result)).not.toMatch(/"box"|"frame"|1\.2\.3"/);
  });
});
