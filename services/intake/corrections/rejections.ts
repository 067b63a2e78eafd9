import type { Kysely } from 'kysely';
import { nextStanding } from '#core/instance-standing.ts';
import { hidesLaterCopies, type RejectionCode } from '#core/rejection.ts';
import type { RejectionNote } from '#dicom/attributes/rejection-note.ts';
import { appendAudit } from '#platform/audit-log/audit-log.ts';
import type { Config } from '#platform/config/config.ts';
import type { DatabaseSchema } from '#platform/database/schema.ts';
import type { InstanceRecord } from '../instance-record.ts';
import type { LockedStudy } from './lock-studies.ts';
import type { EffectBook } from './settle-study.ts';

type Transaction = Kysely<DatabaseSchema>;

/**
 * Whether the images of one peer may be withdrawn by a note of another. Said of the peer, that counts; without a word
 * it may reject what it sent itself, and what came from another peer of its site. All else is denied.
 */
export function mayReject(
  { peers }: Pick<Config['dicom'], 'peers'>,
  noteAe: string,
  imageAe: string,
): boolean {
  const entries = peers.filter((peer) => peer.aeTitle === noteAe);
  const stated = entries.map((peer) => peer.mayReject).filter((word) => word !== undefined);
  if (stated.length > 0) return stated.every(Boolean);
  if (noteAe === imageAe) return true;
  const sites = new Set(entries.flatMap((peer) => peer.site ?? []));
  return peers.some(
    (peer) => peer.aeTitle === imageAe && peer.site !== undefined && sites.has(peer.site),
  );
}

export interface RejectionInForce {
  readonly quarantineId: string;
  readonly noteKey: string;
  readonly studyInstanceUid: string;
  readonly sopInstanceUid: string;
  readonly code: RejectionCode;
  readonly title: string;
  readonly callingAe: string;
  readonly notedAt: Date;
  /** An administrator stands for it: then it holds whoever sent the images. */
  readonly isForced: boolean;
}

/** The rejections that hold for instances of these UIDs. */
export async function findRejections(
  trx: Transaction,
  sopInstanceUids: readonly string[],
): Promise<RejectionInForce[]> {
  const rows = await trx
    .selectFrom('rejection')
    .innerJoin('quarantine', 'quarantine.quarantineId', 'rejection.quarantineId')
    .innerJoin('instance as note', 'note.instanceKey', 'quarantine.instanceKey')
    .select(['rejection.quarantineId', 'quarantine.instanceKey as noteKey', 'quarantine.reason'])
    .select(['studyInstanceUid', 'rejection.sopInstanceUid', 'titleCode as code', 'title'])
    .select(['rejection.callingAe', 'note.receivedAt as notedAt'])
    .where('rejection.sopInstanceUid', 'in', sopInstanceUids)
    .where('quarantine.state', '=', 'adopted')
    .where('liftedAt', 'is', null)
    .execute();
  return rows.map(({ reason, ...row }) => ({ ...row, isForced: reason === 'note-not-permitted' }));
}

export interface ArrivalVerdict {
  /** Why it is withdrawn as it arrives, else undefined. */
  readonly withdrawnBy: string | undefined;
  /** Rejections that let it come back. */
  readonly lifted: readonly RejectionInForce[];
  /** Notes of peers that may not reject what this sender sends. */
  readonly denied: readonly RejectionInForce[];
}

/** Whether a rejection lets a copy be seen: one that came after it, where only the retention had expired. */
export function letsBack(rejection: RejectionInForce, receivedAt: Date): boolean {
  return !hidesLaterCopies(rejection.code) && receivedAt >= rejection.notedAt;
}

/** What the notes that came before say of an instance that arrives. */
export function judgeArrival(
  rejections: readonly RejectionInForce[],
  record: Pick<InstanceRecord, 'attributes' | 'callingAe' | 'receivedAt'>,
  dicom: Pick<Config['dicom'], 'peers'>,
): ArrivalVerdict {
  const { sopInstanceUid, studyInstanceUid } = record.attributes;
  const named = rejections.filter(
    (each) => each.sopInstanceUid === sopInstanceUid && each.studyInstanceUid === studyInstanceUid,
  );
  const lasting = named.filter((each) => !letsBack(each, record.receivedAt));
  const holds = (each: RejectionInForce) =>
    each.isForced || mayReject(dicom, each.callingAe, record.callingAe);
  const by = lasting.find(holds);
  return {
    withdrawnBy: by === undefined ? undefined : withdrawnBy(by.title),
    lifted: named.filter((each) => letsBack(each, record.receivedAt)),
    denied: by === undefined ? lasting : [],
  };
}

export function withdrawnBy(title: string): string {
  return `withdrawn by rejection note: ${title}`;
}

export async function liftRejections(
  trx: Transaction,
  lifted: readonly RejectionInForce[],
): Promise<void> {
  for (const { quarantineId, studyInstanceUid, sopInstanceUid } of lifted) {
    await trx
      .updateTable('rejection')
      .set({ liftedAt: new Date() })
      .where('quarantineId', '=', quarantineId)
      .where('studyInstanceUid', '=', studyInstanceUid)
      .where('sopInstanceUid', '=', sopInstanceUid)
      .execute();
  }
}

