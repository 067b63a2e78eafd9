import type { Kysely, Selectable } from 'kysely';
import { RadTriageError } from '#core/errors.ts';
import { nextStanding, type StandingEvent } from '#core/instance-standing.ts';
import type { QuarantineDecision } from '#core/quarantine-state.ts';
import { readSourceAttributes } from '#dicom/pixels/source-header.ts';
import type { BlobStore } from '#platform/blob-store/blob-store.ts';
import type { Database } from '#platform/database/connect.ts';
import type { DatabaseSchema } from '#platform/database/schema.ts';
import type { InstanceTable, QuarantineTable } from '#platform/database/study-tables.ts';
import { type InstanceRecord, type SiteRules, studyAttributes } from '../instance-record.ts';
import { correctedColumns } from './corrected-columns.ts';
import type { LockedStudy } from './lock-studies.ts';
import type { EffectBook } from './settle-study.ts';

export type Transaction = Kysely<DatabaseSchema>;
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
export interface Case extends Decision, DecisionSurroundings {
  readonly trx: Transaction;
  readonly entry: Selectable<QuarantineTable>;
  readonly studies: ReadonlyMap<string, LockedStudy>;
  readonly book: EffectBook;
}

export function noSuchEntry(): RadTriageError {
  return new RadTriageError('NOT_FOUND', 'there is no such entry in quarantine');
}

export function illegal(message: string): RadTriageError {
  return new RadTriageError('ILLEGAL_TRANSITION', message);
}

/** Instances with the UID of their study. */
export function instancesWithStudy(trx: Transaction) {
  return trx
    .selectFrom('instance')
    .innerJoin('study', 'study.studyKey', 'instance.studyKey')
    .selectAll('instance')
    .select('study.studyInstanceUid');
}

export async function readRow(trx: Transaction, instanceKey: string): Promise<InstanceRow> {
  const row = await instancesWithStudy(trx)
    .where('instanceKey', '=', instanceKey)
    .executeTakeFirst();
  if (row === undefined) throw noSuchEntry();
  return row;
}

export async function findCurrent(
  trx: Transaction,
  sopInstanceUid: string,
): Promise<InstanceRow | undefined> {
  return instancesWithStudy(trx)
    .where('sopInstanceUid', '=', sopInstanceUid)
    .where('standing', '=', 'current')
    .executeTakeFirst();
}

export async function move(
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

export function studyOf({ studies }: Case, row: InstanceRow): LockedStudy {
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
export function noteExchange(
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
