import type { Kysely, Selectable } from 'kysely';
import { RadTriageError } from '#core/errors.ts';
import { nextStanding, type StandingEvent } from '#core/instance-standing.ts';
import {
  nextQuarantineState,
  type QuarantineDecision,
  type QuarantineState,
} from '#core/quarantine-state.ts';
import { readSourceAttributes } from '#dicom/pixels/source-header.ts';
import { appendAudit } from '#platform/audit-log/audit-log.ts';
import type { BlobStore } from '#platform/blob-store/blob-store.ts';
import type { Database } from '#platform/database/connect.ts';
import type { DatabaseSchema } from '#platform/database/schema.ts';
import type { InstanceTable, QuarantineTable } from '#platform/database/study-tables.ts';
import { type InstanceRecord, type SiteRules, studyAttributes } from '../instance-record.ts';
import { correctedColumns } from './corrected-columns.ts';
import { type LockedStudy, lockStudies } from './lock-studies.ts';
import { whyReplaced } from './plan-records.ts';
import { findRejections, withdrawNamed } from './rejections.ts';
import { EffectBook, settleStudies } from './settle-study.ts';

type Transaction = Kysely<DatabaseSchema>;
type InstanceRow = Selectable<InstanceTable> & { studyInstanceUid: string };

export interface Decision {
  readonly quarantineId: string;
  readonly decision: QuarantineDecision;
  /** Account or operator. */
  readonly actor: string;
  /** For the audit log; never patient data. */
  readonly reason: string;
}

export interface DecisionSurroundings {
  readonly database: Database;
  readonly blobs: Pick<BlobStore, 'locate'>;
  readonly rules: SiteRules;
}

/** What a decision is carried out on, locked. */
interface Case extends Decision, DecisionSurroundings {
  readonly trx: Transaction;
  readonly entry: Selectable<QuarantineTable>;
  readonly studies: ReadonlyMap<string, LockedStudy>;
  readonly book: EffectBook;
}

function noSuchEntry(): RadTriageError {
  return new RadTriageError('NOT_FOUND', 'there is no such entry in quarantine');
}

function illegal(message: string): RadTriageError {
  return new RadTriageError('ILLEGAL_TRANSITION', message);
}

async function readRow(trx: Transaction, instanceKey: string): Promise<InstanceRow> {
  const row = await trx
    .selectFrom('instance')
    .innerJoin('study', 'study.studyKey', 'instance.studyKey')
    .selectAll('instance')
    .select('study.studyInstanceUid')
    .where('instanceKey', '=', instanceKey)
    .executeTakeFirst();
  if (row === undefined) throw noSuchEntry();
  return row;
}

async function findCurrent(
  trx: Transaction,
  sopInstanceUid: string,
): Promise<InstanceRow | undefined> {
  return trx
    .selectFrom('instance')
    .innerJoin('study', 'study.studyKey', 'instance.studyKey')
    .selectAll('instance')
    .select('study.studyInstanceUid')
    .where('sopInstanceUid', '=', sopInstanceUid)
    .where('standing', '=', 'current')
    .executeTakeFirst();
}

async function move(
  trx: Transaction,
  row: InstanceRow,
  to: { event: StandingEvent; reason: string | null },
): Promise<void> {
  await trx
    .updateTable('instance')
    .set({ standing: nextStanding(row.standing, to.event), standingReason: to.reason })
    .where('instanceKey', '=', row.instanceKey)
    .execute();
}

/** Every study that a decision may touch. Read before they are locked: none of them changes. */
async function findStudies(database: Database, quarantineId: string): Promise<string[]> {
  const entry = await database
    .selectFrom('quarantine')
    .innerJoin('instance', 'instance.instanceKey', 'quarantine.instanceKey')
    .select(['sopInstanceUid', 'quarantine.kind'])
    .where('quarantineId', '=', quarantineId)
    .executeTakeFirst();
  if (entry === undefined) throw noSuchEntry();
  const holders = await database
    .selectFrom('instance')
    .innerJoin('study', 'study.studyKey', 'instance.studyKey')
    .select('studyInstanceUid')
    .distinct()
    .where('sopInstanceUid', '=', entry.sopInstanceUid)
    .execute();
  const named = await database
    .selectFrom('rejection')
    .select('studyInstanceUid')
    .distinct()
    .where('quarantineId', '=', quarantineId)
    .execute();
  return [...holders, ...named].map((row) => row.studyInstanceUid);
}

