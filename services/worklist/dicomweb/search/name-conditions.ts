import { type RawBuilder, type SqlBool, sql } from 'kysely';
import { hasWildcard, toPattern } from './wildcards.ts';

type Condition = RawBuilder<SqlBool>;

/** As in the functions of migration 018. */
const INDEXED_CHARACTERS = 320;
const GROUPS = [1, 2, 3] as const;
const SEPARATORS = /[\s^=.,*?-]+/;

/** Where the compared form of each group is kept; other names than the patient's are taken apart as they are read. */
const KEPT_GROUPS = ['patientNameAlphabetic', 'patientNameIdeographic', 'patientNamePhonetic'];

function groupOf(column: RawBuilder<string>, group: number, indexed: boolean): RawBuilder<unknown> {
  const kept = KEPT_GROUPS[group - 1];
  return indexed && kept !== undefined
    ? sql.ref(`study.${kept}`)
    : sql`nullif(name_group(${column}, ${sql.lit(group)}), '')`;
}

function matchGroup(stored: RawBuilder<unknown>, value: string): Condition {
  return hasWildcard(value)
    ? sql<SqlBool>`${stored} LIKE lower(${toPattern(value)})`
    : sql<SqlBool>`${stored} = lower(${value})`;
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
      group === '' || group === '*' ? [] : [matchGroup(groupOf(column, index + 1, indexed), group)],
    );
    return given.length === 0 ? sql<SqlBool>`true` : sql<SqlBool>`(${sql.join(given, sql` AND `)})`;
  }
  const [only = ''] = groups;
  const any = GROUPS.map((group) => matchGroup(groupOf(column, group, indexed), only));
  const either = sql<SqlBool>`(${sql.join(any, sql` OR `)})`;
  // Text in the middle of a name: the index on trigrams finds what the groups are then looked at for.
  const isInner = indexed && /^[*?]/.test(only);
  const inner = `%${toPattern(only.replaceAll('?', '*'))}%`;
  return isInner
    ? sql<SqlBool>`(lower(left(${column}, ${sql.lit(INDEXED_CHARACTERS)})) LIKE lower(${inner}) AND ${either})`
    : either;
}
