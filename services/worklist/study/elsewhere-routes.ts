import { z } from 'zod';
import {
  outsideReportRequestSchema,
  outsideReportResponseSchema,
  readingStateSchema,
} from '#contracts/reading.ts';
import { hasAnyRole } from '#platform/http/principal.ts';
import { jsonRoute, type Route } from '#platform/http/route.ts';
import type { WebContext } from '../context.ts';
import { takeOrderReport, takeStudyReport } from './outside-report.ts';
import { setReportedElsewhere } from './reading.ts';
import { studyParams } from './study-params.ts';

/** Studies that were reported in another system: said by a reader, or by that system. */
export function elsewhereRoutes(context: WebContext): Route[] {
  const common = {
    path: '/api/studies/:uid/reported-elsewhere',
    input: z.object({ params: studyParams }),
    response: readingStateSchema,
  } as const;
  return [
    jsonRoute(
      {
        ...common,
        method: 'POST',
        access: ['radiologist', 'service'],
        summary:
          'The study was reported in another system. From a service, a study that a reader has open waits until it is left',
      },
      async ({ params }, { principal }) =>
        hasAnyRole(principal, ['radiologist'])
          ? setReportedElsewhere(context, params.uid, { reader: principal.name, elsewhere: true })
          : takeStudyReport(context, params.uid, principal),
    ),
    jsonRoute(
      {
        ...common,
        method: 'DELETE',
        access: ['radiologist', 'admin'],
        summary: 'Put the study back on the list',
      },
      async ({ params }, { principal }) =>
        setReportedElsewhere(context, params.uid, { reader: principal.name, elsewhere: false }),
    ),
    jsonRoute(
      {
        method: 'POST',
        path: '/api/reported-elsewhere',
        access: ['service', 'admin'],
        summary: 'The order with this accession number was reported in another system',
        input: z.object({ body: outsideReportRequestSchema }),
        response: outsideReportResponseSchema,
      },
      async ({ body }, { principal }) => takeOrderReport(context, body, principal),
    ),
  ];
}
