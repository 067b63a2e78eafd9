import { z } from 'zod';
import { uidSchema } from '#contracts/study.ts';
import { type Route, rawRoute } from '#platform/http/route.ts';
import { EVERYONE } from '../access.ts';
import type { WebContext } from '../context.ts';
import { findInstances } from './find-instances.ts';
import { instancesToJson, seriesToJson, studiesToJson } from './json-answers.ts';
import { requireJsonAccepted } from './negotiate.ts';
import { parseStudyQuery, searchStudies } from './search-studies.ts';

const DICOM_JSON = 'application/dicom+json';
/** Keywords and tags alike, each a string; what is not known is not searched by. */
const anyQuery = z.record(z.string(), z.union([z.string(), z.array(z.string())]));

function studiesRoute(context: WebContext): Route {
  return rawRoute(
    {
      method: 'GET',
      path: '/dicomweb/studies',
      access: EVERYONE,
      summary: 'QIDO-RS: search for studies',
      input: z.object({ query: anyQuery }),
      produces: [DICOM_JSON],
    },
    async ({ query }, { principal, request, reply }) => {
      requireJsonAccepted(request.headers.accept);
      const rows = await searchStudies(context.database, parseStudyQuery(query));
      await context.accessLog.recordAccess({ actor: principal.name, action: 'studies.searched' });
      void reply.type(DICOM_JSON);
      return JSON.stringify(await studiesToJson(context, rows));
    },
  );
}

/** QIDO-RS (PS3.18 10.6): the least that viewers ask for. */
export function searchRoutes(context: WebContext): Route[] {
  const common = { method: 'GET', access: EVERYONE, produces: [DICOM_JSON] } as const;
  return [
    studiesRoute(context),
    rawRoute(
      {
        ...common,
        path: '/dicomweb/studies/:study/series',
        summary: 'QIDO-RS: the series of a study',
        input: z.object({ params: z.object({ study: uidSchema }) }),
      },
      async ({ params }, { principal, request, reply }) => {
        requireJsonAccepted(request.headers.accept);
        const rows = await findInstances(context, params);
        const entry = {
          actor: principal.name,
          action: 'study.read',
          studyInstanceUid: params.study,
        };
        await context.accessLog.recordAccess(entry);
        void reply.type(DICOM_JSON);
        return JSON.stringify(seriesToJson(params.study, rows));
      },
    ),
    rawRoute(
      {
        ...common,
        path: '/dicomweb/studies/:study/series/:series/instances',
        summary: 'QIDO-RS: the instances of a series',
        input: z.object({ params: z.object({ study: uidSchema, series: uidSchema }) }),
      },
      async ({ params }, { principal, request, reply }) => {
        requireJsonAccepted(request.headers.accept);
        const rows = await findInstances(context, params);
        const entry = {
          actor: principal.name,
          action: 'study.read',
          studyInstanceUid: params.study,
        };
        await context.accessLog.recordAccess(entry);
        void reply.type(DICOM_JSON);
        return JSON.stringify(instancesToJson(params.study, rows));
      },
    ),
  ];
}
