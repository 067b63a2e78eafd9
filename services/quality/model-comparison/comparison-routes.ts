import { z } from 'zod';
import { comparisonQuerySchema, modelComparisonSchema } from '#contracts/model-comparison.ts';
import { RadTriageError } from '#core/errors.ts';
import type { PriorityRule } from '#core/priority.ts';
import type { Database } from '#platform/database/connect.ts';
import type { Principal } from '#platform/http/principal.ts';
import { jsonRoute, type Route } from '#platform/http/route.ts';
import { compareModels } from './compare-models.ts';
import { parseReference } from './compared-study.ts';
import { readComparedStudies } from './read-studies.ts';

export interface ComparisonServices {
  readonly database: Database;
  /** The site's rule: what a flag would have raised its study to. */
  readonly rule: PriorityRule;
  readonly accessLog: {
    recordAccess(entry: { actor: string; action: string }): Promise<void>;
  };
  readonly studies: {
    findWithheld(
      asker: Principal,
      studyInstanceUids: readonly string[],
    ): Promise<ReadonlySet<string>>;
  };
}

/** Two versions of models, over the studies that both saw. */
export function comparisonRoutes({
  database,
  rule,
  accessLog,
  studies,
}: ComparisonServices): Route[] {
  return [
    jsonRoute(
      {
        method: 'GET',
        path: '/api/model-comparison',
        access: ['admin', 'qa'],
        summary:
          'Two versions of models over the studies that both analysed: flags, places, readers',
        input: z.object({ query: comparisonQuerySchema }),
        response: modelComparisonSchema,
      },
      async ({ query }, { principal }) => {
        if (query.a === query.b) {
          throw new RadTriageError('REQUEST_INVALID', 'a version is not compared with itself');
        }
        const window = {
          a: parseReference(query.a),
          b: parseReference(query.b),
          from: query.from === undefined ? undefined : new Date(query.from),
          to: query.to === undefined ? undefined : new Date(query.to),
        };
        const all = await readComparedStudies(database, window);
        const withheld = await studies.findWithheld(
          principal,
          all.studies.map((study) => study.studyInstanceUid),
        );
        // Differences are listed study by study: what an administrator still reads blind first is left out.
        const shown = all.studies.filter((study) => !withheld.has(study.studyInstanceUid));
        const input = { ...all, studies: shown };
        await accessLog.recordAccess({ actor: principal.name, action: 'model-comparison.read' });
        return compareModels(input, rule);
      },
    ),
  ];
}
