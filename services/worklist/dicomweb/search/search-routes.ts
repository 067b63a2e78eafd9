import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { uidSchema } from '#contracts/study.ts';
import { type Route, type RouteContext, rawRoute } from '#platform/http/route.ts';
import { EVERYONE } from '../../access.ts';
import type { WebContext } from '../../context.ts';
import { requireJsonAccepted } from '../negotiate.ts';
import { serviceRoot, warn } from '../service.ts';
import { search } from './answer.ts';
import { type Match, parseQuery, type QueryParameters } from './parse-query.ts';
import { findQueryKey, type Level } from './query-keys.ts';

const DICOM_JSON = 'application/dicom+json';
/** Keywords and tags alike, each a string: which of them mean something is judged by `parseQuery`. */
const anyQuery = z.record(z.string(), z.union([z.string(), z.array(z.string())]));

interface Target {
  readonly level: Level;
  readonly study?: string;
  readonly series?: string;
}

function matchUid(keyword: string, value: string | undefined): Match[] {
  const key = findQueryKey(keyword);
  return key === undefined || value === undefined ? [] : [{ key, values: [value] }];
}

/** What is looked at is one study, or the list of them. */
async function recordSearch(context: WebContext, actor: string, study: string | undefined) {
  await context.accessLog.recordAccess(
    study === undefined
      ? { actor, action: 'studies.searched' }
      : { actor, action: 'study.read', studyInstanceUid: study },
  );
}

async function answerSearch(
  context: WebContext,
  asked: { target: Target; parameters: QueryParameters },
  { principal, request, reply }: RouteContext,
): Promise<unknown> {
  requireJsonAccepted(request.headers.accept);
  const { target, parameters } = asked;
  const { level, study, series } = target;
  const parsed = parseQuery(level, parameters);
  const matches = [
    ...parsed.matches,
    ...matchUid('StudyInstanceUID', study),
    ...matchUid('SeriesInstanceUID', series),
  ];
  const named: Level[] = [
    ...(study === undefined ? [] : ['study' as const]),
    ...(series === undefined ? [] : ['series' as const]),
  ];
  const root = serviceRoot(request);
  await recordSearch(context, principal.name, study);
  const { results, warnings } = await search(context, {
    query: { ...parsed, matches },
    principal,
    root,
    named,
  });
  warn(reply, warnings);
  void reply.header('cache-control', 'no-store');
  // No matches are an empty list: earlier editions of PS3.18 have 204 for it, which Orthanc 1.10 takes for an error.
  void reply.type(DICOM_JSON);
  return JSON.stringify(results);
}

const studyPath = z.object({ study: uidSchema });
const seriesPath = studyPath.extend({ series: uidSchema });

function queryOf(request: FastifyRequest): QueryParameters {
  return anyQuery.parse(request.query);
}

/** QIDO-RS: Search Transaction (PS3.18 section 10.6). */
export function searchRoutes(context: WebContext): Route[] {
  const common = { method: 'GET', access: EVERYONE, produces: [DICOM_JSON] } as const;
  const root = '/dicomweb';
  const everywhere = (level: Level, path: string): Route =>
    rawRoute(
      {
        ...common,
        path: `${root}${path}`,
        summary: `QIDO-RS: search for ${path.slice(1)}`,
        input: z.object({ query: anyQuery }),
      },
      async ({ query }, route) =>
        answerSearch(context, { target: { level }, parameters: query }, route),
    );
  const inStudy = (level: Level, path: string): Route =>
    rawRoute(
      {
        ...common,
        path: `${root}/studies/:study${path}`,
        summary: `QIDO-RS: search for ${path.slice(1)} of a study`,
        input: z.object({ params: studyPath }),
      },
      async ({ params }, route) => {
        const target = { level, study: params.study };
        return answerSearch(context, { target, parameters: queryOf(route.request) }, route);
      },
    );
  return [
    everywhere('study', '/studies'),
    everywhere('series', '/series'),
    everywhere('instance', '/instances'),
    inStudy('series', '/series'),
    inStudy('instance', '/instances'),
    rawRoute(
      {
        ...common,
        path: `${root}/studies/:study/series/:series/instances`,
        summary: 'QIDO-RS: search for instances of a series',
        input: z.object({ params: seriesPath }),
      },
      async ({ params }, route) => {
        const target = { level: 'instance', ...params } as const;
        return answerSearch(context, { target, parameters: queryOf(route.request) }, route);
      },
    ),
  ];
}
