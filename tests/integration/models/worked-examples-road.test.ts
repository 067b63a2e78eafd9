import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { minimalImage } from '#test-data/minimal-objects.ts';
import { type Instance, startInstance } from '#tests/support/instance.ts';
import { missingPython } from '#tests/support/python.ts';
import { readStudy, writeStudy } from '#tests/support/studies.ts';
import { temporaryDirectory } from '#tests/support/temporary.ts';
import { waitFor } from '#tests/support/wait-for.ts';
import {
  convertExample,
  EXAMPLE_DOCS,
  runPython,
  STAND_INS,
} from '#tests/support/worked-examples.ts';

const PATIENCE_MS = 300_000;
const MR_SIDE = 200;

/** What the manifests select: an adult chest radiograph, and a short-axis series. */
function writeStudies(parent: string): { radiograph: string; heart: string } {
  const { studyInstanceUid } = writeStudy(parent, { kind: 'DX', seed: 'example', lesion: null });
  const slices = [1, 2, 3].map((instanceNumber) => {
    const pixels = Buffer.alloc(MR_SIDE * MR_SIDE);
    pixels.forEach((_, i) => {
      const [x, y] = [(i % MR_SIDE) - MR_SIDE / 2, Math.floor(i / MR_SIDE) - MR_SIDE / 2];
      pixels[i] = Math.max(0, 220 - 2 * Math.hypot(x, y)) + 10 * instanceNumber;
    });
    return minimalImage({
      ...{ modality: 'MR', seed: 'short-axis', instanceNumber },
      attributes: {
        ...{ Rows: MR_SIDE, Columns: MR_SIDE, PixelData: pixels, BodyPartExamined: 'HEART' },
        SeriesDescription: 'CINE SAX',
      },
    });
  });
  const folder = join(parent, 'heart');
  mkdirSync(folder);
  for (const [index, { bytes }] of slices.entries()) {
    writeFileSync(join(folder, `${index}.dcm`), bytes);
  }
  return { radiograph: studyInstanceUid, heart: slices[0]?.studyInstanceUid ?? '' };
}

/**
 * A copy of an example's manifest under which random weights flag too: with the real ones an image that has something
 * does it.
 */
function eagerManifest(folder: string, example: string): string {
  const manifest = JSON.parse(readFileSync(join(EXAMPLE_DOCS, example, 'manifest.json'), 'utf8'));
  for (const label of manifest.labels) {
    for (const point of label.operatingPoints) point.threshold = 0.001;
    if (label.heatmap !== undefined) label.heatmap = { threshold: 0.001, minimumCells: 1 };
  }
  const path = join(folder, `${example}.json`);
  writeFileSync(path, JSON.stringify(manifest));
  return path;
}

describe.skipIf(missingPython('torch', 'onnx'))('a reader who follows a worked example', () => {
  const work = temporaryDirectory();
  let instance: Instance;
  let uids: ReturnType<typeof writeStudies>;

  beforeAll(async () => {
    const studies = join(work.path, 'studies');
    mkdirSync(studies);
    uids = writeStudies(studies);
    const made = runPython(work.path, [join(STAND_INS, 'monai_bundle.py'), 'bundle']);
    expect(made.status, made.stderr).toBe(0);
    writeFileSync(join(work.path, 'best.pt'), 'nodule\n');
    const environment = { RADTRIAGE_BUILT_IN_MODELS: 'false' };
    instance = await startInstance({ environment, args: [] });
    for (const [example, ...given] of [
      ['torchxrayvision'],
      ['monai-bundle', 'bundle'],
      ['yolo-export', 'best.pt'],
    ] as const) {
      const manifest = eagerManifest(work.path, example);
      const folder = convertExample(work.path, example, [...given, '--manifest', manifest]);
      const { id } = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'));
      const added = await instance.cli(['models', 'add', folder, '--yes']);
      expect(added.code, added.stderr).toBe(0);
      const leave = ['--allow-demonstration', '--note', 'the worked example'];
      const promoted = await instance.cli(['models', 'promote', id, ...leave]);
      expect(promoted.code, promoted.stderr).toBe(0);
    }
    const imported = await instance.cli(['import', studies]);
    expect(imported.code, imported.stderr).toBe(0);
  }, PATIENCE_MS);
  afterAll(async () => {
    await instance?.stop();
    work.remove();
  });

  const analysed = (uid: string) =>
    waitFor(
      async () => {
        const study = await readStudy(instance, uid);
        return study?.status === 'analysed' ? study : undefined;
      },
      { what: 'the analysis', deadlineMs: 120_000 },
    );
  /** Models whose overlay the study has. */
  const drawn = (study: Awaited<ReturnType<typeof analysed>>) => ({
    heat: [...new Set(study.heatmaps.map(({ modelId }) => modelId))].sort(),
    boxes: [...new Set(study.findings.map(({ modelId }) => modelId))].sort(),
  });

  it('sees activation maps of the classifier and boxes of the detector on a radiograph', async () => {
    const { heat, boxes } = drawn(await analysed(uids.radiograph));
    expect(heat).toContain('txrv-densenet121-all');
    expect(boxes).toContain('yolo-lung-nodule');
  });

  it('sees the masks of the segmentation on a short-axis series', async () => {
    const { heat } = drawn(await analysed(uids.heart));
    expect(heat).toEqual(['monai-ventricular-short-axis']);
  });

  it('has a card that names licence, intended use and what was not measured', async () => {
    const { stdout } = await instance.cli(['models', 'show', 'yolo-lung-nodule', '--card']);
    expect(stdout).toContain('# YOLOv8 detector of lung nodules');
    expect(stdout).toMatch(/\*\*Licence:\*\* AGPL-3\.0/);
    expect(stdout).toContain('Nothing was measured at this site yet');
  });
});