interface NamedRow {
  readonly instanceKey: string;
  readonly studyInstanceUid: string;
  readonly sopInstanceUid: string;
  readonly kind: 'image' | 'object';
  readonly callingAe: string;
}

/** The current instances that a note names, each in the study that it is named in. */
async function findNamed(
  trx: Transaction,
  instances: RejectionNote['instances'],
): Promise<NamedRow[]> {
  if (instances.length === 0) return [];
  const rows = await trx
    .selectFrom('instance')
    .innerJoin('study', 'study.studyKey', 'instance.studyKey')
    .select(['instanceKey', 'studyInstanceUid', 'sopInstanceUid', 'kind', 'callingAe'])
    .where('sopInstanceUid', '=', ({ fn, val }) =>
      fn.any(val(instances.map((instance) => instance.sopInstanceUid))),
    )
    .where('standing', '=', 'current')
    .execute();
  const named = new Set(instances.map((each) => `${each.studyInstanceUid} ${each.sopInstanceUid}`));
  return rows.filter((row) => named.has(`${row.studyInstanceUid} ${row.sopInstanceUid}`));
}

export interface Withdrawal {
  readonly studies: ReadonlyMap<string, LockedStudy>;
  readonly book: EffectBook;
}

/**
 * Takes the instances that a note names out of use. They stay kept.
 * @returns how many
 */
export async function withdrawNamed(
  trx: Transaction,
  note: Pick<RejectionNote, 'instances' | 'title'>,
  { studies, book }: Withdrawal,
): Promise<number> {
  const rows = await findNamed(trx, note.instances);
  const held = rows.filter((row) => studies.has(row.studyInstanceUid));
  await trx
    .updateTable('instance')
    .set({
      standing: nextStanding('current', 'withdrawn'),
      standingReason: withdrawnBy(note.title),
    })
    .where('instanceKey', '=', ({ fn, val }) => fn.any(val(held.map((row) => row.instanceKey))))
    .execute();
  for (const row of held) {
    const study = studies.get(row.studyInstanceUid);
    if (study === undefined) continue;
    const effects = book.of(study);
    if (row.kind === 'image') effects.lost.push(row.sopInstanceUid);
    else effects.touched = true;
  }
  return held.length;
}

/** Writes a note into the books: obeyed, or held back for an administrator. */
async function recordNote(
  trx: Transaction,
  note: RejectionNote,
  by: { noteKey: string; callingAe: string; permitted: boolean },
): Promise<void> {
  const decided = by.permitted
    ? ({ state: 'adopted', decidedBy: `AE ${by.callingAe}`, decidedAt: new Date() } as const)
    : ({ state: 'waiting' } as const);
  const { quarantineId } = await trx
    .insertInto('quarantine')
    .values({
      kind: 'rejection-note',
      instanceKey: by.noteKey,
      reason: by.permitted ? 'note-permitted' : 'note-not-permitted',
      differences: '[]',
      ...decided,
    })
    .returning('quarantineId')
    .executeTakeFirstOrThrow();
  const rows = note.instances.map((instance) => ({
    ...instance,
    quarantineId,
    titleCode: note.code,
    title: note.title,
    callingAe: by.callingAe,
  }));
  // Postgres takes 65,535 parameters a statement.
  for (let start = 0; start < rows.length; start += 5_000) {
    await trx
      .insertInto('rejection')
      .values(rows.slice(start, start + 5_000))
      .execute();
  }
}

/** Obeys a rejection note, or holds it back when its sender may not reject every instance that it names. */
export async function applyNote(
  trx: Transaction,
  arrived: { note: RejectionNote; record: InstanceRecord; noteKey: string },
  by: Withdrawal & { dicom: Pick<Config['dicom'], 'peers'> },
): Promise<void> {
  const { note, record, noteKey } = arrived;
  const { callingAe } = record;
  const named = await findNamed(trx, note.instances);
  const isRefused = by.dicom.peers.some(
    (peer) => peer.aeTitle === callingAe && peer.mayReject === false,
  );
  const permitted =
    !isRefused && named.every((row) => mayReject(by.dicom, callingAe, row.callingAe));
  await recordNote(trx, note, { noteKey, callingAe, permitted });
  const withdrawn = permitted ? await withdrawNamed(trx, note, by) : 0;
  await appendAudit(trx, {
    actor: `AE ${callingAe}`,
    action: permitted ? 'rejection.applied' : 'rejection.denied',
    studyInstanceUid: record.attributes.studyInstanceUid,
    details: {
      note: record.attributes.sopInstanceUid,
      title: note.title,
      named: note.instances.length,
      withdrawn,
    },
  });
}

/** An image that a note named before it came, from a sender that the note's may not speak for: somebody has to look. */
export async function holdBackNote(
  trx: Transaction,
  { noteKey, code, title, studyInstanceUid, sopInstanceUid, callingAe }: RejectionInForce,
): Promise<void> {
  const note = { code, title, instances: [{ studyInstanceUid, sopInstanceUid }] };
  await recordNote(trx, note, { noteKey, callingAe, permitted: false });
  const details = { sopInstanceUid, title };
  const actor = `AE ${callingAe}`;
  await appendAudit(trx, { actor, action: 'rejection.denied', studyInstanceUid, details });
}
