import { type Expression, type ExpressionBuilder, type SqlBool, sql } from 'kysely';
import { z } from 'zod';
import type { Database } from '#platform/database/connect.ts';
import type { DatabaseSchema } from '#platform/database/schema.ts';
import type { StudyRow } from '../list/study-item.ts';

/** Query keys by keyword; a tag in hexadecimal is the same (PS3.18 8.3.4.1). */
const KEYWORDS: Readonly<Record<string, string>> = {
  '00080020': 'StudyDate',
  '00080050': 'AccessionNumber',
  '00080061': 'ModalitiesInStudy',
  '00100010': 'PatientName',
  '00100020': 'PatientID',
  '0020000D': 'StudyInstanceUID',
};

const MAX_LIMIT = 1000;
const text = z.string().max(1024).optional();
const date = z
  .string()
  .regex(/^(\d{8}|\d{8}-|-\d{8}|\d{8}-\d{8})$/, 'a date, or a range of dates, YYYYMMDD-YYYYMMDD')
  .optional();
const studyQuerySchema = z.object({
  limit: z.coerce
    .number()
    .int()
    .min(0)
    .default(100)
    .transform((limit) => Math.min(limit, MAX_LIMIT)),
  offset: z.coerce.number().int().min(0).default(0),
  StudyInstanceUID: z
    .string()
    .regex(/^[0-9.,\\]{1,4096}$/)
    .optional(),
  PatientID: text,
  PatientName: text,
  AccessionNumber: text,
  ModalitiesInStudy: text,
  StudyDate: date,
});
export type StudyQuery = z.output<typeof studyQuerySchema>;

/** @throws ZodError naming what cannot be searched by; keys that are not known are left out of the search */
export function parseStudyQuery(
  query: Readonly<Record<string, string | readonly string[]>>,
): StudyQuery {
  const named = Object.entries(query).map(([name, value]) => {
    const keyword = KEYWORDS[name.toUpperCase()] ?? name;
    return [keyword, typeof value === 'string' ? value : value.join(',')];
  });
  return studyQuerySchema.parse(Object.fromEntries(named));
}

/** DICOM's wildcards (PS3.4 C.2.2.2.4): `*` any text, `?` one character; all else means itself. */
function matchText(column: 'patientId' | 'patientName' | 'accessionNumber', value: string) {
  const pattern = value
    .replaceAll(/[\\%_]/g, '\\$&')
    .replaceAll('*', '%')
    .replaceAll('?', '_');
  const reference = sql.ref(`study.${column}`);
  // Names match whatever their case (PS3.4 C.2.2.2.1); ids do not.
  return column === 'patientName'
    ? sql<SqlBool>`${reference} ILIKE ${pattern}`
    : sql<SqlBool>`${reference} LIKE ${pattern}`;
}

function matchDate(value: string): Expression<SqlBool> {
  const [from = '', until = from] = value.includes('-') ? value.split('-') : [value, value];
  return sql<SqlBool>`study.study_date >= ${from} AND (${until} = '' OR study.study_date <= ${until})`;
}

function buildFilter(query: StudyQuery) {
  return (where: ExpressionBuilder<DatabaseSchema, 'study'>) => {
    const conditions: Expression<SqlBool>[] = [];
    const { StudyInstanceUID, PatientID, PatientName, AccessionNumber, StudyDate } = query;
    if (StudyInstanceUID !== undefined) {
      conditions.push(where('studyInstanceUid', 'in', StudyInstanceUID.split(/[,\\]/)));
    }
    if (PatientID !== undefined) conditions.push(matchText('patientId', PatientID));
    if (PatientName !== undefined) conditions.push(matchText('patientName', PatientName));
    if (AccessionNumber !== undefined) {
      conditions.push(matchText('accessionNumber', AccessionNumber));
    }
    if (StudyDate !== undefined) conditions.push(matchDate(StudyDate));
    if (query.ModalitiesInStudy !== undefined) {
      conditions.push(
        where.exists(
          where
            .selectFrom('instance')
            .select('instance.instanceKey')
            .whereRef('instance.studyKey', '=', 'study.studyKey')
            .where('instance.standing', '=', 'current')
            .where('instance.modality', 'in', query.ModalitiesInStudy.split(/[,\\]/)),
        ),
      );
    }
    return where.and(conditions);
  };
}

/** The newest first. */
export async function searchStudies(database: Database, query: StudyQuery): Promise<StudyRow[]> {
  return database
    .selectFrom('study')
    .selectAll('study')
    .where(buildFilter(query))
    .orderBy('receivedAt', 'desc')
    .orderBy('studyKey', 'desc')
    .limit(query.limit)
    .offset(query.offset)
    .execute();
}
