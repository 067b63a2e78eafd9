import { Command } from 'commander';
import { type Forgotten, forgetSettled } from '#intake/retention/forget-settled.ts';
import { type RetentionReport, runRetention } from '#intake/retention/run-retention.ts';
import { openBlobStore } from '#platform/blob-store/blob-store.ts';
import { readDiskSpace } from '#platform/disk/watch-disk.ts';
import { withDatabase } from '../database-access.ts';
import { operatorName } from '../operator.ts';
import { configFor, type DataOption, withDataOption } from '../options.ts';
import { print, printJson, printTable } from '../output.ts';
import { archiveDirectory } from '../site.ts';

interface RetentionCliOptions extends DataOption {
  readonly json?: boolean;
}

type PassReport = RetentionReport & {
  /** Undefined of a plan. */
  readonly forgotten: Forgotten | undefined;
};

async function pass(options: RetentionCliOptions, dryRun: boolean): Promise<PassReport> {
  const config = configFor(options);
  const { retention } = config;
  const actor = operatorName();
  return withDatabase(config, async (database) => {
    const blobStore = await openBlobStore({ directory: archiveDirectory(config) });
    try {
      const report = await runRetention({
        ...{ database, blobStore, retention, actor, dryRun },
        readSpace: () => readDiskSpace(archiveDirectory(config)),
      });
      const { keepRecordsDays } = retention;
      const forgotten = dryRun
        ? undefined
        : await forgetSettled(database, { now: new Date(), keepRecordsDays, actor });
      return { ...report, forgotten };
    } finally {
      await blobStore.close();
    }
  });
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

function show(report: PassReport, verb: string): void {
  const { removed, heldBack, forgotten } = report;
  if (removed.length > 0) {
    printTable([
      ['study', 'last used (UTC)', 'images', 'size', 'why'],
      ...removed.map((study) => [
        study.studyInstanceUid,
        study.lastUsedAt.toISOString().slice(0, 16).replace('T', ' '),
        String(study.instances),
        megabytes(study.bytes),
        study.why,
      ]),
    ]);
  }
  print(
    `${removed.length} studies ${verb}, ${megabytes(report.bytes)}; disk ${report.usedBefore.toFixed(1)}% full, then ${report.usedAfter.toFixed(1)}%`,
  );
  print(
    `old enough, but kept: ${heldBack.unread} unread, ${heldBack.underWay} under way, ${heldBack.quarantined} in quarantine, ${heldBack.undelivered} undelivered`,
  );
  if (report.stillFull) print('the disk stays fuller than it should be, and nothing more may go');
  if (forgotten !== undefined) {
    const { deliveries, notifications, resultSets } = forgotten;
    print(
      `old records forgotten: ${deliveries} deliveries, ${notifications} notifications, ${resultSets} results`,
    );
  }
}

function subcommand(name: 'plan' | 'run', description: string): Command {
  const command = new Command(name).description(description).option('--json', 'as JSON');
  return withDataOption(command).action(async (options: RetentionCliOptions) => {
    const report = await pass(options, name === 'plan');
    if (options.json === true) printJson(report);
    else show(report, name === 'plan' ? 'would go' : 'removed');
  });
}

export function retentionCommand(): Command {
  return new Command('retention')
    .description('which images go, by age and by how full the disk is; unread studies never')
    .addCommand(subcommand('plan', 'say what would go now, and what is held back'))
    .addCommand(subcommand('run', 'remove it now; each study is written to the audit log'));
}
