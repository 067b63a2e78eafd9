import { resolve } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import type { Database } from '#platform/database/connect.ts';
import { createAccount } from '#worklist/accounts/accounts.ts';
import { openSession } from '#worklist/accounts/sessions.ts';
import { SESSION_COOKIE } from '#worklist/session/authenticate.ts';
import { openPage } from './chromium.ts';
import { startTestDatabase } from './postgres.ts';
import { seedFiles, seedStudy } from './seed-studies.ts';
import { temporaryDirectory } from './temporary.ts';
import { startTestWeb } from './web-server.ts';

const VIEWER = resolve(import.meta.dirname, '../../viewer/dist');

export interface PageOpening {
  readonly size?: { readonly width: number; readonly height: number };
  readonly deviceScaleFactor?: number;
  /** Of a site that is served also. */
  readonly url?: string;
  /** What runs in the page before its own code. */
  readonly before?: string;
}

/** A radiologist's page over studies that were put in by hand: no intake, no analysis, only what reads. */
export interface ReadingSite {
  readonly url: string;
  readonly database: Database;
  /** Keeps the files of one study, waiting to be read. */
  keep(
    studyInstanceUid: string,
    files: readonly Buffer[],
    columns?: Parameters<typeof seedStudy>[1],
  ): Promise<{ readonly studyKey: string; readonly imageRevision: string }>;
  /** A fresh page of this reader, logged in. */
  open(
    browser: Browser,
    reader: string,
    opening?: PageOpening,
  ): Promise<{ page: Page; errors: string[] }>;
  /** The same studies and readers served under other settings. Gives its address. */
  serveAlso(overrides: Record<string, unknown>): Promise<string>;
  stop(): Promise<void>;
}

/** Puts files of a study into database and folder as intake would have left them. */
export async function keepStudy(
  { database, directory }: { database: Database; directory: string },
  study: { studyInstanceUid: string; files: readonly Buffer[] },
  columns: Parameters<typeof seedStudy>[1] = {},
): Promise<{ studyKey: string; imageRevision: string }> {
  const { studyInstanceUid, files } = study;
  const seeded = await seedStudy(database, { studyInstanceUid, ...columns });
  const imageRevision = await seedFiles(database, seeded, { directory, files });
  return { studyKey: seeded.studyKey, imageRevision };
}

/** Logs a page in without the form, which lets ten a minute in. */
export async function logPageIn(
  site: { database: Database; url: string },
  page: Page,
  reader: string,
): Promise<void> {
  const secret = await openSession(site.database, reader);
  await page.context().addCookies([{ name: SESSION_COOKIE, value: secret, url: site.url }]);
}

export async function startReadingSite(
  readers: readonly string[],
  overrides: Record<string, unknown> = {},
): Promise<ReadingSite> {
  const directory = temporaryDirectory();
  const server = await startTestDatabase();
  const { database } = server;
  const place = { database, databaseUrl: server.url, directory: directory.path };
  const serve = (settings: Record<string, unknown>) =>
    startTestWeb(place, settings, { viewerDirectory: VIEWER });
  const web = await serve(overrides);
  const webs = [web];
  for (const username of readers) {
    const password = `${username} and a long word`;
    await createAccount(database, { username, password, roles: ['radiologist'] });
  }
  const site = { database, directory: directory.path };
  return {
    url: web.url,
    database,
    keep: (studyInstanceUid, files, columns) =>
      keepStudy(site, { studyInstanceUid, files }, columns),
    open: async (browser, reader, { url = web.url, ...screen } = {}) => {
      const { page, errors } = await openPage(browser, screen.size, screen.deviceScaleFactor);
      if (screen.before !== undefined) await page.addInitScript(screen.before);
      await logPageIn({ database, url }, page, reader);
      return { page, errors };
    },
    serveAlso: async (settings) => {
      const also = await serve(settings);
      webs.push(also);
      return also.url;
    },
    stop: async () => {
      for (const each of webs) await each.close();
      await server.stop();
      directory.remove();
    },
  };
}
