import { Command } from 'commander';
import { inspectModelFolder } from '#models/registry/inspect-folder.ts';
import { tryModel } from '#models/registry/try-model.ts';
import { createRuntime } from '#models/runtime/runtime.ts';
import type { Config } from '#platform/config/config.ts';
import { withDatabase } from '../database-access.ts';
import { openSiteRegistry } from '../model-registry.ts';
import { operatorName } from '../operator.ts';
import { configFor, type DataOption, withDataOption } from '../options.ts';
import { print, printNote, printTable } from '../output.ts';
import { confirm } from './confirm.ts';
import { describeManifest } from './describe.ts';

interface AddOptions extends DataOption {
  readonly yes?: boolean;
  readonly note?: string;
}

/** Loads the network in a process of its own, which dies with whatever the network does to it. */
async function tryInChild(config: Config, folder: Awaited<ReturnType<typeof inspectModelFolder>>) {
  const { executionProviders, threads, timeoutSeconds } = config.inference;
  const timeoutMs = timeoutSeconds * 1000;
  const runtime = createRuntime({ executionProviders, processes: 1, threads, timeoutMs });
  try {
    return await tryModel(runtime, folder);
  } finally {
    await runtime.close();
  }
}

const HELP = `
FOLDER holds manifest.json, the ONNX file that it names, and MODEL_CARD.md (models/README.md). Nothing is copied
before everything was checked: the manifest, sizes, the SHA-256, that the network loads in a process of its own and
that a run on zeros gives finite values of the shapes that the manifest tells. Symbolic links are refused; what else
lies in the folder is left out. An archive is unpacked first, with its own program.

The model is kept read-only in the data directory, pinned to its files, and starts in shadow.

Examples:
  radtriage models add ./my-model --note "from the vendor's portal"
  unzip -d my-model my-model.zip && radtriage models add ./my-model --yes`;

export function addCommand(): Command {
  const command = new Command('add')
    .description('check a model folder, and keep it: it starts in shadow')
    .argument('<folder>', 'a folder with manifest.json, the ONNX file and MODEL_CARD.md')
    .option('--note <text>', 'where it comes from, for the audit log')
    .option('--yes', 'do not ask')
    .addHelpText('after', HELP);
  return withDataOption(command).action(async (path: string, options: AddOptions) => {
    const config = configFor(options);
    const folder = await inspectModelFolder(path);
    printTable(describeManifest(folder.manifest));
    const { provider, ms } = await tryInChild(config, folder);
    print(`\nIt loads and runs (${provider}, ${ms.toFixed(1)} ms on zeros).`);
    if (folder.leftOut.length > 0) printNote(`left out: ${folder.leftOut.join(', ')}`);
    if (options.yes !== true) await confirm('Add it?');
    const { id, version } = folder.manifest;
    await withDatabase(config, async (database) => {
      const registry = await openSiteRegistry(config, database);
      const author = { actor: operatorName(), note: options.note };
      const { isNew, folder: kept } = await registry.install(folder, author);
      print(`${id}@${version} ${isNew ? 'is added, in shadow' : 'was there already'}: ${kept}`);
    });
  });
}
