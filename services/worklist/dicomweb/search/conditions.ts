import { type RawBuilder, type SqlBool, sql } from 'kysely';
import { matchName } from './name-conditions.ts';
import type { Match } from './parse-query.ts';
import type { QueryKey } from './query-keys.ts';
import { readRange } from './query-values.ts';
import { hasWildcard, literalPrefix, toPattern } from './wildcards.ts';

type Condition = RawBuilder<SqlBool>;

/** As in the indexes (migration 018): whatever an object holds has to fit into them. */
const INDEXED_CHARACTERS = 64;

function columnOf({ level, column }: QueryKey): RawBuilder<string> {
  return sql.ref(`${level === 'study' ? 'study' : 'instance'}.${column}`);
}

/** Ids and descriptions: case counts. */
function matchText(key: QueryKey, value: string): Condition {
  const column = columnOf(key);
  const exact = hasWildcard(value)
    ? sql<SqlBool>`${column} LIKE ${toPattern(value)}`
    : sql<SqlBool>`${column} = ${value}`;
  const prefix = literalPrefix(value);
  if (key.indexed === undefined || prefix === '') return exact;
  const start = sql`left(${column}, ${sql.lit(INDEXED_CHARACTERS)})`;
  const shortened = prefix.slice(0, INDEXED_CHARACTERS);
  const isWhole = !hasWildcard(value) && value.length <= INDEXED_CHARACTERS;
  // Two ways to say it: the first is what the index answers.
  return isWhole
    ? sql<SqlBool>`(${start} = ${value} AND ${exact})`
    : sql<SqlBool>`(${start} LIKE ${`${toPattern(shortened)}%`} AND ${exact})`;
}

function matchDate(key: QueryKey, value: string): Condition {
  const { from, until } = readRange(value);
  const column = columnOf(key);
  const compared =
    key.indexed === undefined ? column : sql`left(${column}, ${sql.lit(INDEXED_CHARACTERS)})`;
  if (from === until) return sql<SqlBool>`${compared} = ${from}`;
  // Digits alone are compared: ~>=~ goes by bytes, as the index does.
  const ends = [
    ...(from === '' ? [] : [sql<SqlBool>`${compared} ~>=~ ${from}`]),
    ...(until === '' ? [] : [sql<SqlBool>`${compared} ~<=~ ${until}`]),
  ];
  return sql<SqlBool>`(${sql.join(ends, sql` AND `)})`;
}

/** An end that names no seconds means the whole minute, and so on (PS3.4 C.2.2.2.5.2). */
function matchTime(key: QueryKey, value: string): Condition {
  const { from, until } = readRange(value);
  const padded = sql`rpad(${columnOf(key)}, 6, '0')`;
  const ends = [
    ...(from === '' ? [] : [sql<SqlBool>`${padded} ~>=~ ${from}`]),
    ...(until === ''
      ? []
      : [sql<SqlBool>`left(${padded}, ${sql.lit(until.length)}) ~<=~ ${until}`]),
  ];
  return sql<SqlBool>`(${sql.join(ends, sql` AND `)})`;
}

/** ModalitiesInStudy: of any current instance; wildcards are taken too. @param visible what the reading mode lets out */
function matchModalities(values: readonly string[], visible: Condition): Condition {
  const plain = values.filter((value) => !hasWildcard(value));
  const either = [
    ...(plain.length === 0 ? [] : [sql<SqlBool>`instance.modality = ANY(${plain})`]),
    ...values
      .filter(hasWildcard)
      .map((value) => sql<SqlBool>`instance.modality LIKE ${toPattern(value)}`),
  ];
  return sql<SqlBool>`study.study_key IN (
    SELECT instance.study_key FROM instance
    WHERE (${sql.join(either, sql` OR `)}) AND ${visible})`;
}

/** The condition that one key stands for, on the tables `study` and `instance`. */
export function conditionFor(
  { key, values }: Match,
  options: { fuzzy: boolean; visible: Condition },
): Condition {
  const [value = ''] = values;
  switch (key.matching) {
    case 'uid':
      return sql<SqlBool>`${columnOf(key)} = ANY(${values})`;
    case 'name':
      return matchName(columnOf(key), value, {
        fuzzy: options.fuzzy,
        indexed: key.indexed === true,
      });
    case 'date':
      return matchDate(key, value);
    case 'time':
      return matchTime(key, value);
    case 'number':
      return sql<SqlBool>`${columnOf(key)} = ${Number(value)}`;
    case 'modalities':
      return matchModalities(values, options.visible);
    default:
      return matchText(key, value);
  }
}

export function allOf(conditions: readonly Condition[]): Condition {
  if (conditions.length === 0) return sql<SqlBool>`true`;
  return sql<SqlBool>`(${sql.join([...conditions], sql` AND `)})`;
}