function studyOf({ studies }: Case, row: InstanceRow): LockedStudy {
  const study = studies.get(row.studyInstanceUid);
  if (study === undefined) throw illegal('the instance moves just now: try again');
  return study;
}

function recordOf(row: InstanceRow, { blobs }: Case): InstanceRecord {
  const { blobPath, dataSetOffset, transferSyntaxUid, sha256, callingAe, receivedAt } = row;
  const source = { path: blobs.locate(blobPath), dataSetOffset, transferSyntaxUid };
  return {
    attributes: readSourceAttributes(source),
    blobPath,
    sha256,
    fileBytes: Number(row.fileBytes),
    dataSetOffset,
    callingAe,
    receivedAt,
  };
}

/** One content takes the place of another: the studies follow it. Either may be missing. */
function noteExchange(
  on: Case,
  gone: InstanceRow | undefined,
  come: InstanceRow | undefined,
): void {
  const { book, rules } = on;
  const isWithin = gone !== undefined && come !== undefined && gone.studyKey === come.studyKey;
  if (gone !== undefined && !isWithin) {
    const effects = book.of(studyOf(on, gone));
    if (gone.kind === 'image') effects.lost.push(gone.sopInstanceUid);
    else effects.touched = true;
  }
  if (come === undefined) return;
  const effects = book.of(studyOf(on, come));
  if (come.kind !== 'image') {
    effects.touched = true;
    return;
  }
  const record = recordOf(come, on);
  const { study } = effects;
  if (isWithin) {
    effects.changed.push(come.sopInstanceUid);
    const before = recordOf(gone, on).attributes;
    effects.patch = { ...effects.patch, ...correctedColumns(study, { before, record }, rules) };
    return;
  }
  if (study.imageCount + effects.gained === 0) {
    effects.patch = studyAttributes(record, study.receivedAt, rules);
  }
  effects.gained += 1;
}

async function adoptInstance(on: Case): Promise<string | null> {
  const { trx, entry } = on;
  const newer = await readRow(trx, entry.instanceKey);
  const current = await findCurrent(trx, newer.sopInstanceUid);
  const rejected = await findRejections(trx, [newer.sopInstanceUid]);
  if (rejected.some((each) => each.studyInstanceUid === newer.studyInstanceUid)) {
    throw illegal('a rejection note names this instance: undo the note first');
  }
  if (current !== undefined) {
    const reason = whyReplaced(studyOf(on, current), studyOf(on, newer));
    await move(trx, current, { event: 'replaced', reason });
  }
  await move(trx, newer, { event: 'adopted', reason: null });
  noteExchange(on, current, newer);
  return current?.instanceKey ?? null;
}

async function undoAdoption(on: Case): Promise<void> {
  const { trx, entry } = on;
  const newer = await readRow(trx, entry.instanceKey);
  if (newer.standing !== 'current') {
    throw illegal('a newer version has taken its place, or it was withdrawn');
  }
  const { replacedInstanceKey } = entry;
  const before = replacedInstanceKey === null ? undefined : await readRow(trx, replacedInstanceKey);
  await move(trx, newer, { event: 'undone', reason: null });
  if (before !== undefined) await move(trx, before, { event: 'reinstated', reason: null });
  noteExchange(on, newer, before);
}

async function decideInstance(on: Case): Promise<string | null> {
  const { trx, entry, decision, reason } = on;
  if (decision === 'adopt') return adoptInstance(on);
  if (entry.state === 'adopted') {
    await undoAdoption(on);
    return null;
  }
  const row = await readRow(trx, entry.instanceKey);
  const isDismissed = decision === 'dismiss';
  const event = isDismissed ? 'dismissed' : 'undone';
  await move(trx, row, { event, reason: isDismissed ? reason : null });
  return null;
}

async function readRejections(trx: Transaction, quarantineId: string) {
  return trx
    .selectFrom('rejection')
    .select(['studyInstanceUid', 'sopInstanceUid', 'title'])
    .where('quarantineId', '=', quarantineId)
    .where('liftedAt', 'is', null)
    .execute();
}

