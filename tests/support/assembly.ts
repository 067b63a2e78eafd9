import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Assembly, startAssembly } from '#intake/assemble-studies.ts';
import { silent, startTestIntake, type TestIntake } from './intake.ts';
import { temporaryDirectory } from './temporary.ts';
import { waitFor } from './wait-for.ts';

/** A receiver and an assembler with rules of their own, on an embedded Postgres. */
export interface TestAssembly {
  readonly intake: TestIntake;
  readonly ruleFile: string;
  /** Starts an assembler; all are closed by `pause` and `stop`. */
  start(): void;
  pause(): Promise<void>;
  study(studyInstanceUid: string): ReturnType<typeof readStudyRow>;
  revisions(studyInstanceUid: string): ReturnType<typeof readRevisions>;
  /** Waits until the study has as many revisions, and gives the last. */
  revision(
    studyInstanceUid: string,
    number?: number,
  ): Promise<Awaited<ReturnType<typeof readRevisions>>[number]>;
  stop(): Promise<void>;
}

async function readStudyRow({ db }: TestIntake, studyInstanceUid: string) {
  return db.database
    .selectFrom('study')
    .selectAll()
    .where('studyInstanceUid', '=', studyInstanceUid)
    .executeTakeFirstOrThrow();
}

async function readRevisions({ db }: TestIntake, studyInstanceUid: string) {
  return db.database
    .selectFrom('imageRevision')
    .innerJoin('study', 'study.studyKey', 'imageRevision.studyKey')
    .selectAll('imageRevision')
    .where('studyInstanceUid', '=', studyInstanceUid)
    .orderBy('number')
    .execute();
}

export async function startTestAssembly(options: {
  rules: string;
  quietSeconds: number;
}): Promise<TestAssembly> {
  const directory = temporaryDirectory();
  const ruleFile = join(directory.path, 'rules.yaml');
  writeFileSync(ruleFile, options.rules);
  const { quietSeconds } = options;
  const overrides = { assembly: { quietSeconds, completenessRuleFile: ruleFile } };
  const intake = await startTestIntake({ overrides });
  const running: Assembly[] = [];
  const { database, url } = intake.db;
  const { assembly } = intake.config;
  const pause = async (): Promise<void> => {
    for (const one of running.splice(0)) await one.close();
  };
  return {
    intake,
    ruleFile,
    start: () => {
      running.push(startAssembly({ database, databaseUrl: url, assembly, logger: silent }));
    },
    pause,
    study: (uid) => readStudyRow(intake, uid),
    revisions: (uid) => readRevisions(intake, uid),
    revision: (uid, number = 1) =>
      waitFor(async () => (await readRevisions(intake, uid))[number - 1], {
        what: `revision ${number}`,
      }),
    stop: async () => {
      await pause();
      await intake.stop();
      directory.remove();
    },
  };
}
