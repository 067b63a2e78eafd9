import { type AuditEntry, appendAudit } from '#platform/audit-log/audit-log.ts';
import type { Database } from '#platform/database/connect.ts';

/** An entry of the audit log; most need no details. */
export type AccessEntry = Omit<AuditEntry, 'details'> & Partial<Pick<AuditEntry, 'details'>>;

/**
 * Who looked at what. The same look by the same person within the window is one entry: a CT series is hundreds of
 * requests, and the page asks for the list again whenever something changes.
 */
export interface AccessLog {
  /** Always an entry. */
  record(entry: AccessEntry): Promise<void>;
  /** An entry unless there was the same one within the window. */
  recordAccess(entry: AccessEntry): Promise<void>;
}

const WINDOW_MS = 60_000;
const MAX_REMEMBERED = 10_000;

export function createAccessLog(database: Database): AccessLog {
  const recent = new Map<string, number>();
  const append = async (entry: AccessEntry): Promise<void> => {
    // In a transaction of its own: it holds the lock of the chain until the entry is in.
    await database
      .transaction()
      .execute((transaction) => appendAudit(transaction, { details: {}, ...entry }));
  };
  return {
    record: append,
    recordAccess: async (entry) => {
      const key = `${entry.actor}\n${entry.action}\n${entry.studyInstanceUid ?? ''}`;
      const now = Date.now();
      const last = recent.get(key);
      if (last !== undefined && now - last < WINDOW_MS) return;
      if (recent.size >= MAX_REMEMBERED) recent.clear();
      recent.set(key, now);
      try {
        await append(entry);
      } catch (error) {
        recent.delete(key);
        throw error;
      }
    },
  };
}
