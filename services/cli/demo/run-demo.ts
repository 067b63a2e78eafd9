import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RadTriageError } from '#core/errors.ts';
import type { Config } from '#platform/config/config.ts';
import { connectDatabase, type Database } from '#platform/database/connect.ts';
import type { Logger } from '#platform/logger/logger.ts';
import { type OutsideReport, takeReports } from '#platform/outside-reports/take-reports.ts';
import { DEMO_PRIORS, DEMO_STUDIES, type DemoStudy } from '#test-data/demo-set.ts';
import type { GeneratedStudy } from '#test-data/study.ts';
import { createAccount } from '#worklist/accounts/accounts.ts';
import { openSiteRegistry } from '../model-registry.ts';
import type { DicomAddress } from '../options.ts';
import { print, printTable, startProgress } from '../output.ts';
import { listFiles, sendFiles } from '../send-files.ts';
import type { RunningSystem } from '../supervise/up.ts';
import {
  type DemoOutcome,
  describeTwins,
  describeValidation,
  isSettled,
  readOutcomes,
} from './report.ts';

const CALLING_AE = 'DEMO_PACS';
const SETTLE_DEADLINE_MS = 85_000;
const POLL_MS = 250;

/** One account a role, all with the same password, which is new at every start. */
const ACCOUNTS = [
  { username: 'radiologist', roles: ['radiologist'] },
  { username: 'qa', roles: ['qa'] },
  { username: 'admin', roles: ['admin'] },
] as const;

export interface DemoOptions {
  readonly config: Config;
  readonly system: RunningSystem;
  readonly logger: Logger;
  /** Aborts the sending and the waiting. */
  readonly stopping: () => boolean;
}

/** Groups of letters and digits that cannot be mistaken for one another. */
function inventPassword(): string {
  const alphabet = 'abcdefghjkmnpqrstuvwxyz23456789';
  const letters = [...randomBytes(12)]
    .map((byte) => alphabet[byte % alphabet.length] ?? 'a')
    .join('');
  return `${letters.slice(0, 4)}-${letters.slice(4, 8)}-${letters.slice(8)}`;
}

async function createAccounts(database: Database): Promise<string> {
  const password = inventPassword();
  for (const account of ACCOUNTS) await createAccount(database, { ...account, password });
  return password;
}

function printWelcome(url: string, password: string): void {
  print('');
  print(`  Worklist   ${url}`);
  print(`  Log in as  ${ACCOUNTS.map((account) => account.username).join(', ')}`);
  print(`  Password   ${password}   (for all three, this run only)`);
  print('');
}

function visitNow(): { studyDate: string; studyTime: string } {
  const [date = '', time = ''] = new Date().toISOString().split('T');
  return { studyDate: date.replaceAll('-', ''), studyTime: time.slice(0, 8).replaceAll(':', '') };
}

async function sendStudy({ files }: GeneratedStudy, to: DicomAddress): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'radtriage-demo-study-'));
  try {
    for (const file of files) writeFileSync(join(folder, file.name), file.bytes);
    const result = await sendFiles(await listFiles(folder), { to, callingAe: CALLING_AE });
    const [failure] = result.failures;
    if (failure !== undefined) throw failure.error;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Sends the demo studies one after the other, as a PACS would. */
async function sendStudies(
  options: DemoOptions,
  to: DicomAddress,
): Promise<Map<string, DemoStudy>> {
  const sent = new Map<string, DemoStudy>();
  const progress = startProgress('sending studies by C-STORE');
  try {
    for (const study of DEMO_STUDIES) {
      if (options.stopping()) break;
      const generated = study.generate(visitNow());
      await sendStudy(generated, to);
      sent.set(generated.studyInstanceUid, study);
      progress.advance(sent.size, DEMO_STUDIES.length);
    }
  } finally {
    progress.stop();
  }
  return sent;
}

/**
 * Sends earlier studies of two patients, with the word that they were reported: they do not wait to be read, and stand
 * beside the later ones. The word may come first; it waits for its study.
 */
async function sendPriors(options: DemoOptions, database: Database): Promise<void> {
  for (const { patientId, birthDate, generate } of DEMO_PRIORS) {
    const study = generate(new Date());
    const { studyInstanceUid } = study;
    const patient = { ids: [{ id: patientId, issuers: [] }], birthDate };
    const report: OutsideReport = {
      ...{ source: CALLING_AE, via: 'http', messageId: studyInstanceUid },
      ...{ studyInstanceUid, accessionNumber: null, site: null, patient },
      ...{ word: 'reported', saidAt: null, madeAt: null },
    };
    await takeReports(database, [report], options.config);
    await sendStudy(study, options.system.state.dicom);
  }
}

async function waitForResults(
  options: DemoOptions,
  database: Database,
  sent: ReadonlyMap<string, DemoStudy>,
): Promise<DemoOutcome[]> {
  const progress = startProgress('results on the worklist   ');
  const deadline = Date.now() + SETTLE_DEADLINE_MS;
  try {
    for (;;) {
      const outcomes = await readOutcomes(database, sent);
      const settled = outcomes.filter(isSettled).length;
      progress.advance(settled, sent.size);
      if (settled === sent.size || options.stopping()) return outcomes;
      if (Date.now() > deadline) {
        throw new RadTriageError(
          'ANALYSIS_TIMEOUT',
          `only ${settled} of ${sent.size} studies have a result`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  } finally {
    progress.stop();
  }
}

function printOutcomes(outcomes: readonly DemoOutcome[]): void {
  const rows = outcomes.map(({ study, status, statusReason, priority, score }) => [
    study.title,
    priority,
    score === null ? '-' : score.toFixed(3),
    status,
    status === 'analysed' ? '' : (statusReason ?? ''),
  ]);
  print('');
  printTable([['demo study', 'priority', 'score', 'status', 'why'], ...rows]);
}

/**
 * Fills a running system: accounts, studies over real C-STORE, and a report of what became of each.
 * @returns false when the demo was stopped before every study had a result.
 */
export async function runDemo(options: DemoOptions): Promise<boolean> {
  const { config, system } = options;
  const database = connectDatabase(system.state.databaseUrl, { poolSize: 2 });
  try {
    printWelcome(system.state.http.url, await createAccounts(database));
    await sendPriors(options, database);
    const sent = await sendStudies(options, system.state.dicom);
    const outcomes = await waitForResults(options, database, sent);
    if (options.stopping()) return false;
    printOutcomes(outcomes);
    print('');
    print(describeTwins(outcomes));
    print('');
    const registry = await openSiteRegistry(config, database);
    for (const model of await registry.list()) print(describeValidation(model));
    print('Demonstration on generated studies. Not a medical device, not for diagnosis.');
    return true;
  } finally {
    await database.destroy();
  }
}
