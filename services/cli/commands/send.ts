import { Command } from 'commander';
import { parseDicomAddress } from '../options.ts';
import { print, printNote, startProgress } from '../output.ts';
import { listFiles, sendFiles } from '../send-files.ts';

interface SendCommandOptions {
  readonly to: string;
  readonly from: string;
}

export function sendCommand(): Command {
  return new Command('send')
    .description('send DICOM files as they are, by C-STORE')
    .argument('<path>', 'a file, or a folder at any depth')
    .requiredOption('--to <address>', 'AET@host:port')
    .option('--from <aet>', 'our own AE title', 'RADTRIAGE_SCU')
    .action(async (path: string, options: SendCommandOptions) => {
      const to = parseDicomAddress(options.to);
      const files = await listFiles(path);
      const progress = startProgress('sending');
      const result = await sendFiles(files, {
        to,
        callingAe: options.from,
        onProgress: (done, total) => progress.advance(done, total),
      }).finally(() => progress.stop());
      for (const { file, error } of result.failures)
        printNote(`${file}: ${error.code}: ${error.message}`);
      print(`${result.sent} sent, ${result.failures.length} not`);
      if (result.failures.length > 0) process.exitCode = 1;
    });
}
