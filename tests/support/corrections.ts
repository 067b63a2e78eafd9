import { lookAtStudy } from '#intake/look-at-study.ts';
import { loadCompletenessRules } from '#platform/completeness-rule/load-rule.ts';
import { type MinimalObject, minimalImage } from '#test-data/minimal-objects.ts';
import type { Attributes } from '#test-data/part10-writer.ts';
import type { TestIntake } from './intake.ts';

/** An image of one study, in as many versions as a test asks for: one seed and number is one SOP Instance UID. */
export function versionOf(seed: string, attributes: Attributes = {}, number = 1): MinimalObject {
  return minimalImage({ modality: 'DX', seed, instanceNumber: number, attributes });
}

export const OTHER_PIXELS: Attributes = { PixelData: Buffer.alloc(256, 9) };

/** What the tests of corrections look at. */
export function booksOf(intake: TestIntake) {
  const { database } = intake.db;
  const studyOf = (uid: string) =>
    database
      .selectFrom('study')
      .selectAll()
      .where('studyInstanceUid', '=', uid)
      .executeTakeFirstOrThrow();
  return {
    studyOf,
    instancesOf: (sopInstanceUid: string) =>
      database
        .selectFrom('instance')
        .selectAll()
        .where('sopInstanceUid', '=', sopInstanceUid)
        .orderBy('instanceKey')
        .execute(),
    auditOf: async (uid: string) =>
      (
        await database
          .selectFrom('auditLog')
          .select('action')
          .where('studyInstanceUid', '=', uid)
          .orderBy('sequence')
          .execute()
      ).map((entry) => entry.action),
    /** Closes a study, as assembly does when its quiet time is over. */
    complete: async (uid: string) => {
      const { studyKey } = await studyOf(uid);
      const { assembly } = intake.config;
      const now = new Date(Date.now() + 100 * 3_600_000);
      const rules = loadCompletenessRules();
      await lookAtStudy(database, studyKey, { assembly, rules, now, byEvidence: true });
      return studyOf(uid);
    },
    /** Books a finished analysis of the study's current images, with a finding and a heatmap on each. */
    analyse: async (uid: string) => {
      const study = await studyOf(uid);
      const { studyKey } = study;
      await database
        .updateTable('analysisRun')
        .set({ state: 'analysed' })
        .where('studyKey', '=', studyKey)
        .where('state', '=', 'queued')
        .execute();
      const run = await database
        .selectFrom('analysisRun')
        .select('runKey')
        .where('studyKey', '=', studyKey)
        .orderBy('number', 'desc')
        .executeTakeFirstOrThrow();
      const { modelRunKey } = await database
        .insertInto('modelRun')
        .values({
          runKey: run.runKey,
          modelId: 'test',
          modelVersion: '1',
          modelSha256: 'a'.repeat(64),
          role: 'active',
          outcome: 'analysed',
          flagged: true,
          images: 1,
          timings: '{}',
        })
        .returning('modelRunKey')
        .executeTakeFirstOrThrow();
      const images = await database
        .selectFrom('instance')
        .select('sopInstanceUid')
        .where('studyKey', '=', studyKey)
        .where('standing', '=', 'current')
        .where('kind', '=', 'image')
        .execute();
      for (const { sopInstanceUid } of images) {
        const place = { modelRunKey, studyKey, sopInstanceUid, frame: 1 };
        await database
          .insertInto('finding')
          .values({
            ...place,
            findingId: `finding-${studyKey}-${sopInstanceUid}`,
            label: 'lesion',
            code: '{"scheme":"SCT","value":"1","meaning":"lesion"}',
            ...{ boxX: 1, boxY: 1, boxWidth: 2, boxHeight: 2, score: 0.9 },
          })
          .execute();
        await database
          .insertInto('heatmap')
          .values({
            ...place,
            heatmapId: `heatmap-${studyKey}-${sopInstanceUid}`,
            ...{ width: 1, height: 1, values: Buffer.alloc(4), scaleX: 1, scaleY: 1 },
            ...{ originX: 0, originY: 0, threshold: 0.5, peak: 0.9 },
          })
          .execute();
      }
      await database
        .updateTable('study')
        .set({
          status: 'analysed',
          analysedAt: new Date(),
          flagged: true,
          score: 0.9,
          scoreModel: 'test',
          priority: 'HIGH',
          reason: 'HIGH: flagged by test',
          readingStatus: 'reviewed',
        })
        .where('studyKey', '=', studyKey)
        .execute();
      return studyOf(uid);
    },
    /** Findings and heatmaps that are still shown. */
    shownResults: async (uid: string) => {
      const { studyKey } = await studyOf(uid);
      const shown: string[] = [];
      for (const table of ['finding', 'heatmap'] as const) {
        const rows = await database
          .selectFrom(table)
          .select('sopInstanceUid')
          .where('studyKey', '=', studyKey)
          .where('withdrawnAt', 'is', null)
          .execute();
        shown.push(...rows.map((row) => `${table} ${row.sopInstanceUid}`));
      }
      return shown.sort();
    },
    runsOf: async (uid: string) => {
      const { studyKey } = await studyOf(uid);
      return database
        .selectFrom('analysisRun')
        .select(['number', 'state', 'trigger', 'imageRevision'])
        .where('studyKey', '=', studyKey)
        .orderBy('number')
        .execute();
    },
    quarantineOf: (sopInstanceUid: string) =>
      database
        .selectFrom('quarantine')
        .innerJoin('instance', 'instance.instanceKey', 'quarantine.instanceKey')
        .selectAll('quarantine')
        .where('sopInstanceUid', '=', sopInstanceUid)
        .orderBy('quarantineId')
        .execute(),
  };
}
