import type { Hl7Sender } from '#platform/config/hl7.ts';
import type { PatientMerge } from '#platform/outside-reports/take-merges.ts';
import { MessageFault } from './hl7/message-fault.ts';
import type { Hl7Message, Segment } from './hl7/read-message.ts';
import { readIds } from './read-patient.ts';
import { requireProduction } from './require-production.ts';

/** Whether a message tells of patients: ADT with MRG (A18, A30, A34 to A36, A39 to A42, A47, A49: v2.5.1 3.4.9). */
export function isMerge({ header, segments }: Hl7Message): boolean {
  return header.value(9) === 'ADT' && segments.some(({ name }) => name === 'MRG');
}

/**
 * Which ids another system has given up for which others: each MRG stands behind the PID that takes its place.
 * @throws MessageFault when one of both names nobody
 */
export function readMerges(message: Hl7Message, sender: Hl7Sender): PatientMerge[] {
  requireProduction(message);
  const common = { source: sender.name, messageId: message.header.value(10) };
  const merges: PatientMerge[] = [];
  let patient: Segment | undefined;
  for (const segment of message.segments) {
    if (segment.name === 'PID') patient = segment;
    if (segment.name !== 'MRG') continue;
    const into = readIds(message, patient?.repetitions(3) ?? [], sender);
    const from = readIds(message, segment.repetitions(1), sender);
    if (into.length === 0) throw new MessageFault('AE', 'PID-3 names no patient id');
    if (from.length === 0) throw new MessageFault('AE', 'MRG-1 names no patient id');
    merges.push({ ...common, site: sender.site ?? null, from, into });
  }
  return merges;
}
