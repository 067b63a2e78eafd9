import type { Kysely } from 'kysely';
import { RadTriageError } from '#core/errors.ts';
import { nextReadingStatus } from '#core/reading-state.ts';
import type { ReadingStatus, StudyStatus } from '#core/study-state.ts';
import { appendAudit } from '#platform/audit-log/audit-log.ts';
import { notifyChange } from '#platform/database/changes.ts';
import type { DatabaseSchema } from '#platform/database/schema.ts';
import { updateStudy } from '#platform/study-store/update-study.ts';
import {
  type InstanceRecord,
  instanceRow,
  kindOf,
  newStudy,
  type SiteRules,
  studyAttributes,
  waitColumns,
} from './instance-record.ts';
import type { ReceiveOutcome } from './types.ts';

type Transaction = Kysely<DatabaseSchema>;

interface Study {
  readonly studyKey: string;
  readonly studyInstanceUid: string;
  readonly receivedAt: Date;
  readonly imageCount: number;
  readonly readingStatus: ReadingStatus;
  readonly status: StudyStatus;
  readonly waitingSince: Date | null;
  readonly lookFloor: Date | null;
}

interface Kept {
  readonly instanceKey: string;
  readonly sopInstanceUid: string;
  readonly sha256: string;
  readonly blobPath: string;
}

async function lockStudies(trx: Transaction, uids: readonly string[]): Promise<Study[]> {
  return (
    trx
      .selectFrom('study')
      .select([
        'studyKey',
        'studyInstanceUid',
        'receivedAt',
        'imageCount',
        'readingStatus',
        'status',
        'waitingSince',
        'lookFloor',
      ])
      .where('studyInstanceUid', 'in', uids)
      // Always in one order, so that two writers never wait for each other.
      .orderBy('studyInstanceUid')
      .forUpdate()
      .execute()
  );
}

/** The studies of a batch, locked; those never seen before are put on the list. */
async function openStudies(
  trx: Transaction,
  records: readonly InstanceRecord[],
  rules: SiteRules,
): Promise<Map<string, Study>> {
  const first = new Map<string, InstanceRecord>();
  for (const record of records) {
    const uid = record.attributes.studyInstanceUid;
    const before = first.get(uid);
    // Of one batch, an image tells more of its study than an object.
    const better = before !== undefined && kindOf(before.attributes) === 'object';
    if (before === undefined || better) first.set(uid, record);
  }
  const uids = [...first.keys()].sort();
  let studies = await lockStudies(trx, uids);
  const known = new Set(studies.map((study) => study.studyInstanceUid));
  const unseen = uids.flatMap((uid) => (known.has(uid) ? [] : [first.get(uid)]));
  for (const record of unseen) {
    if (record === undefined) continue;
    await trx
      .insertInto('study')
      .values(newStudy(record, rules))
      .onConflict((conflict) => conflict.column('studyInstanceUid').doNothing())
      .execute();
    await notifyChange(trx, record.attributes.studyInstanceUid);
  }
  if (unseen.length > 0) studies = await lockStudies(trx, uids);
  return new Map(studies.map((study) => [study.studyInstanceUid, study]));
}

async function findKept(trx: Transaction, records: readonly InstanceRecord[]): Promise<Kept[]> {
  const uids = [...new Set(records.map((record) => record.attributes.sopInstanceUid))];
  return trx
    .selectFrom('instance')
    .select(['instanceKey', 'sopInstanceUid', 'sha256', 'blobPath'])
    .where('sopInstanceUid', 'in', uids)
    .execute();
}

function contentOf(sopInstanceUid: string, sha256: string): string {
  return `${sopInstanceUid} ${sha256}`;
}

interface Plan {
  readonly record: InstanceRecord;
  readonly study: Study;
  readonly standing: 'current' | 'conflict';
}

