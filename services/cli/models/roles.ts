import { Command, Option } from 'commander';
import { RadTriageError } from '#core/errors.ts';
import type { ModelRole } from '#core/finding.ts';
import type { ModelReference, ModelRegistry, RegisteredModel } from '#models/registry/registry.ts';
import { withDatabase } from '../database-access.ts';
import { openSiteRegistry } from '../model-registry.ts';
import { operatorName } from '../operator.ts';
import { configFor, type DataOption, withDataOption } from '../options.ts';
import { print, printNote } from '../output.ts';
import { confirm } from './confirm.ts';
import { nameOf } from './describe.ts';
import { readEvaluation } from './evaluation.ts';
import { printPromotion } from './promotion.ts';
import { parseModelReference } from './reference.ts';

interface RoleOptions extends DataOption {
  readonly note?: string;
}

interface PromoteOptions extends DataOption {
  readonly note: string;
  readonly previous: Exclude<ModelRole, 'active'>;
  readonly allowDemonstration?: boolean;
  readonly evaluation?: string;
  readonly yes?: boolean;
}

/** Without a version: the one that is to be promoted is one that is not active. */
async function findCandidate(
  registry: ModelRegistry,
  reference: ModelReference,
): Promise<RegisteredModel> {
  if (reference.version !== undefined) return registry.find(reference);
  const versions = (await registry.list()).filter((model) => model.id === reference.modelId);
  const waiting = versions.filter((model) => model.role !== 'active');
  const [only, other] = waiting;
  if (other === undefined) return only ?? registry.find(reference);
  const names = waiting.map(nameOf).join(', ');
  throw new RadTriageError('REQUEST_INVALID', `say which version: ${names}`);
}

const PROMOTE_HELP = `
First the figures of its validation are shown, and what it made of this site's own studies while it was in shadow.
The version that was active until now goes on in shadow, or is retired with --previous retired. Studies analysed
from now on are raised and marked; earlier ones are left as they are.

--evaluation takes the report that \`radtriage evaluate\` wrote on images of this site. It must be of this very file
and manifest; its figures are kept with the promotion and shown by \`models show\`.

Examples:
  radtriage models promote cxr-opacity --note "agreed with readers on 500 of our own studies"
  radtriage models promote cxr-opacity --evaluation report/report.json --note "sensitive enough here"
  radtriage models promote cxr-opacity@1.1.0 --note "fewer false alarms on bedside films" --previous retired --yes`;

export function promoteCommand(): Command {
  const command = new Command('promote')
    .description('let a version raise and mark studies; at most one version of a model does')
    .argument('<model>', 'ID or ID@VERSION')
    .requiredOption('--note <text>', 'why, for the audit log')
    .addOption(
      new Option('--previous <role>', 'what becomes of the version that was active')
        .choices(['shadow', 'retired'])
        .default('shadow'),
    )
    .option('--evaluation <report>', 'report.json of `radtriage evaluate` for this very version')
    .option('--allow-demonstration', 'also a model that is not for patients')
    .option('--yes', 'do not ask')
    .addHelpText('after', PROMOTE_HELP);
  return withDataOption(command).action(async (name: string, options: PromoteOptions) => {
    const config = configFor(options);
    await withDatabase(config, async (database) => {
      const registry = await openSiteRegistry(config, database);
      const model = await findCandidate(registry, parseModelReference(name));
      const active = (await registry.list()).find(
        (other) => other.id === model.id && other.role === 'active',
      );
      const given =
        options.evaluation === undefined
          ? undefined
          : await readEvaluation(options.evaluation, model);
      const evaluation = given ?? model.evaluation;
      await printPromotion(model, { active, evaluation, database, config });
      // A script has said what it wants by giving the note; a person is asked once more.
      if (options.yes !== true && process.stdin.isTTY) await confirm(`Promote ${nameOf(model)}?`);
      const { id: modelId, version, sha256 } = model;
      const { note, allowDemonstration, previous: previousRole } = options;
      const { displaced } = await registry.setRole({
        ...{ modelId, version, sha256, note, allowDemonstration, previousRole },
        role: 'active',
        actor: operatorName(),
        evaluation: given,
      });
      print(`${nameOf(model)} is now active`);
      if (displaced !== undefined) {
        const now = displaced.role === 'shadow' ? 'goes on in shadow' : 'is retired';
        print(`${modelId}@${displaced.version}, active until now, ${now}`);
      }
    });
  });
}

function roleCommand(role: Exclude<ModelRole, 'active'>, command: Command): Command {
  command.argument('<model>', 'ID or ID@VERSION').option('--note <text>', 'why, for the audit log');
  return withDataOption(command).action(async (name: string, options: RoleOptions) => {
    const config = configFor(options);
    await withDatabase(config, async (database) => {
      const registry = await openSiteRegistry(config, database);
      const model = await registry.find(parseModelReference(name));
      const { id: modelId, version, sha256 } = model;
      const change = { modelId, version, sha256, role, note: options.note };
      await registry.setRole({ ...change, actor: operatorName() });
      print(`${nameOf(model)} is now ${role === 'shadow' ? 'in shadow' : 'retired'}`);
    });
  });
}

export function shadowCommand(): Command {
  return roleCommand(
    'shadow',
    new Command('shadow')
      .description('let a version run and be recorded, without any effect on a study')
      .addHelpText('after', '\nExample:\n  radtriage models shadow cxr-opacity@1.1.0'),
  );
}

export function retireCommand(): Command {
  return roleCommand(
    'retired',
    new Command('retire')
      .description('run a version no more; what it said stays on record')
      .addHelpText(
        'after',
        '\nExample:\n  radtriage models retire cxr-opacity@1.0.0 --note "replaced"',
      ),
  );
}

export function removeCommand(): Command {
  const command = new Command('remove')
    .description(
      'forget a version, and delete the files that `add` had kept; not while it is active',
    )
    .argument('<model>', 'ID@VERSION')
    .option('--yes', 'do not ask')
    .addHelpText(
      'after',
      `
What it said of studies stays on record. The files of a model in a directory of the site's own are left where they
are: only their pin is lifted, so that they may change.

Example:
  radtriage models remove cxr-opacity@1.0.0`,
    );
  return withDataOption(command).action(
    async (name: string, options: DataOption & { readonly yes?: boolean }) => {
      const config = configFor(options);
      const { modelId, version } = parseModelReference(name);
      if (version === undefined) {
        throw new RadTriageError('REQUEST_INVALID', 'say which version: ID@VERSION');
      }
      if (options.yes !== true) await confirm(`Remove ${name}?`);
      await withDatabase(config, async (database) => {
        const registry = await openSiteRegistry(config, database);
        const areDeleted = await registry.remove({ modelId, version }, operatorName());
        print(`${name} is forgotten`);
        if (!areDeleted) printNote('its files are not ours and stay where they are');
      });
    },
  );
}
