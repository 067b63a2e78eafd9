import { Command } from 'commander';
import { addCommand } from '../models/add.ts';
import { benchCommand } from '../models/bench.ts';
import { compareCommand } from '../models/compare.ts';
import { listCommand, showCommand, verifyCommand } from '../models/list.ts';
import { promoteCommand, removeCommand, retireCommand, shadowCommand } from '../models/roles.ts';

const HELP = `
A model starts in shadow: it runs, is recorded, and changes nothing. Compare it with the active version, then
promote it. docs/models-registry.md tells the whole story.

Examples:
  radtriage models add ./my-model
  radtriage models compare my-model@1.0.0 my-model@1.1.0 --html report.html
  radtriage models promote my-model@1.1.0 --note "why"`;

export function modelsCommand(): Command {
  return new Command('models')
    .description('add, compare, promote and check models')
    .addCommand(addCommand())
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(verifyCommand())
    .addCommand(benchCommand())
    .addCommand(compareCommand())
    .addCommand(shadowCommand())
    .addCommand(promoteCommand())
    .addCommand(retireCommand())
    .addCommand(removeCommand())
    .addHelpText('after', HELP);
}
