import { Command } from 'commander';
import { RadTriageError } from '#core/errors.ts';
import type { ModelRole } from '#core/finding.ts';
import { mainLabel } from '#models/manifest/labels.ts';
import type { RegisteredModel } from '#models/registry/registry.ts';
import { withDatabase } from '../database-access.ts';
import { openSiteRegistry } from '../model-registry.ts';
import { operatorName } from '../operator.ts';
import { configFor, type DataOption, withDataOption } from '../options.ts';
import { print, printTable } from '../output.ts';

function describe(model: RegisteredModel): string[] {
  const validation = model.manifest && mainLabel(model.manifest).validation;
  const [low, high] = validation?.aucInterval ?? [];
  const auc =
    validation === undefined
      ? '-'
      : `${validation.auc.toFixed(3)} (${low?.toFixed(3)}-${high?.toFixed(3)}), n ${validation.n}`;
  return [
    model.id,
    model.manifest?.version ?? '-',
    model.problem === undefined ? model.role : 'refused',
    auc,
    model.manifest?.sha256.slice(0, 12) ?? '-',
    model.problem === undefined
      ? (model.note ?? '')
      : `${model.problem.code}: ${model.problem.message}`,
  ];
}

async function listModels(options: DataOption): Promise<readonly RegisteredModel[]> {
  const config = configFor(options);
  return await withDatabase(config, async (database) =>
    (await openSiteRegistry(config, database)).list(),
  );
}

function listCommand(): Command {
  const command = new Command('list').description(
    'every model, its role, its validated AUC with interval',
  );
  return withDataOption(command).action(async (options: DataOption) => {
    const models = await listModels(options);
    if (models.length === 0)
      print('no models: add a folder with a manifest.json (models/README.md)');
    else
      printTable([
        ['id', 'version', 'role', 'AUC (95% interval)', 'sha256', 'note'],
        ...models.map(describe),
      ]);
  });
}

function verifyCommand(): Command {
  const command = new Command('verify').description(
    'check every manifest and hash; exit 1 when one is refused',
  );
  return withDataOption(command).action(async (options: DataOption) => {
    const models = await listModels(options);
    for (const model of models) {
      print(
        model.problem === undefined
          ? `ok       ${model.id}`
          : `refused  ${model.id}  ${model.problem.message}`,
      );
    }
    if (models.some((model) => model.problem !== undefined)) process.exitCode = 1;
  });
}

interface RoleOptions extends DataOption {
  readonly note?: string;
}

function roleCommand(verb: string, role: ModelRole, description: string): Command {
  const command = new Command(verb)
    .description(description)
    .argument('<id>')
    .option('--note <text>', 'why, for the audit log');
  return withDataOption(command).action(async (id: string, options: RoleOptions) => {
    const config = configFor(options);
    await withDatabase(config, async (database) => {
      const registry = await openSiteRegistry(config, database);
      const model = (await registry.list()).find((candidate) => candidate.id === id);
      if (model?.manifest === undefined)
        throw new RadTriageError('NOT_FOUND', `no usable model ${id}`);
      await registry.setRole({
        modelId: id,
        sha256: model.manifest.sha256,
        role,
        actor: operatorName(),
        note: options.note,
      });
    });
    print(`${id} is now ${role}`);
  });
}

export function modelsCommand(): Command {
  return new Command('models')
    .description('list, verify, promote and retire models')
    .addCommand(listCommand())
    .addCommand(verifyCommand())
    .addCommand(roleCommand('promote', 'active', 'let a model raise and mark studies'))
    .addCommand(roleCommand('shadow', 'shadow', 'let a model run without any effect'))
    .addCommand(roleCommand('retire', 'retired', 'run a model no more'));
}
