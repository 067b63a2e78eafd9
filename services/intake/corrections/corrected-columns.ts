import { isDeepStrictEqual } from 'node:util';
import { priorityRank } from '#core/priority.ts';
import type { DicomAttributes } from '#dicom/attributes/attribute-schema.ts';
import { type InstanceRecord, type SiteRules, studyAttributes } from '../instance-record.ts';
import type { LockedStudy } from './lock-studies.ts';

type StudyColumns = ReturnType<typeof studyAttributes>;

/** What a study says of itself by the header of an image. Its site and its place in the list are decided elsewhere. */
const FOLLOWING = [
  'patientId',
  'issuerOfPatientId',
  'patientKey',
  'patientName',
  'patientBirthDate',
  'patientSex',
  'patientAge',
  'accessionNumber',
  'studyId',
  'referringPhysicianName',
  'studyDescription',
  'studyDate',
  'studyTime',
  'timezoneOffsetFromUtc',
  'modality',
  'bodyPartExamined',
] as const satisfies readonly (keyof StudyColumns)[];

const PLACE = ['priority', 'reason', 'dueAt', 'rankAt', 'ruleId', 'ruleVersion'] as const;

function pick<K extends keyof StudyColumns>(columns: StudyColumns, keys: readonly K[]) {
  return Object.fromEntries(keys.map((key) => [key, columns[key]]));
}

/**
 * The columns of a study that a newer header of one of its images changes: those alone in which it differs from the
 * version before, so that the others of the study are not undone by it. A raised order raises the study at once; one
 * that is less urgent lets the next analysis decide.
 */
export function correctedColumns(
  study: LockedStudy,
  versions: { before: DicomAttributes | undefined; record: InstanceRecord },
  rules: SiteRules,
): Partial<StudyColumns> {
  const { before, record } = versions;
  const after = studyAttributes(record, study.receivedAt, rules);
  const earlier =
    before === undefined
      ? undefined
      : studyAttributes({ ...record, attributes: before }, study.receivedAt, rules);
  const changed = FOLLOWING.filter((key) => !isDeepStrictEqual(earlier?.[key], after[key]));
  const order = ['basePriority', 'orderPrioritySource'] as const;
  const isReordered = order.some((key) => earlier?.[key] !== after[key]);
  const isRaised = priorityRank(after.priority) < priorityRank(study.priority);
  return {
    ...pick(after, changed),
    ...(isReordered && earlier !== undefined ? pick(after, order) : {}),
    ...(isReordered && isRaised ? pick(after, PLACE) : {}),
  };
}
