import { z } from 'zod';
import { readingStateSchema } from '#contracts/reading.ts';
import {
  impressionRequestSchema,
  impressionResponseSchema,
  reviewRequestSchema,
  reviewResponseSchema,
} from '#contracts/study.ts';
import { jsonRoute, type Route } from '#platform/http/route.ts';
import type { WebContext } from '../context.ts';
import { elsewhereRoutes } from './elsewhere-routes.ts';
import { recordImpression } from './impressions.ts';
import { closeStudy, openStudy, takeOverStudy } from './reading.ts';
import { signReview, undoReview } from './sign-review.ts';
import { studyParams } from './study-params.ts';

function openRoutes(context: WebContext): Route[] {
  const common = {
    path: '/api/studies/:uid/open',
    access: ['radiologist'],
    input: z.object({ params: studyParams }),
    response: readingStateSchema,
  } as const;
  return [
    jsonRoute(
      { ...common, method: 'POST', summary: 'Say that you read this study' },
      async ({ params }, { principal }) => openStudy(context, params.uid, principal),
    ),
    jsonRoute(
      { ...common, method: 'DELETE', summary: 'Leave the study unread' },
      async ({ params }, { principal }) => closeStudy(context, params.uid, principal.name),
    ),
  ];
}

function takeOverRoute(context: WebContext): Route {
  return jsonRoute(
    {
      method: 'POST',
      path: '/api/studies/:uid/take-over',
      access: ['radiologist'],
      summary: 'Take the study over from the reader who has it open',
      input: z.object({ params: studyParams }),
      response: readingStateSchema,
    },
    async ({ params }, { principal }) => takeOverStudy(context, params.uid, principal.name),
  );
}

/** What a radiologist does with a study. */
export function readingRoutes(context: WebContext): Route[] {
  return [
    ...openRoutes(context),
    takeOverRoute(context),
    ...elsewhereRoutes(context),
    jsonRoute(
      {
        method: 'POST',
        path: '/api/studies/:uid/impressions',
        access: ['radiologist'],
        summary:
          'Your own impression of a study that is read blind first; its AI result is shown then',
        status: 201,
        input: z.object({ params: studyParams, body: impressionRequestSchema }),
        response: impressionResponseSchema,
      },
      async ({ params, body }, { principal }) => ({
        impression: await recordImpression(context, params.uid, { principal, input: body }),
      }),
    ),
    jsonRoute(
      {
        method: 'POST',
        path: '/api/studies/:uid/reviews',
        // An administrator's script learns that its version is stale; it can never sign.
        access: ['radiologist', 'admin'],
        summary:
          'Sign the study off with a verdict on its findings, as a radiologist; 409 when the version is stale',
        status: 201,
        input: z.object({ params: studyParams, body: reviewRequestSchema }),
        response: reviewResponseSchema,
      },
      async ({ params, body }, { principal }) =>
        signReview(context, params.uid, { input: body, signer: principal }),
    ),
    jsonRoute(
      {
        method: 'DELETE',
        path: '/api/studies/:uid/reviews/:id',
        access: ['radiologist'],
        summary: 'Take your own review back; the study is unread again',
        input: z.object({ params: studyParams.extend({ id: z.string().max(100) }) }),
        response: readingStateSchema,
      },
      async ({ params }, { principal }) =>
        undoReview(context, params.uid, { reviewId: params.id, reader: principal.name }),
    ),
  ];
}
