import { Command } from 'commander';
import { configSchema } from '#platform/config/schema.ts';
import { conformanceStatement } from '../conformance/statement.ts';
import { configFor } from '../options.ts';
import { print } from '../output.ts';
import { productVersion } from '../version.ts';

export function conformanceCommand(): Command {
  return new Command('conformance')
    .description('print the DICOM conformance statement (PS3.2), in Markdown')
    .option('--site', 'with the settings of this site instead of the defaults')
    .action((options: { site?: boolean }) => {
      const config = options.site === true ? configFor({}) : configSchema.parse({});
      print(conformanceStatement(config, productVersion()).trimEnd());
    });
}
