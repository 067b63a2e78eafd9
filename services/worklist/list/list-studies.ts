import { type ExpressionBuilder, sql } from 'kysely';
import type { Worklist, WorklistQuery } from '#contracts/study.ts';
import type { Database } from '#platform/database/connect.ts';
import type { DatabaseSchema } from '#platform/database/schema.ts';
import { orderByTriage } from '#platform/study-store/order-by-triage.ts';
import { toWorklistItems } from './study-item.ts';

const DEFAULT_READING_STATUSES = ['unread', 'open'] as const;

/** `%` and `_` in what was typed mean themselves. */
function toPattern(search: string): string {
  return `%${search.trim().replaceAll(/[\\%_]/g, '\\$&')}%`;
}

/** Names are kept as DOE^JANE and typed as "doe jane" or "Doe, Jane". */
function toNamePattern(search: string): string {
  return toPattern(search.replaceAll(/[\s,^]+/g, ' '));
}

function buildFilter(query: WorklistQuery) {
  return (where: ExpressionBuilder<DatabaseSchema, 'study'>) => {
    const { status = [], priority = [], readingStatus = [], modality, flagged, search } = query;
    const reading = readingStatus.length === 0 ? DEFAULT_READING_STATUSES : readingStatus;
    const conditions = [where('readingStatus', 'in', reading)];
    if (status.length > 0) conditions.push(where('status', 'in', status));
    if (priority.length > 0) conditions.push(where('priority', 'in', priority));
    if (modality !== undefined) conditions.push(where('modality', '=', modality));
    if (flagged !== undefined) conditions.push(where('flagged', '=', flagged === 'true'));
    if (search !== undefined && search.trim() !== '') {
      const pattern = toPattern(search);
      conditions.push(
        where.or([
          sql<boolean>`translate(patient_name, '^', ' ') ILIKE ${toNamePattern(search)}`,
          where('patientId', 'ilike', pattern),
          where('accessionNumber', 'ilike', pattern),
        ]),
      );
    }
    return where.and(conditions);
  };
}

/** A page of the worklist in triage order at the time `now`. */
export async function listStudies(
  database: Database,
  query: WorklistQuery,
  now: Date,
): Promise<Worklist> {
  const filter = buildFilter(query);
  const studies = database.selectFrom('study').selectAll('study').where(filter);
  const [rows, counted] = await Promise.all([
    orderByTriage(studies, now).limit(query.limit).offset(query.offset).execute(),
    database
      .selectFrom('study')
      .select(({ fn }) => fn.countAll<string>().as('total'))
      .where(filter)
      .executeTakeFirstOrThrow(),
  ]);
  const total = Number(counted.total);
  const next = query.offset + rows.length;
  return {
    items: await toWorklistItems(database, rows, now),
    total,
    nextOffset: rows.length > 0 && next < total ? next : null,
    generatedAt: now.toISOString(),
  };
}
