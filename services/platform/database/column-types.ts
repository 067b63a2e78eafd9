import type { ColumnType } from 'kysely';

/** Columns are snake_case in the database and camelCase in TypeScript (Kysely's CamelCasePlugin). Times are timestamptz. */
export type Timestamp = ColumnType<Date, Date | string, Date | string>;
/** Set by the database unless it is given. */
export type CreatedAt = ColumnType<Date, Date | string | undefined, Date | string>;
/** Null until it happened. */
export type EventualTime = ColumnType<Date | null, Date | null | undefined, Date | null>;
export type Json<T> = ColumnType<T, string, string>;
export type JsonWithDefault<T> = ColumnType<T, string | undefined, string>;
/** bigint: Postgres gives it as text. */
export type Bytes = ColumnType<string, number, number>;
