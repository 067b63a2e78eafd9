import { sql, type Transaction } from 'kysely';
import type { Database } from '#platform/database/connect.ts';
import type { DatabaseSchema } from '#platform/database/schema.ts';

/** The keys of a hundred thousand studies are sorted in memory, not on the disk. */
const SORT_MEMORY = '32MB';
/** Indexes lie in memory or on a disk without moving parts: as the planner sees it else, it reads all rows instead. */
const RANDOM_PAGE_COST = '1.1';

/** Questions about the list, all of which see one state of it. */
export function readList<Result>(
  database: Database,
  read: (transaction: Transaction<DatabaseSchema>) => Promise<Result>,
): Promise<Result> {
  return database
    .transaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute(async (transaction) => {
      await sql`SELECT set_config('work_mem', ${SORT_MEMORY}, true),
        set_config('random_page_cost', ${RANDOM_PAGE_COST}, true)`.execute(transaction);
      return read(transaction);
    });
}