/** Gives back what a note took away, unless another note still names it or another content has taken its place. */
async function giveBack(on: Case): Promise<void> {
  const { trx, quarantineId } = on;
  const named = await readRejections(trx, quarantineId);
  const uids = named.map((each) => each.sopInstanceUid);
  if (uids.length === 0) return;
  const still = await findRejections(trx, uids);
  const others = still.filter((each) => each.quarantineId !== quarantineId);
  for (const { studyInstanceUid, sopInstanceUid } of named) {
    const isNamed = others.some(
      (each) =>
        each.sopInstanceUid === sopInstanceUid && each.studyInstanceUid === studyInstanceUid,
    );
    if (isNamed || (await findCurrent(trx, sopInstanceUid)) !== undefined) continue;
    const row = await trx
      .selectFrom('instance')
      .innerJoin('study', 'study.studyKey', 'instance.studyKey')
      .selectAll('instance')
      .select('study.studyInstanceUid')
      .where('sopInstanceUid', '=', sopInstanceUid)
      .where('study.studyInstanceUid', '=', studyInstanceUid)
      .where('standing', '=', 'withdrawn')
      .orderBy('instance.receivedAt', 'desc')
      .limit(1)
      .executeTakeFirst();
    if (row === undefined) continue;
    await move(trx, row, { event: 'reinstated', reason: null });
    noteExchange(on, undefined, row);
  }
}

async function decideNote(on: Case): Promise<null> {
  const { trx, entry, decision, quarantineId, studies, book } = on;
  if (decision === 'undo' && entry.state === 'adopted') await giveBack(on);
  if (decision === 'adopt') {
    const instances = await readRejections(trx, quarantineId);
    const title = instances[0]?.title ?? '';
    await withdrawNamed(trx, { instances, title }, { studies, book });
  }
  return null;
}

async function lockEntry(trx: Transaction, quarantineId: string) {
  const entry = await trx
    .selectFrom('quarantine')
    .selectAll()
    .where('quarantineId', '=', quarantineId)
    .forUpdate()
    .executeTakeFirst();
  if (entry === undefined) throw noSuchEntry();
  return entry;
}

const ACTIONS = { adopt: 'adopted', dismiss: 'dismissed', undo: 'undone' } as const;

/**
 * Carries out an administrator's word on what waits in quarantine: standing, studies, results, books and audit entry in
 * one transaction. Adopting makes the newer content current and has its study analysed anew, or withdraws what a note
 * names; dismissing keeps it, marked; undoing takes either back.
 * @throws RadTriageError NOT_FOUND, ILLEGAL_TRANSITION (decided already, or overtaken), STORAGE_FAILED
 */
export async function decideQuarantine(
  surroundings: DecisionSurroundings,
  given: Decision,
): Promise<QuarantineState> {
  const { database, rules } = surroundings;
  const { quarantineId, decision, actor, reason } = given;
  const uids = await findStudies(database, quarantineId);
  return database.transaction().execute(async (trx) => {
    const locked = await lockStudies(trx, uids);
    const studies = new Map(locked.map((study) => [study.studyInstanceUid, study]));
    const entry = await lockEntry(trx, quarantineId);
    const state = nextQuarantineState(entry.state, decision);
    const book = new EffectBook();
    const on = { ...surroundings, ...given, trx, entry, studies, book };
    const decide = entry.kind === 'instance' ? decideInstance : decideNote;
    const replacedInstanceKey = await decide(on);
    await settleStudies(trx, book, rules.rule);
    const decided = { decidedBy: actor, decidedAt: new Date(), decisionReason: reason };
    await trx
      .updateTable('quarantine')
      .set({ state, replacedInstanceKey, ...decided })
      .where('quarantineId', '=', quarantineId)
      .execute();
    const { sopInstanceUid, studyInstanceUid } = await readRow(trx, entry.instanceKey);
    await appendAudit(trx, {
      actor,
      action: `quarantine.${ACTIONS[decision]}`,
      studyInstanceUid,
      details: { quarantineId, kind: entry.kind, sopInstanceUid, reason },
    });
    return state;
  });
}
