import { Command } from 'commander';
import { wrapImages } from '#test-data/wrap.ts';
import { print, printNote, startProgress } from '../output.ts';

export function wrapCommand(): Command {
  return new Command('wrap')
    .description('make DICOM DX of plain radiographs (JPEG or PNG)')
    .argument('<images>', 'folder of images')
    .requiredOption('--labels <csv>', 'CSV with the columns file, patient, age, sex, view')
    .requiredOption('--out <dir>', 'folder for the DICOM files')
    .action(async (images: string, options: { labels: string; out: string }) => {
      const progress = startProgress('wrapping');
      const result = await wrapImages({
        images,
        labels: options.labels,
        out: options.out,
        onProgress: ({ done, total }) => progress.advance(done, total),
      }).finally(() => progress.stop());
      for (const { file, error } of result.failures)
        printNote(`${file}: ${error.code}: ${error.message}`);
      print(`${result.written} written, ${result.failures.length} not`);
      if (result.failures.length > 0) process.exitCode = 1;
    });
}
