import type { Generated } from 'kysely';
import type { CreatedAt, Json } from './column-types.ts';

/** Filters, columns and sort of the worklist, kept under a name. */
export interface WorklistViewTable {
  viewKey: Generated<string>;
  /** Name of the account or token. */
  owner: string;
  name: string;
  /** Seen by everybody. */
  shared: Generated<boolean>;
  isDefault: Generated<boolean>;
  /** Parsed by the contract whenever it is read. */
  settings: Json<unknown>;
  changedAt: CreatedAt;
}
