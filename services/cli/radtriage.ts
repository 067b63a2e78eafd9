import { Command } from 'commander';
import { loadCommands } from './command-table.ts';
import { reportFailure } from './output.ts';
import { productVersion } from './version.ts';

const program = new Command('radtriage')
  .description(
    "Radiology AI triage: DICOM in, a prioritised worklist, explained findings, a radiologist's verdict.",
  )
  .version(productVersion())
  .showHelpAfterError();
try {
  for (const command of await loadCommands(process.argv[2])) program.addCommand(command);
  await program.parseAsync();
} catch (error) {
  // What was opened before the failure (pools, children's pipes) must not keep a failed process alive.
  process.exit(reportFailure(error));
}
