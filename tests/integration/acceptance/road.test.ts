import { mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { heatmapSchema } from '#contracts/study.ts';
import { type Instance, startInstance } from '../../support/instance.ts';
import { missingPeer } from '../../support/peers.ts';
import { readStudy, readWorklist, sendWithStorescu, writeStudy } from '../../support/studies.ts';
import { waitFor } from '../../support/wait-for.ts';

const QUIET_SECONDS = 0.5;

describe.skipIf(missingPeer('storescu'))('the road of one study', () => {
  const folder = mkdtempSync(join(tmpdir(), 'radtriage-road-'));
  const twin = writeStudy(folder, { kind: 'DX', seed: 'road-1', lesion: null });
  const lesion = writeStudy(folder, {
    kind: 'DX',
    seed: 'road-1',
    lesion: { subtlety: 'obvious' },
  });
  const lateral = writeStudy(folder, { kind: 'CR', seed: 'road-2', lesion: null, view: 'LL' });
  let instance: Instance;

  beforeAll(async () => {
    instance = await startInstance();
    for (const study of [twin, lesion, lateral]) {
      const report = await sendWithStorescu(instance.dicom, study.folder);
      expect(report.code).toBe(0);
    }
  });
  afterAll(async () => {
    await instance?.stop();
    rmSync(folder, { recursive: true });
  });

  const settled = (uid: string) =>
    waitFor(
      async () => {
        const study = await readStudy(instance, uid);
        return study && ['analysed', 'not-analysed', 'failed'].includes(study.status)
          ? study
          : undefined;
      },
      { what: 'a result', deadlineMs: 60_000 },
    );

  it('lists a study from its first image', async () => {
    await waitFor(
      async () => {
        const { items } = await readWorklist(instance);
        return items.some((item) => item.studyInstanceUid === lateral.studyInstanceUid);
      },
      { what: 'the study on the list', deadlineMs: 2_000 },
    );
  });

  it('scores the lesion study above its twin and lists it first, though it came later', async () => {
    const [withLesion, without] = [
      await settled(lesion.studyInstanceUid),
      await settled(twin.studyInstanceUid),
    ];
    expect(withLesion.status).toBe('analysed');
    expect(without.status).toBe('analysed');
    expect(withLesion.score).toBeGreaterThan(without.score ?? Number.NaN);
    expect(withLesion.flagged).toBe(true);
    expect(withLesion.reason).toMatch(/phantom-lesion/);
    const order = (await readWorklist(instance)).items.map((item) => item.studyInstanceUid);
    expect(order.indexOf(lesion.studyInstanceUid)).toBeLessThan(
      order.indexOf(twin.studyInstanceUid),
    );
  });

  it('puts the peak of the heatmap and a finding where the lesion was planted', async () => {
    const study = await settled(lesion.studyInstanceUid);
    const [summary] = study.heatmaps;
    const response = await instance.api(
      `/api/studies/${lesion.studyInstanceUid}/heatmaps/${summary?.id}`,
    );
    const { values, width, transform } = heatmapSchema.parse(await response.json());
    const peak = values.indexOf(Math.max(...values));
    const x = ((peak % width) + 0.5) * transform.scaleX + transform.originX;
    const y = (Math.floor(peak / width) + 0.5) * transform.scaleY + transform.originY;
    const [left, top, boxWidth, boxHeight] = lesion.lesion?.boxes[0]?.box ?? [0, 0, 0, 0];
    expect(x).toBeGreaterThanOrEqual(left);
    expect(x).toBeLessThanOrEqual(left + boxWidth);
    expect(y).toBeGreaterThanOrEqual(top);
    expect(y).toBeLessThanOrEqual(top + boxHeight);
    expect(study.findings.length).toBeGreaterThan(0);
  });

  it('records what ran: model, version, hash, provider and timings', async () => {
    const study = await settled(lesion.studyInstanceUid);
    const model = study.analysisRuns[0]?.models.find((run) => run.modelId === 'phantom-lesion');
    expect(model).toMatchObject({ role: 'active', outcome: 'analysed', provider: 'cpu' });
    expect(model?.modelSha256).toMatch(/^[0-9a-f]{64}$/);
    expect(Object.keys(model?.timings ?? {})).toContain('inference');
  });

  it('keeps a study that no model takes on the list, and says why', async () => {
    const study = await settled(lateral.studyInstanceUid);
    expect(study.status).toBe('not-analysed');
    expect(study.statusReason).toBeTruthy();
    expect(study.priority).toBe(study.basePriority);
    const order = (await readWorklist(instance)).items.map((item) => item.studyInstanceUid);
    expect(order).toContain(lateral.studyInstanceUid);
  });

  it('shows the result within 2 s beyond the quiet time', async () => {
    const times: number[] = [];
    for (const seed of ['quick-1', 'quick-2', 'quick-3']) {
      const study = writeStudy(folder, { kind: 'DX', seed, lesion: null });
      await sendWithStorescu(instance.dicom, study.folder);
      const { lastImageAt, analysedAt } = await settled(study.studyInstanceUid);
      times.push(
        Date.parse(analysedAt ?? '') - Date.parse(lastImageAt ?? '') - QUIET_SECONDS * 1000,
      );
    }
    // The best of three: this machine may be busy with other tests; the figure itself is measured in tests/bench.
    expect(Math.min(...times)).toBeLessThan(2000);
  });

  it('analyses late images again, under a new revision', async () => {
    const whole = writeStudy(folder, {
      kind: 'CT',
      seed: 'late',
      lesion: null,
      slices: 6,
      matrix: 128,
    });
    const late = join(folder, 'late');
    mkdirSync(late);
    const last = whole.files.at(-1)?.name ?? '';
    renameSync(join(whole.folder, last), join(late, last));
    await sendWithStorescu(instance.dicom, whole.folder);
    const first = await settled(whole.studyInstanceUid);
    await sendWithStorescu(instance.dicom, late);
    const second = await waitFor(
      async () => {
        const study = await readStudy(instance, whole.studyInstanceUid);
        return study?.status === 'analysed' && study.imageRevisions.length === 2
          ? study
          : undefined;
      },
      { what: 'the second revision to be analysed', deadlineMs: 30_000 },
    );
    expect(second.imageRevision).not.toBe(first.imageRevision);
    expect(second.imageCount).toBe(6);
  });

  it('writes no patient data to its log and never says normal', () => {
    const log = instance.log();
    expect(log).not.toMatch(/\bnormal\b/i);
    for (const study of [lesion, twin, lateral]) expect(log).not.toContain(study.patientId);
  });

  it('ends cleanly', async () => {
    expect(await instance.stop()).toBe(0);
  });
});
