import { Command } from 'commander';
import { mainLabel } from '#models/manifest/labels.ts';
import type { RegisteredModel } from '#models/registry/registry.ts';
import { withDatabase } from '../database-access.ts';
import { openSiteRegistry } from '../model-registry.ts';
import { configFor, type DataOption, withDataOption } from '../options.ts';
import { print, printJson, printTable } from '../output.ts';
import { describeAuc, describeManifest, modelJson, nameOf } from './describe.ts';
import { describeEvaluation } from './evaluation.ts';
import { parseModelReference } from './reference.ts';

interface ListOptions extends DataOption {
  readonly json?: boolean;
}

function describeRow(model: RegisteredModel): string[] {
  const { manifest, problem } = model;
  return [
    nameOf(model),
    problem === undefined ? model.role : `${model.role}, refused`,
    manifest === undefined ? '-' : describeAuc(mainLabel(manifest)),
    model.sha256 === '' ? '-' : model.sha256.slice(0, 12),
    model.pinned ? 'yes' : 'no',
    problem === undefined ? (model.note ?? '') : `${problem.code}: ${problem.message}`,
  ];
}

async function readModels(options: DataOption): Promise<readonly RegisteredModel[]> {
  const config = configFor(options);
  return await withDatabase(config, async (database) =>
    (await openSiteRegistry(config, database)).list(),
  );
}

export function listCommand(): Command {
  const command = new Command('list')
    .description('every version, its role, its validated AUC with interval, and why one is refused')
    .option('--json', 'as JSON')
    .addHelpText('after', '\nExample:\n  radtriage models list --json');
  return withDataOption(command).action(async (options: ListOptions) => {
    const models = await readModels(options);
    if (options.json === true) printJson({ models: models.map(modelJson) });
    else if (models.length === 0) print('no models: radtriage models add FOLDER');
    else {
      printTable([
        ['model', 'role', 'AUC (95%)', 'sha256', 'pinned', 'note'],
        ...models.map(describeRow),
      ]);
    }
  });
}

export function verifyCommand(): Command {
  const command = new Command('verify')
    .description('check every manifest, hash and pin; exit 1 when a version is refused')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `
A version is pinned when it is added or given a role: from then on neither its file nor its manifest may change.
Retired versions are checked too, and refused ones never run.

Example:
  radtriage models verify && echo all well`,
    );
  return withDataOption(command).action(async (options: ListOptions) => {
    const models = await readModels(options);
    const refused = models.filter((model) => model.problem !== undefined);
    if (options.json === true) {
      printJson({ ok: refused.length === 0, models: models.map(modelJson) });
    } else {
      for (const model of models) {
        const { problem, pinned } = model;
        if (problem !== undefined) print(`refused  ${nameOf(model)}  ${problem.message}`);
        else print(`ok       ${nameOf(model)}${pinned ? '' : '  not pinned yet'}`);
      }
    }
    if (refused.length > 0) process.exitCode = 1;
  });
}

export function showCommand(): Command {
  const command = new Command('show')
    .description('all there is to know of one version; --card prints its model card')
    .argument('<model>', 'ID or ID@VERSION')
    .option('--card', 'print the model card')
    .option('--json', 'as JSON')
    .addHelpText('after', '\nExample:\n  radtriage models show cxr-opacity --card | less');
  return withDataOption(command).action(
    async (name: string, options: ListOptions & { readonly card?: boolean }) => {
      const config = configFor(options);
      await withDatabase(config, async (database) => {
        const registry = await openSiteRegistry(config, database);
        const reference = parseModelReference(name);
        if (options.card === true) {
          print(await registry.readCard(reference));
          return;
        }
        const model = await registry.find(reference);
        if (options.json === true) {
          printJson(modelJson(model));
          return;
        }
        const { role, changedBy, changedAt, note, problem, manifest } = model;
        const since =
          changedBy === undefined ? '' : `, by ${changedBy} ${changedAt?.toISOString()}`;
        printTable([
          ...(manifest === undefined ? [['Model', nameOf(model)]] : describeManifest(manifest)),
          ['Folder', model.folder === '' ? 'gone' : model.folder],
          ['Role', `${role}${since}${note === undefined ? '' : `: ${note}`}`],
          ['Pinned', model.pinned ? 'yes' : 'not yet'],
          ...(model.evaluation === undefined
            ? [['Evaluated here', 'no: none was given with a promotion']]
            : describeEvaluation(model.evaluation)),
          ...(problem === undefined ? [] : [['Refused', `${problem.code}: ${problem.message}`]]),
        ]);
      });
    },
  );
}
