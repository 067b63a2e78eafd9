import { Command } from 'commander';
import { importDirectory } from '#intake/import-directory.ts';
import { createInstanceReceiver } from '#intake/receive-instance.ts';
import { openBlobStore } from '#platform/blob-store/blob-store.ts';
import { createLogger } from '#platform/logger/logger.ts';
import { loadPriorityRule } from '#platform/priority-rule/load-rule.ts';
import { withDatabase } from '../database-access.ts';
import { configFor, type DataOption, withDataOption } from '../options.ts';
import { print, printNote, startProgress } from '../output.ts';
import { archiveDirectory } from '../site.ts';

export function importCommand(): Command {
  const command = new Command('import')
    .description('take DICOM files in without a network, through the same door as the listener')
    .argument('<path>', 'a file, or a folder at any depth');
  return withDataOption(command).action(async (path: string, options: DataOption) => {
    const config = configFor(options);
    const logger = createLogger({ level: 'warn', process: 'import' });
    const report = await withDatabase(config, async (database) => {
      const blobStore = await openBlobStore({ directory: archiveDirectory(config) });
      const rule = loadPriorityRule(config.priorityRuleFile);
      const receiver = createInstanceReceiver({ database, blobStore, config, rule, logger });
      const progress = startProgress('importing');
      try {
        return await importDirectory({
          directory: path,
          receiver,
          onProgress: ({ done, files }) => progress.advance(done, files),
        });
      } finally {
        progress.stop();
        await blobStore.close();
      }
    });
    for (const { file, code, message } of report.errors) printNote(`${file}: ${code}: ${message}`);
    print(
      `${report.stored} stored, ${report.duplicate} known already, ${report.conflict} in conflict, ${report.failed} not`,
    );
    if (report.failed > 0) process.exitCode = 1;
  });
}
