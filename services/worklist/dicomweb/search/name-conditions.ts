import { type RawBuilder, type SqlBool, sql } from 'kysely';
import { hasWildcard, toPattern } from './wildcards.ts';

type Condition = RawBuilder<SqlBool>;

/** As in the functions of migration 018. */
const INDEXED_CHARACTERS = 320;
const GROUPS = [1, 2, 3] as const;
const SEPARATORS = /[\s^=.,*?-]+/;

function matchGroup(column: RawBuilder<string>, group: number, value: string): Condition {
  const stored = sql`name_group(${column}, ${sql.lit(group)})`;
  const condition = hasWildcard(value)
    ? sql<SqlBool>`${stored} LIKE lower(${toPattern(value)})`
    : sql<SqlBool>`${stored} = lower(${value})`;
  // The indexes on the second and third group hold only names that have them.
  return group === 1 ? condition : sql<SqlBool>`(${condition} AND ${stored} <> '')`;
}

/** Each word of what is looked for begins a word of the name, in any order (PS3.4 C.2.2.2.1.1 leaves the rule open). */
function matchFuzzily(column: RawBuilder<string>, value: string): Condition | undefined {
  const words = value
    .slice(0, INDEXED_CHARACTERS)
    .toLowerCase()
    .split(SEPARATORS)
    .filter((word) => word !== '');
  if (words.length === 0) return undefined;
  const query = words
    .map((word) => `'${word.replaceAll('\\', '\\\\').replaceAll("'", "''")}':*`)
    .join(' & ');
  return sql<SqlBool>`name_words(${column}) @@ ${query}::tsquery`;
}

/** Empty components at the end mean nothing (PS3.5 6.2.1.1). */
function trimGroup(group: string): string {
  return group.replace(/[\s^]+$/, '').trimStart();
}

/**
 * A person's name, whatever its case (PS3.4 C.2.2.2.1). Without `=` any component group may match: whoever types
 * ideographic characters need not know in which group they stand. With `=` each group that is given has to.
 */
export function matchName(
  column: RawBuilder<string>,
  value: string,
  { fuzzy, indexed }: { fuzzy: boolean; indexed: boolean },
): Condition {
  const fuzzily = fuzzy ? matchFuzzily(column, value) : undefined;
  if (fuzzily !== undefined) return fuzzily;
  const groups = value.split('=').slice(0, GROUPS.length).map(trimGroup);
  if (groups.length > 1) {
    const given = groups.flatMap((group, index) =>
      group === '' || group === '*' ? [] : [matchGroup(column, index + 1, group)],
    );
    return given.length === 0 ? sql<SqlBool>`true` : sql<SqlBool>`(${sql.join(given, sql` AND `)})`;
  }
  const [only = ''] = groups;
  const any = GROUPS.map((group) => matchGroup(column, group, only));
  const either = sql<SqlBool>`(${sql.join(any, sql` OR `)})`;
  // Text in the middle of a name: the index on trigrams finds what the groups are then looked at for.
  const isInner = indexed && /^[*?]/.test(only);
  const inner = `%${toPattern(only.replaceAll('?', '*'))}%`;
  return isInner
    ? sql<SqlBool>`(lower(left(${column}, ${sql.lit(INDEXED_CHARACTERS)})) LIKE lower(${inner}) AND ${either})`
    : either;
}
