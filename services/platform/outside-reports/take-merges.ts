import { createHash } from 'node:crypto';
import { sql, type Transaction } from 'kysely';
import { isReportOfPatient, type OutsidePatientId } from '#core/outside-report.ts';
import { appendAudit } from '../audit-log/audit-log.ts';
import type { Database } from '../database/connect.ts';
import type { DatabaseSchema } from '../database/schema.ts';
import type { ReportRules } from './act-on-report.ts';

/** Another system's word that ids stand for the patient of other ids from now on. */
export interface PatientMerge {
  readonly source: string;
  readonly messageId: string;
  /** Only studies of this site; null for any. */
  readonly site: string | null;
  readonly from: readonly OutsidePatientId[];
  readonly into: readonly OutsidePatientId[];
}

type Trx = Transaction<DatabaseSchema>;

/** How many studies bear an id that was given up. */
async function countStudies(trx: Trx, merge: PatientMerge, rules: ReportRules): Promise<number> {
  const ids = merge.from.map(({ id }) => id);
  const short = ids.map((id) => id.slice(0, 64));
  const query = trx
    .selectFrom('study')
    .select(['patientId', 'issuerOfPatientId', 'patientBirthDate'])
    // As the index has it (migration 018).
    .where(sql<boolean>`left(patient_id, 64) = ANY (${short}) AND patient_id = ANY (${ids})`);
  const { site } = merge;
  const studies = await (site === null ? query : query.where('site', '=', site)).execute();
  const patient = { ids: merge.from, birthDate: null };
  return studies.filter((study) => isReportOfPatient(patient, study, rules.dicom.dummyPatientIds))
    .length;
}

/** @returns whether an administrator still has to look at it */
async function keepForAdministrator(trx: Trx, merge: PatientMerge, studies: number) {
  const { source, messageId, site, from, into } = merge;
  const now = new Date();
  const facts = JSON.stringify(['merged', from, into]);
  const row = await trx
    .insertInto('outsideReport')
    .values({
      ...{ source, via: 'hl7', messageId, site, word: 'merged', saidAt: null },
      ...{ accessionNumber: null, studyInstanceUid: null, birthDate: null },
      patientIds: JSON.stringify(from),
      mergedInto: JSON.stringify(into),
      repeatKey: createHash('sha256').update(facts).digest('hex'),
      ...{ state: 'refused', reason: null, receivedAt: now, expiresAt: now, settledAt: now },
    })
    .onConflict((conflict) =>
      conflict.columns(['source', 'repeatKey']).doUpdateSet({ messageId: merge.messageId }),
    )
    .returning(['state', sql<boolean>`xmax = 0`.as('isNew')])
    .executeTakeFirstOrThrow();
  if (row.isNew) {
    const details = { source, via: 'hl7', messageId, studies };
    await appendAudit(trx, {
      actor: `hl7:${source}`,
      action: 'patients.merged-elsewhere',
      details,
    });
  }
  return row.state === 'refused';
}

/**
 * Keeps for the administrator which studies bear the id of a patient that another system has merged with another one.
 * Nothing of a study changes: which images are whose is decided by people. Durable when it resolves; a merge that is
 * repeated, and one that an administrator has seen to, are not kept again.
 * @returns how many studies an administrator has to look at
 */
export async function takeMerges(
  database: Database,
  merges: readonly PatientMerge[],
  rules: ReportRules,
): Promise<number> {
  return database.transaction().execute(async (trx) => {
    let waiting = 0;
    for (const merge of merges) {
      const studies = await countStudies(trx, merge, rules);
      if (studies > 0 && (await keepForAdministrator(trx, merge, studies))) waiting += studies;
    }
    return waiting;
  });
}
