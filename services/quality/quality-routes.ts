import { z } from 'zod';
import {
  type QualityItem,
  qualityListSchema,
  qualityQuerySchema,
  qualitySummarySchema,
  secondReadingSchema,
} from '#contracts/quality.ts';
import { reviewResponseSchema, uidSchema } from '#contracts/study.ts';
import type { Config } from '#platform/config/config.ts';
import type { Database } from '#platform/database/connect.ts';
import type { Principal } from '#platform/http/principal.ts';
import { jsonRoute, noInput, type Route } from '#platform/http/route.ts';
import { listJudged } from './judgements.ts';
import { recordSecondReading } from './second-reading.ts';
import { summariseQuality } from './summary.ts';

/** What this room is given: it reads studies as the page's server lets them be seen. */
export interface QualityServices {
  readonly config: Pick<Config, 'readingMode'>;
  readonly database: Database;
  readonly accessLog: {
    recordAccess(entry: { actor: string; action: string }): Promise<void>;
  };
  readonly studies: {
    readStudies(
      studyKeys: readonly string[],
      asker: Principal,
    ): Promise<readonly Omit<QualityItem, 'agreement'>[]>;
  };
}

function listRoute({ database, accessLog, studies }: QualityServices): Route {
  return jsonRoute(
    {
      method: 'GET',
      path: '/api/quality/studies',
      access: ['qa', 'admin'],
      summary: "Studies with the AI's word and the readers', the newest first",
      input: z.object({ query: qualityQuerySchema }),
      response: qualityListSchema,
    },
    async ({ query }, { principal }) => {
      const page = await listJudged(database, query);
      const agreements = new Map(
        page.studies.map((judged) => [judged.studyInstanceUid, judged.agreement]),
      );
      const read = await studies.readStudies(
        page.studies.map((judged) => judged.studyKey),
        principal,
      );
      await accessLog.recordAccess({ actor: principal.name, action: 'quality.read' });
      const items = read.map((item) => ({
        ...item,
        agreement: item.study.aiWithheld
          ? null
          : (agreements.get(item.study.studyInstanceUid) ?? null),
      }));
      return { items, total: page.total };
    },
  );
}

function readingRoute({ database, config, studies }: QualityServices): Route {
  return jsonRoute(
    {
      method: 'POST',
      path: '/api/quality/studies/:uid/readings',
      access: ['qa'],
      summary: 'A second reading: judges the first and the AI, and changes nothing about the study',
      status: 201,
      input: z.object({ params: z.object({ uid: uidSchema }), body: secondReadingSchema }),
      response: reviewResponseSchema,
    },
    async ({ params, body }, { principal }) => {
      const kept = await recordSecondReading(database, {
        studyInstanceUid: params.uid,
        reader: principal.name,
        readingMode: config.readingMode,
        word: body,
      });
      const [item] = await studies.readStudies([kept.studyKey], principal);
      const review = item?.reviews.find((candidate) => candidate.id === kept.reviewId);
      if (review === undefined) throw new TypeError('a reading that was inserted is read back');
      return { review, version: kept.version };
    },
  );
}

/** The quality page's part of the API. */
export function qualityRoutes(services: QualityServices): Route[] {
  return [
    listRoute(services),
    jsonRoute(
      {
        method: 'GET',
        path: '/api/quality/summary',
        access: ['qa', 'admin'],
        summary: 'Counts and proportions with 95% Wilson intervals',
        input: noInput,
        response: qualitySummarySchema,
      },
      async () => summariseQuality(services.database),
    ),
    readingRoute(services),
  ];
}
