import type { Database } from '#platform/database/connect.ts';
import type { WebOptions } from '#worklist/start-web.ts';
import { startTestDatabase, type TestDatabase } from './postgres.ts';
import { temporaryDirectory } from './temporary.ts';
import { type Caller, callerFor, sessionCallerFor, startTestWeb } from './web-server.ts';

type Owner = Parameters<typeof callerFor>[2];

/** A database of its own, the page's server over it, and whoever calls that. */
export interface WebSite {
  readonly server: TestDatabase;
  readonly database: Database;
  /** Where blobs lie. */
  readonly directory: string;
  /** With a token. */
  callerFor(role: Owner['role'], name: string): Promise<Caller>;
  /** With a session, as the page has it: only so can be signed. */
  sessionCallerFor(role: Owner['role'], name: string): Promise<Caller>;
  stop(): Promise<void>;
}

export async function startWebSite(
  overrides: Record<string, unknown> = {},
  options: Partial<WebOptions> = {},
): Promise<WebSite> {
  const server = await startTestDatabase();
  const folder = temporaryDirectory();
  const { database, url: databaseUrl } = server;
  const directory = folder.path;
  const web = await startTestWeb({ database, databaseUrl, directory }, overrides, options);
  return {
    ...{ server, database, directory },
    callerFor: (role, name) => callerFor(web, database, { role, name }),
    sessionCallerFor: (role, name) => sessionCallerFor(web, database, { role, name }),
    stop: async () => {
      await web.close();
      await server.stop();
      folder.remove();
    },
  };
}
