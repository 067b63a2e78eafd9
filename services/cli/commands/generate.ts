import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { generateStudy, type StudyOptions } from '#test-data/study.ts';
import { printJson } from '../output.ts';

interface GenerateOptions {
  readonly kind: StudyOptions['kind'];
  readonly seed: string;
  readonly lesion: 'none' | 'obvious' | 'moderate' | 'subtle';
  readonly slices?: string;
  readonly out: string;
}

/** Writes one synthetic study and prints what was planted in it, so that a script can compare. */
export function generateCommand(): Command {
  return new Command('generate')
    .description('write a synthetic study; prints its UIDs and the planted boxes as JSON')
    .addOption(
      new Option('--kind <kind>', 'kind of study').choices(['CR', 'DX', 'CT', 'MG']).default('DX'),
    )
    .option('--seed <seed>', 'the same seed gives the same study, with or without a lesion', '1')
    .addOption(
      new Option('--lesion <subtlety>', 'lesion to plant')
        .choices(['none', 'obvious', 'moderate', 'subtle'])
        .default('none'),
    )
    .option('--slices <n>', 'slices of a CT series')
    .requiredOption('--out <dir>', 'folder to write to')
    .action((options: GenerateOptions) => {
      const study = generateStudy({
        kind: options.kind,
        seed: options.seed,
        lesion: options.lesion === 'none' ? null : { subtlety: options.lesion },
        ...(options.slices === undefined ? {} : { slices: Number(options.slices) }),
      });
      mkdirSync(options.out, { recursive: true });
      for (const file of study.files) writeFileSync(join(options.out, file.name), file.bytes);
      printJson({
        studyInstanceUid: study.studyInstanceUid,
        files: study.files.map((file) => ({
          name: file.name,
          sopInstanceUid: file.sopInstanceUid,
        })),
        boxes: study.lesion?.boxes ?? [],
      });
    });
}
