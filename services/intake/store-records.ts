import type { Kysely } from 'kysely';
import { RadTriageError } from '#core/errors.ts';
import { nextStanding } from '#core/instance-standing.ts';
import type { QuarantineReason } from '#core/quarantine-state.ts';
import { appendAudit } from '#platform/audit-log/audit-log.ts';
import { notifyChange } from '#platform/database/changes.ts';
import type { DatabaseSchema } from '#platform/database/schema.ts';
import { correctedColumns } from './corrections/corrected-columns.ts';
import { type LockedStudy, lockStudies } from './corrections/lock-studies.ts';
import {
  type KeptRow,
  type Plan,
  planRecords,
  type Surroundings,
  whyReplaced,
} from './corrections/plan-records.ts';
import type { Prepared } from './corrections/prepare-records.ts';
import {
  applyNote,
  findRejections,
  holdBackNote,
  liftRejections,
} from './corrections/rejections.ts';
import { EffectBook, settleStudies } from './corrections/settle-study.ts';
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

/** The studies of a batch, and those that something may be taken from, locked; those never seen before are listed. */
async function openStudies(
  trx: Transaction,
  records: readonly InstanceRecord[],
  { rules, prepared }: { rules: SiteRules; prepared: Prepared },
): Promise<Map<string, LockedStudy>> {
  const first = new Map<string, InstanceRecord>();
  for (const record of records) {
    const uid = record.attributes.studyInstanceUid;
    const before = first.get(uid);
    // Of one batch, an image tells more of its study than an object.
    const better = before !== undefined && kindOf(before.attributes) === 'object';
    if (before === undefined || better) first.set(uid, record);
  }
  const uids = [...new Set([...first.keys(), ...prepared.otherStudies])].sort();
  let studies = await lockStudies(trx, uids);
  const known = new Set(studies.map((study) => study.studyInstanceUid));
  const unseen = uids.flatMap((uid) => (known.has(uid) ? [] : (first.get(uid) ?? [])));
  for (const record of unseen) {
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

async function findKept(trx: Transaction, sopInstanceUids: readonly string[]): Promise<KeptRow[]> {
  return trx
    .selectFrom('instance')
    .innerJoin('study', 'study.studyKey', 'instance.studyKey')
    .select(['instanceKey', 'studyInstanceUid', 'sopInstanceUid', 'sha256', 'revisionSha256'])
    .select(['blobPath', 'standing', 'kind', 'instance.receivedAt'])
    .where('sopInstanceUid', 'in', sopInstanceUids)
    .execute();
}

/** Makes room for what takes the place of a current row: one row of a UID is current at any time. */
async function makeRoom(trx: Transaction, plans: readonly Plan[], book: EffectBook): Promise<void> {
  for (const { replaces, record, study } of plans) {
    if (replaces === undefined) continue;
    const { kept, from, event } = replaces;
    const hasMoved = from.studyKey !== study.studyKey;
    const reason = event === 'undone' ? null : whyReplaced(from, study);
    await trx
      .updateTable('instance')
      .set({ standing: nextStanding(kept.standing, event), standingReason: reason })
      .where('instanceKey', '=', kept.instanceKey)
      .execute();
    if (!hasMoved) continue;
    const effects = book.of(from);
    if (kept.kind === 'image') effects.lost.push(kept.sopInstanceUid);
    else effects.touched = true;
    await appendAudit(trx, {
      actor: `AE ${record.callingAe}`,
      action: 'instance.moved',
      studyInstanceUid: from.studyInstanceUid,
      details: { sopInstanceUid: kept.sopInstanceUid, to: study.studyInstanceUid },
    });
  }
}

async function insertInstances(
  trx: Transaction,
  plans: readonly Plan[],
): Promise<Map<string, string>> {
  const fresh = plans.filter((plan) => plan.reinstates === undefined);
  if (fresh.length === 0) return new Map();
  const rows = await trx
    .insertInto('instance')
    .values(
      fresh.map(({ record, study, standing, standingReason, revisionSha256 }) => ({
        ...instanceRow(record, { studyKey: study.studyKey, standing }),
        standingReason,
        revisionSha256,
      })),
    )
    .returning(['instanceKey', 'blobPath'])
    .execute();
  return new Map(rows.map((row) => [row.blobPath, row.instanceKey]));
}

async function reinstate(trx: Transaction, plans: readonly Plan[]): Promise<void> {
  for (const { reinstates } of plans) {
    if (reinstates === undefined) continue;
    await trx
      .updateTable('instance')
      .set({ standing: nextStanding(reinstates.standing, 'reinstated'), standingReason: null })
      .where('instanceKey', '=', reinstates.instanceKey)
      .execute();
  }
}

/** Tells the studies of their images: only these move status, quiet time and count. */
function noteEffects(plans: readonly Plan[], book: EffectBook, rules: SiteRules): void {
  for (const { record, study, standing, replaces } of plans) {
    if (standing !== 'current') continue;
    const effects = book.of(study);
    if (kindOf(record.attributes) !== 'image') {
      effects.touched ||= replaces !== undefined;
      continue;
    }
    const isNewHere = replaces === undefined || replaces.from.studyKey !== study.studyKey;
    const isFirstImage = study.imageCount + effects.gained === 0;
    if (isNewHere) effects.gained += 1;
    else if (replaces.sameAnalysis) effects.touched = true;
    else effects.changed.push(record.attributes.sopInstanceUid);
    if (isFirstImage) effects.patch = studyAttributes(record, study.receivedAt, rules);
    else if (replaces !== undefined && !isNewHere) {
      const versions = { before: replaces.keptAttributes, record };
      effects.patch = { ...effects.patch, ...correctedColumns(study, versions, rules) };
    }
    if (!isNewHere && replaces.sameAnalysis) continue;
    // The first image, and the first after it was closed, begin a wait of their own.
    const isWaiting = study.imageCount > 0 && study.status === 'receiving';
    effects.wait = {
      lastImageAt: record.receivedAt,
      ...waitColumns(record, rules, isWaiting ? study : undefined),
    };
  }
}

async function quarantine(
  trx: Transaction,
  instanceKey: string,
  held: { reason: QuarantineReason; differences: readonly string[] },
): Promise<void> {
  const { reason, differences } = held;
  await trx
    .insertInto('quarantine')
    .values({
      kind: 'instance',
      instanceKey,
      reason,
      differences: JSON.stringify(differences),
      state: 'waiting',
    })
    .execute();
}

/** What is out of the ordinary is recorded; a new image is not. */
async function recordCorrections(
  trx: Transaction,
  plans: readonly Plan[],
  keys: ReadonlyMap<string, string>,
): Promise<void> {
  for (const { record, standing, replaces, held, denied, lifted } of plans) {
    const { sopInstanceUid, studyInstanceUid } = record.attributes;
    const { sha256, callingAe } = record;
    const entry = { actor: `AE ${callingAe}`, studyInstanceUid };
    if (held !== undefined) {
      const waits = replaces?.kept.instanceKey ?? keys.get(record.blobPath) ?? '';
      await quarantine(trx, waits, held);
      const details = { sopInstanceUid, sha256, ...held };
      await appendAudit(trx, { ...entry, action: 'instance.conflict', details });
    } else if (replaces !== undefined) {
      const { differences, sameAnalysis } = replaces;
      const details = { sopInstanceUid, sha256, differences, sameAnalysis };
      await appendAudit(trx, { ...entry, action: 'instance.corrected', details });
    } else if (standing === 'withdrawn') {
      const details = { sopInstanceUid, sha256 };
      await appendAudit(trx, { ...entry, action: 'instance.withdrawn', details });
    }
    await liftRejections(trx, lifted);
    for (const note of denied) await holdBackNote(trx, note);
  }
}

async function applyNotes(
  trx: Transaction,
  plans: readonly Plan[],
  by: Surroundings & { keys: ReadonlyMap<string, string>; book: EffectBook },
): Promise<void> {
  const { studies, rules, prepared, keys, book } = by;
  for (const { record, standing } of plans) {
    const note = prepared.notes.get(record.blobPath);
    const noteKey = keys.get(record.blobPath);
    // A second content of one note waits in quarantine like any other object.
    if (note === undefined || noteKey === undefined || standing !== 'current') continue;
    const { dicom } = rules.config;
    await applyNote(trx, { note, record, noteKey }, { studies, book, dicom });
  }
}

/**
 * Writes the rows of a batch within one transaction. Running it again after a commit whose answer was lost gives the
 * same outcomes: a row with our own path is ours.
 * @returns one outcome per record, in order
 * @throws UnpreparedError when it meets a known UID that was not compared before: nothing is written then
 */
export async function storeRecords(
  trx: Transaction,
  records: readonly InstanceRecord[],
  { rules, prepared }: { rules: SiteRules; prepared: Prepared },
): Promise<ReceiveOutcome[]> {
  const studies = await openStudies(trx, records, { rules, prepared });
  const uids = [...new Set(records.map((record) => record.attributes.sopInstanceUid))];
  const kept = await findKept(trx, uids);
  const rejections = await findRejections(trx, uids);
  const surroundings = { studies, kept, rejections, rules, prepared };
  const plans = planRecords(records, surroundings);
  const book = new EffectBook();
  await makeRoom(trx, plans, book);
  const inserted = await insertInstances(trx, plans);
  await reinstate(trx, plans);
  noteEffects(plans, book, rules);
  if (prepared.notes.size > 0) {
    await applyNotes(trx, plans, { ...surroundings, keys: inserted, book });
  }
  await settleStudies(trx, book, rules.rule);
  await recordCorrections(trx, plans, inserted);
  return outcomesOf(records, { plans, kept, inserted });
}

function contentOf(content: { sopInstanceUid: string; sha256: string }): string {
  return `${content.sopInstanceUid} ${content.sha256}`;
}

function outcomesOf(
  records: readonly InstanceRecord[],
  by: { plans: readonly Plan[]; kept: readonly KeptRow[]; inserted: ReadonlyMap<string, string> },
): ReceiveOutcome[] {
  const { plans, kept, inserted } = by;
  const conflicts = new Set(
    plans.filter((plan) => plan.standing === 'conflict').map((plan) => plan.record.blobPath),
  );
  const rows = new Map<string, Pick<KeptRow, 'instanceKey' | 'blobPath'>>(
    kept.map((row) => [contentOf(row), row]),
  );
  for (const { record } of plans) {
    const { attributes, sha256, blobPath } = record;
    const instanceKey = inserted.get(blobPath);
    const content = contentOf({ sopInstanceUid: attributes.sopInstanceUid, sha256 });
    if (instanceKey !== undefined) rows.set(content, { instanceKey, blobPath });
  }
  return records.map((record) => {
    const { sopInstanceUid } = record.attributes;
    const row = rows.get(contentOf({ sopInstanceUid, sha256: record.sha256 }));
    if (row === undefined) throw new RadTriageError('INTERNAL', 'a row was not written');
    const { instanceKey } = row;
    if (row.blobPath !== record.blobPath) return { outcome: 'duplicate', instanceKey };
    return { outcome: conflicts.has(record.blobPath) ? 'conflict' : 'stored', instanceKey };
  });
}
