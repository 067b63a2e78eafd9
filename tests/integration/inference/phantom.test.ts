import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { renderThumbnail } from '#dicom/images/render.ts';
import type { TriageDependencies } from '#inference/dependencies.ts';
import { triageStudy } from '#inference/triage-study.ts';
import type { Engine } from '#models/analysis/engine.ts';
import { BUILT_IN_MODELS, openRegistry } from '#models/registry/registry.ts';
import { createLogger } from '#platform/logger/logger.ts';
import { loadPriorityRule } from '#platform/priority-rule/load-rule.ts';
import { generateStudy, type StudyOptions } from '#test-data/study.ts';
import { startTestEngine } from '#tests/support/engine.ts';
import { startTestDatabase, type TestDatabase } from '#tests/support/postgres.ts';
import { temporaryDirectory } from '#tests/support/temporary.ts';
import { insertGenerated, insertRun } from './studies.ts';

let server: TestDatabase;
let engine: Engine;
let folder: ReturnType<typeof temporaryDirectory>;
let dependencies: TriageDependencies;

beforeAll(async () => {
  server = await startTestDatabase();
  folder = temporaryDirectory();
  engine = startTestEngine();
  const { database } = server;
  const registry = await openRegistry({ directories: [BUILT_IN_MODELS], database });
  await registry.activateAll('test');
  dependencies = {
    database,
    registry,
    engine,
    jobTimeoutMs: 60_000,
    blobs: { pathOf: (path) => join(folder.path, path), put: async () => 'thumbnail' },
    renderThumbnail: (frame) => renderThumbnail(frame, { maxSize: 64 }),
    rule: loadPriorityRule(),
    logger: createLogger({ level: 'silent', process: 'test' }),
  };
});
afterAll(async () => {
  await engine.close();
  await server.stop();
  folder.remove();
});

async function triage(options: StudyOptions) {
  const generated = generateStudy(options);
  const { database } = server;
  const store = { database, folder: folder.path };
  const target = await insertGenerated(store, generated, options.kind);
  await triageStudy(await insertRun(database, target), dependencies);
  const study = await database
    .selectFrom('study')
    .selectAll()
    .where('studyKey', '=', target.studyKey)
    .executeTakeFirstOrThrow();
  const heatmaps = await database
    .selectFrom('heatmap')
    .selectAll()
    .where('studyKey', '=', target.studyKey)
    .orderBy('peak', 'desc')
    .execute();
  const models = await database
    .selectFrom('modelRun')
    .innerJoin('analysisRun', 'analysisRun.runKey', 'modelRun.runKey')
    .selectAll('modelRun')
    .where('analysisRun.studyKey', '=', target.studyKey)
    .execute();
  return { generated, study, heatmaps, models };
}

type Heatmap = Awaited<ReturnType<typeof triage>>['heatmaps'][number];

/** The middle of the highest cell, in source pixels. */
function peakOf(heatmap: Heatmap): { x: number; y: number } {
  const count = heatmap.width * heatmap.height;
  const values = Array.from({ length: count }, (_, i) => heatmap.values.readFloatLE(i * 4));
  const cell = values.indexOf(Math.max(...values));
  return {
    x: ((cell % heatmap.width) + 0.5) * heatmap.scaleX + heatmap.originX,
    y: (Math.floor(cell / heatmap.width) + 0.5) * heatmap.scaleY + heatmap.originY,
  };
}

describe('a generated study through the model that comes with the product', () => {
  it.each(['DX', 'CR', 'CT'] as const)(
    '%s: an obvious lesion outscores its twin, where it lies',
    async (kind) => {
      const options = { kind, seed: `triage-${kind}`, view: 'PA' } as const;
      const ill = await triage({ ...options, lesion: { subtlety: 'obvious' }, uidRoot: '2.25.1' });
      const twin = await triage({ ...options, lesion: null, uidRoot: '2.25.2' });
      expect(ill.models).toMatchObject([{ modelId: 'phantom-lesion', outcome: 'analysed' }]);
      expect(ill.study.score ?? 0).toBeGreaterThan(twin.study.score ?? 1);
      expect(ill.study).toMatchObject({ status: 'analysed', flagged: true, priority: 'HIGH' });
      const [highest] = ill.heatmaps;
      if (highest === undefined) throw new Error('no heatmap');
      const { x, y } = peakOf(highest);
      const boxes = (ill.generated.lesion?.boxes ?? []).filter(
        (lesion) => lesion.sopInstanceUid === highest.sopInstanceUid,
      );
      expect(boxes).toHaveLength(1);
      const [left = 0, top = 0, width = 0, height = 0] = boxes[0]?.box ?? [];
      expect(x).toBeGreaterThan(left);
      expect(x).toBeLessThan(left + width);
      expect(y).toBeGreaterThan(top);
      expect(y).toBeLessThan(top + height);
    },
  );
});
