import { type CommitmentFinding, failureReasonOf } from '#core/commitment-state.ts';
import { encodeDataSet, type NewElement } from '#dicom/attributes/encode-data-set.ts';
import type { SopReference } from '#dicom/attributes/read-references.ts';

export interface JudgedReference extends SopReference {
  readonly finding: CommitmentFinding;
}

export interface CommitmentReport {
  readonly transactionUid: string;
  readonly references: readonly JudgedReference[];
}

/** Event types of the Storage Commitment Push Model (PS3.4 J.3.3). */
const ALL_COMMITTED = 1;
const FAILURES_EXIST = 2;

/** 1 when each object is committed to, 2 when at least one is not. */
export function eventTypeOf(report: CommitmentReport): number {
  return report.references.every(({ finding }) => finding === 'kept')
    ? ALL_COMMITTED
    : FAILURES_EXIST;
}

/** The event information (PS3.4 table J.3-2): what is committed to, and what is not, with the reason. */
export function encodeReport(report: CommitmentReport, transferSyntaxUid: string): Buffer {
  const kept: NewElement[][] = [];
  const failed: NewElement[][] = [];
  for (const { sopClassUid, sopInstanceUid, finding } of report.references) {
    const item: NewElement[] = [
      { tag: 0x00081150, vr: 'UI', value: sopClassUid },
      { tag: 0x00081155, vr: 'UI', value: sopInstanceUid },
    ];
    const reason = failureReasonOf(finding);
    if (reason === undefined) kept.push(item);
    else failed.push([...item, { tag: 0x00081197, vr: 'US', value: reason }]);
  }
  const elements: NewElement[] = [{ tag: 0x00081195, vr: 'UI', value: report.transactionUid }];
  // Sequences that would be empty are left out: both are conditional on having an item.
  if (failed.length > 0) elements.push({ tag: 0x00081198, vr: 'SQ', items: failed });
  if (kept.length > 0) elements.push({ tag: 0x00081199, vr: 'SQ', items: kept });
  return encodeDataSet(elements, transferSyntaxUid);
}