/** Which records are new: neither kept before nor twice in the batch. */
function planInserts(
  records: readonly InstanceRecord[],
  kept: readonly Kept[],
  studies: ReadonlyMap<string, Study>,
): Plan[] {
  const contents = new Set(kept.map((row) => contentOf(row.sopInstanceUid, row.sha256)));
  const uids = new Set(kept.map((row) => row.sopInstanceUid));
  const plans: Plan[] = [];
  for (const record of records) {
    const { sopInstanceUid, studyInstanceUid } = record.attributes;
    const content = contentOf(sopInstanceUid, record.sha256);
    if (contents.has(content)) continue;
    const study = studies.get(studyInstanceUid);
    if (study === undefined) throw new RadTriageError('INTERNAL', 'a study vanished while locked');
    plans.push({ record, study, standing: uids.has(sopInstanceUid) ? 'conflict' : 'current' });
    contents.add(content);
    uids.add(sopInstanceUid);
  }
  return plans;
}

/** Tells the study of its new images: only these move its status, its quiet time and its count. */
async function addImages(
  trx: Transaction,
  plans: readonly Plan[],
  rules: SiteRules,
): Promise<void> {
  const images = new Map<Study, InstanceRecord[]>();
  for (const { record, study, standing } of plans) {
    if (standing !== 'current' || kindOf(record.attributes) !== 'image') continue;
    images.set(study, [...(images.get(study) ?? []), record]);
  }
  for (const [study, records] of images) {
    const [first] = records;
    const last = records.at(-1);
    if (first === undefined || last === undefined) continue;
    const isFirstImage = study.imageCount === 0;
    await updateStudy(trx, study.studyKey, {
      event: 'image-received',
      patch: {
        ...(isFirstImage ? studyAttributes(first, study.receivedAt, rules) : {}),
        imageCount: study.imageCount + records.length,
        lastImageAt: last.receivedAt,
        // The first image, and the first after it was closed, begin a wait of their own.
        ...waitColumns(
          last,
          rules,
          isFirstImage || study.status !== 'receiving' ? undefined : study,
        ),
        statusReason: null,
        // What was signed before did not look at these: the study is back on the list.
        readingStatus: nextReadingStatus(study.readingStatus, 'images-arrived'),
      },
    });
  }
}

async function recordConflicts(trx: Transaction, plans: readonly Plan[]): Promise<void> {
  for (const { record, standing } of plans) {
    if (standing !== 'conflict') continue;
    await appendAudit(trx, {
      actor: `AE ${record.callingAe}`,
      action: 'instance.conflict',
      studyInstanceUid: record.attributes.studyInstanceUid,
      details: { sopInstanceUid: record.attributes.sopInstanceUid, sha256: record.sha256 },
    });
  }
}

/**
 * Writes the rows of a batch within one transaction. Running it again after a commit whose answer was lost gives the
 * same outcomes: a row with our own path is ours.
 * @returns one outcome per record, in order
 */
export async function storeRecords(
  trx: Transaction,
  records: readonly InstanceRecord[],
  rules: SiteRules,
): Promise<ReceiveOutcome[]> {
  const studies = await openStudies(trx, records, rules);
  const kept = await findKept(trx, records);
  const plans = planInserts(records, kept, studies);
  const inserted =
    plans.length === 0
      ? []
      : await trx
          .insertInto('instance')
          .values(
            plans.map(({ record, study, standing }) =>
              instanceRow(record, { studyKey: study.studyKey, standing }),
            ),
          )
          .returning(['instanceKey', 'sopInstanceUid', 'sha256', 'blobPath'])
          .execute();
  await addImages(trx, plans, rules);
  await recordConflicts(trx, plans);

  const conflicts = new Set(
    plans.filter((plan) => plan.standing === 'conflict').map((plan) => plan.record.blobPath),
  );
  const rows = new Map(
    [...kept, ...inserted].map((row) => [contentOf(row.sopInstanceUid, row.sha256), row]),
  );
  return records.map((record) => {
    const row = rows.get(contentOf(record.attributes.sopInstanceUid, record.sha256));
    if (row === undefined) throw new RadTriageError('INTERNAL', 'a row was not written');
    const { instanceKey } = row;
    if (row.blobPath !== record.blobPath) return { outcome: 'duplicate', instanceKey };
    return { outcome: conflicts.has(record.blobPath) ? 'conflict' : 'stored', instanceKey };
  });
}
