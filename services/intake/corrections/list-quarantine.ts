import type { Kysely } from 'kysely';
import type { QuarantineReason, QuarantineState } from '#core/quarantine-state.ts';
import type { DatabaseSchema } from '#platform/database/schema.ts';

type Reader = Kysely<DatabaseSchema>;

/** One content of an instance, as a person tells it from another. */
export interface QuarantinedContent {
  readonly instanceKey: string;
  readonly studyInstanceUid: string;
  readonly sopInstanceUid: string;
  readonly kind: 'image' | 'object';
  readonly standing: string;
  readonly modality: string | null;
  readonly callingAe: string;
  readonly receivedAt: Date;
  readonly sha256: string;
  readonly fileBytes: number;
  readonly blobPath: string;
  readonly dataSetOffset: number;
  readonly transferSyntaxUid: string;
}

export interface QuarantineEntry {
  readonly quarantineId: string;
  readonly kind: 'instance' | 'rejection-note';
  readonly reason: QuarantineReason;
  readonly differences: readonly string[];
  readonly state: QuarantineState;
  readonly arrivedAt: Date;
  readonly decidedBy: string | null;
  readonly decidedAt: Date | null;
  readonly decisionReason: string | null;
  /** The content held back, or the note. */
  readonly arrived: QuarantinedContent;
  /** What is current under the same UID, or was until it was adopted. */
  readonly kept: QuarantinedContent | null;
  /** Of a note: its title, and what it names. */
  readonly note: { readonly title: string; readonly named: number } | null;
}

async function readContents(
  database: Reader,
  keys: readonly string[],
): Promise<Map<string, QuarantinedContent>> {
  if (keys.length === 0) return new Map();
  const rows = await database
    .selectFrom('instance')
    .innerJoin('study', 'study.studyKey', 'instance.studyKey')
    .select(['instanceKey', 'studyInstanceUid', 'sopInstanceUid', 'kind', 'standing'])
    .select(['instance.modality', 'callingAe', 'instance.receivedAt', 'sha256', 'fileBytes'])
    .select(['blobPath', 'dataSetOffset', 'transferSyntaxUid'])
    .where('instanceKey', 'in', keys)
    .execute();
  return new Map(
    rows.map((row) => [row.instanceKey, { ...row, fileBytes: Number(row.fileBytes) }]),
  );
}

/** Per SOP Instance UID, the key of what is current. */
async function readCurrent(database: Reader, uids: readonly string[]) {
  if (uids.length === 0) return new Map<string, string>();
  const rows = await database
    .selectFrom('instance')
    .select(['instanceKey', 'sopInstanceUid'])
    .where('sopInstanceUid', 'in', uids)
    .where('standing', '=', 'current')
    .execute();
  return new Map(rows.map((row) => [row.sopInstanceUid, row.instanceKey]));
}

async function readNotes(database: Reader, ids: readonly string[]) {
  if (ids.length === 0) return new Map<string, { title: string; named: number }>();
  const rows = await database
    .selectFrom('rejection')
    .select(({ fn }) => ['quarantineId', 'title', fn.countAll<string>().as('named')])
    .where('quarantineId', 'in', ids)
    .groupBy(['quarantineId', 'title'])
    .execute();
  return new Map(
    rows.map(({ quarantineId, title, named }) => [quarantineId, { title, named: Number(named) }]),
  );
}

export interface QuarantineFilter {
  readonly states: readonly QuarantineState[];
  readonly limit: number;
  readonly quarantineId?: string | undefined;
}

/** What waits, or what was decided, the newest first. */
export async function listQuarantine(
  database: Reader,
  { states, limit, quarantineId }: QuarantineFilter,
): Promise<QuarantineEntry[]> {
  let select = database.selectFrom('quarantine').selectAll().where('state', 'in', states);
  if (quarantineId !== undefined) select = select.where('quarantineId', '=', quarantineId);
  const rows = await select.orderBy('quarantineId', 'desc').limit(limit).execute();
  const arrived = await readContents(
    database,
    rows.map((row) => row.instanceKey),
  );
  const uids = [...arrived.values()].map((content) => content.sopInstanceUid);
  const current = await readCurrent(database, uids);
  const replaced = rows.flatMap((row) => row.replacedInstanceKey ?? []);
  const kept = await readContents(database, [...current.values(), ...replaced]);
  const notes = await readNotes(
    database,
    rows.map((row) => row.quarantineId),
  );
  return rows.flatMap(({ instanceKey, replacedInstanceKey, ...row }) => {
    const content = arrived.get(instanceKey);
    if (content === undefined) return [];
    const now = replacedInstanceKey ?? current.get(content.sopInstanceUid);
    const isInstance = row.kind === 'instance' && now !== undefined && now !== instanceKey;
    return {
      ...row,
      arrived: content,
      kept: isInstance ? (kept.get(now) ?? null) : null,
      note:
        row.kind === 'instance' ? null : (notes.get(row.quarantineId) ?? { title: '', named: 0 }),
    };
  });
}

/** How much waits for an administrator: contents held back, and notes that were not obeyed. */
export async function countQuarantine(
  database: Reader,
): Promise<{ instances: number; notes: number; oldest: Date | null }> {
  const row = await database
    .selectFrom('quarantine')
    .select(({ fn }) => [
      fn.countAll<string>().filterWhere('kind', '=', 'instance').as('instances'),
      fn.countAll<string>().filterWhere('kind', '=', 'rejection-note').as('notes'),
      fn.min('arrivedAt').as('oldest'),
    ])
    .where('state', '=', 'waiting')
    .executeTakeFirstOrThrow();
  return { instances: Number(row.instances), notes: Number(row.notes), oldest: row.oldest };
}
