import { nextQuarantineState, type QuarantineState } from '#core/quarantine-state.ts';
import { appendAudit } from '#platform/audit-log/audit-log.ts';
import type { Database } from '#platform/database/connect.ts';
import { lockStudies } from './lock-studies.ts';
import { whyReplaced } from './plan-records.ts';
import {
  type Case,
  type Decision,
  type DecisionSurroundings,
  findCurrent,
  illegal,
  instancesWithStudy,
  move,
  noSuchEntry,
  noteExchange,
  readRow,
  studyOf,
  type Transaction,
} from './quarantine-case.ts';
import { findRejections, withdrawNamed } from './rejections.ts';
import { EffectBook, settleStudies } from './settle-study.ts';

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
    const row = await instancesWithStudy(trx)
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
