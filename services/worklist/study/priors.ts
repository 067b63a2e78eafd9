import { z } from 'zod';
import { type Priors, priorsSchema } from '#contracts/priors.ts';
import { birthDatesDisagree } from '#core/patient-identity.ts';
import type { Database } from '#platform/database/connect.ts';
import { jsonRoute, type Route } from '#platform/http/route.ts';
import { EVERYONE } from '../access.ts';
import type { WebContext } from '../context.ts';
import { findStudy } from './find-study.ts';
import { studyParams } from './study-params.ts';

/** More than any reader scrolls through, of one patient. */
const MAX_PRIORS = 500;

/**
 * The other studies of a study's patient that have images, the newest first. A patient is issuer and id; names are not
 * compared. @throws RadTriageError NOT_FOUND
 */
async function findPriors(database: Database, studyInstanceUid: string): Promise<Priors> {
  const { patientKey, patientBirthDate, studyKey } = await findStudy(database, studyInstanceUid);
  if (patientKey === null) return { priors: [], withheld: 'no-patient-id', otherBirthDate: 0 };
  const rows = await database
    .selectFrom('study')
    .select(['studyInstanceUid', 'studyDate', 'studyDescription', 'modality', 'bodyPartExamined'])
    .select(['accessionNumber', 'site', 'status', 'readingStatus', 'imageCount', 'receivedAt'])
    .select('patientBirthDate')
    .where('patientKey', '=', patientKey)
    .where('studyKey', '!=', studyKey)
    .where('imageCount', '>', 0)
    .orderBy('studyDate', (order) => order.desc().nullsLast())
    .orderBy('receivedAt', 'desc')
    .limit(MAX_PRIORS)
    .execute();
  const same = rows.filter((row) => !birthDatesDisagree(row.patientBirthDate, patientBirthDate));
  const priors = same.map(({ patientBirthDate: _, receivedAt, ...row }) => ({
    ...row,
    receivedAt: receivedAt.toISOString(),
  }));
  return { priors, withheld: null, otherBirthDate: rows.length - same.length };
}

export function priorRoutes(context: WebContext): Route[] {
  return [
    jsonRoute(
      {
        method: 'GET',
        path: '/api/studies/:uid/priors',
        access: EVERYONE,
        summary: "The patient's other studies: the same issuer and id, and no other birth date",
        input: z.object({ params: studyParams }),
        response: priorsSchema,
      },
      async ({ params }, { principal }) => {
        const priors = await findPriors(context.database, params.uid);
        const entry = {
          actor: principal.name,
          action: 'priors.read',
          studyInstanceUid: params.uid,
        };
        await context.accessLog.recordAccess(entry);
        return priors;
      },
    ),
  ];
}
