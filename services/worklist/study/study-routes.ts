import { z } from 'zod';
import { studyResultsSchema } from '#contracts/results.ts';
import { heatmapSchema, studyDetailSchema } from '#contracts/study.ts';
import { RadTriageError } from '#core/errors.ts';
import { jsonRoute, type Route, rawRoute } from '#platform/http/route.ts';
import { EVERYONE } from '../access.ts';
import type { WebContext } from '../context.ts';
import { keepPrivately } from '../dicomweb/caching.ts';
import { isPrefetch } from '../prefetch.ts';
import { findStudy } from './find-study.ts';
import { readHeatmap } from './heatmaps.ts';
import { readStudyResults } from './result-sets.ts';
import { refuseWithheld, sightOf } from './sight.ts';
import { readStudyDetail } from './study-detail.ts';
import { studyParams } from './study-params.ts';

function detailRoute(context: WebContext): Route {
  return jsonRoute(
    {
      method: 'GET',
      path: '/api/studies/:uid',
      access: EVERYONE,
      summary: 'A study with its images, analysis runs, findings and reviews',
      input: z.object({ params: studyParams }),
      response: studyDetailSchema,
    },
    async ({ params }, { principal, request }) => {
      const detail = await readStudyDetail(context, params.uid, principal);
      const action = isPrefetch(request) ? 'study.prefetched' : 'study.read';
      const entry = { actor: principal.name, action, studyInstanceUid: params.uid };
      await context.accessLog.recordAccess(entry);
      return detail;
    },
  );
}

function heatmapRoute(context: WebContext): Route {
  return jsonRoute(
    {
      method: 'GET',
      path: '/api/studies/:uid/heatmaps/:id',
      access: EVERYONE,
      summary:
        'A heatmap: values and their place in source pixels. Refused in triage-only mode, and of a study read blind first',
      input: z.object({ params: studyParams.extend({ id: z.string().max(100) }) }),
      response: heatmapSchema,
    },
    async ({ params }, { principal }) => {
      if (context.config.readingMode !== 'assist') {
        throw new RadTriageError('LOCATION_WITHHELD', 'in triage-only mode no heatmap is shown');
      }
      await refuseWithheld(context.database, sightOf(context.config, principal), params.uid);
      const heatmap = await readHeatmap(context.database, params.uid, params.id);
      const entry = { actor: principal.name, action: 'heatmap.read', studyInstanceUid: params.uid };
      await context.accessLog.recordAccess(entry);
      return heatmap;
    },
  );
}

const PNG_SIGNATURE = 0x89;
const JPEG_SIGNATURE = 0xff;

function imageType(bytes: Uint8Array): string {
  if (bytes[0] === PNG_SIGNATURE) return 'image/png';
  return bytes[0] === JPEG_SIGNATURE ? 'image/jpeg' : 'image/webp';
}

function thumbnailRoute(context: WebContext): Route {
  return rawRoute(
    {
      method: 'GET',
      path: '/api/studies/:uid/thumbnail',
      access: EVERYONE,
      summary: 'A small picture of the study, not for diagnosis',
      input: z.object({ params: studyParams }),
      produces: ['image/jpeg', 'image/png', 'image/webp'],
    },
    async ({ params }, { principal, request, reply }) => {
      const row = await findStudy(context.database, params.uid);
      if (row.thumbnailBlob === null) {
        throw new RadTriageError('NOT_FOUND', 'the study has no thumbnail yet');
      }
      const entry = { actor: principal.name, action: 'images.read', studyInstanceUid: params.uid };
      await context.accessLog.recordAccess(entry);
      if (keepPrivately(request, reply, ['thumbnail', row.thumbnailBlob])) return reply.send();
      const bytes = await context.blobs.readBlob(row.thumbnailBlob);
      void reply.type(imageType(bytes));
      return Buffer.from(bytes);
    },
  );
}

function resultsRoute(context: WebContext): Route {
  return jsonRoute(
    {
      method: 'GET',
      path: '/api/studies/:uid/results',
      access: EVERYONE,
      summary: 'What was sent of a study as DICOM objects, and where to',
      input: z.object({ params: studyParams }),
      response: studyResultsSchema,
    },
    async ({ params }, { principal }) => {
      const { database, config } = context;
      await refuseWithheld(database, sightOf(config, principal), params.uid);
      const { studyKey } = await findStudy(database, params.uid);
      return { results: await readStudyResults(database, studyKey) };
    },
  );
}

/** What is read of one study. */
export function studyRoutes(context: WebContext): Route[] {
  return [
    detailRoute(context),
    heatmapRoute(context),
    thumbnailRoute(context),
    resultsRoute(context),
  ];
}
