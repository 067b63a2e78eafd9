#!/usr/bin/env node
import { Command } from 'commander';
import { demoCommand } from './commands/demo.ts';
import { doctorCommand } from './commands/doctor.ts';
import { generateCommand } from './commands/generate.ts';
import { importCommand } from './commands/import.ts';
import { listenerCommand } from './commands/listener.ts';
import { modelsCommand } from './commands/models.ts';
import { sendCommand } from './commands/send.ts';
import { tokenCommand } from './commands/token.ts';
import { upCommand } from './commands/up.ts';
import { userCommand } from './commands/user.ts';
import { webCommand } from './commands/web.ts';
import { workerCommand } from './commands/worker.ts';
import { wrapCommand } from './commands/wrap.ts';
import { reportFailure } from './output.ts';
import { productVersion } from './version.ts';

const program = new Command('radtriage')
  .description(
    "Radiology AI triage: DICOM in, a prioritised worklist, explained findings, a radiologist's verdict.",
  )
  .version(productVersion())
  .showHelpAfterError()
  .addCommand(upCommand())
  .addCommand(demoCommand())
  .addCommand(listenerCommand())
  .addCommand(workerCommand())
  .addCommand(webCommand())
  .addCommand(sendCommand())
  .addCommand(importCommand())
  .addCommand(wrapCommand())
  .addCommand(generateCommand())
  .addCommand(modelsCommand())
  .addCommand(userCommand())
  .addCommand(tokenCommand())
  .addCommand(doctorCommand());

try {
  await program.parseAsync();
} catch (error) {
  // What was opened before the failure (pools, children's pipes) must not keep a failed process alive.
  process.exit(reportFailure(error));
}
