import { Command } from 'commander';
import { USER_ROLES } from '#core/finding.ts';
import { appendAudit } from '#platform/audit-log/audit-log.ts';
import { createToken, revokeToken } from '#worklist/accounts/tokens.ts';
import { withDatabase } from '../database-access.ts';
import { operatorName } from '../operator.ts';
import { configFor, type DataOption, withDataOption } from '../options.ts';
import { print } from '../output.ts';

function createCommand(): Command {
  const command = new Command('create')
    .description('make a bearer token for a script; it is printed once')
    .argument('<name>')
    .requiredOption('--role <role...>', `any of ${USER_ROLES.join(', ')}`);
  return withDataOption(command).action(
    async (name: string, options: DataOption & { role: string[] }) => {
      const token = await withDatabase(configFor(options), async (database) => {
        const created = await createToken(database, { name, roles: options.role });
        await appendAudit(database, {
          actor: operatorName(),
          action: 'token-created',
          details: { name, roles: options.role.join(',') },
        });
        return created;
      });
      print(token);
    },
  );
}

function revokeCommand(): Command {
  const command = new Command('revoke').description('end a token').argument('<name>');
  return withDataOption(command).action(async (name: string, options: DataOption) => {
    await withDatabase(configFor(options), async (database) => {
      await revokeToken(database, name);
      await appendAudit(database, {
        actor: operatorName(),
        action: 'token-revoked',
        details: { name },
      });
    });
    print(`token ${name} revoked`);
  });
}

export function tokenCommand(): Command {
  return new Command('token')
    .description('bearer tokens of scripts')
    .addCommand(createCommand())
    .addCommand(revokeCommand());
}
