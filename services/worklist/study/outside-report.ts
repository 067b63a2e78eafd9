import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import type { outsideReportRequestSchema, ReadingState } from '#contracts/reading.ts';
import { RadTriageError } from '#core/errors.ts';
import type { OutsideReportState } from '#core/outside-report.ts';
import type { Principal } from '#platform/http/principal.ts';
import { type OutsideReport, takeReports } from '#platform/outside-reports/take-reports.ts';
import type { WebContext } from '../context.ts';
import { findStudy } from './find-study.ts';
import { toReadingState } from './reading.ts';

type Request = z.output<typeof outsideReportRequestSchema>;

/** The name of a token, without what tells it from an account. */
function sourceOf({ name }: Principal): string {
  return name.replace(/^token:/, '');
}

async function take(context: WebContext, report: OutsideReport): Promise<OutsideReportState> {
  const [taken] = await takeReports(context.database, [report], context.config);
  const state = taken?.state ?? 'unchanged';
  if (state === 'refused' || state === 'dismissed') {
    throw new RadTriageError('REQUEST_INVALID', taken?.reason ?? 'it was refused before');
  }
  return state;
}

const SAID = { via: 'http', madeAt: null, saidAt: null, word: 'reported' } as const;

/** A script's word on one study: what is open is not taken from under the hand. @throws RadTriageError NOT_FOUND */
export async function takeStudyReport(
  context: WebContext,
  studyInstanceUid: string,
  principal: Principal,
): Promise<ReadingState> {
  await findStudy(context.database, studyInstanceUid);
  await take(context, {
    ...{ ...SAID, source: sourceOf(principal), messageId: randomUUID() },
    ...{ studyInstanceUid, accessionNumber: null, site: null },
    patient: { ids: [], birthDate: null },
  });
  return toReadingState(await findStudy(context.database, studyInstanceUid));
}

/** A script's word on an order. @throws RadTriageError REQUEST_INVALID when its study is of another patient */
export async function takeOrderReport(
  context: WebContext,
  request: Request,
  principal: Principal,
): Promise<{ state: OutsideReportState }> {
  const { accessionNumber, patientId, issuerOfPatientId, patientBirthDate } = request;
  const issuers = issuerOfPatientId === undefined ? [] : [issuerOfPatientId];
  const state = await take(context, {
    ...{ ...SAID, source: sourceOf(principal), messageId: request.messageId ?? randomUUID() },
    ...{ studyInstanceUid: null, accessionNumber, site: request.site ?? null },
    patient: { ids: [{ id: patientId, issuers }], birthDate: patientBirthDate ?? null },
  });
  return { state };
}
