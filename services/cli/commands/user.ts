import { Command } from 'commander';
import { USER_ROLES } from '#core/finding.ts';
import { appendAudit } from '#platform/audit-log/audit-log.ts';
import {
  createAccount,
  listAccounts,
  setDisabled,
  setPassword,
} from '#worklist/accounts/accounts.ts';
import { withDatabase } from '../database-access.ts';
import { operatorName } from '../operator.ts';
import { configFor, type DataOption, withDataOption } from '../options.ts';
import { print, printTable } from '../output.ts';
import { readPassword } from '../read-password.ts';

function addCommand(): Command {
  const command = new Command('add')
    .description('create an account; the password is read from standard input')
    .argument('<name>')
    .requiredOption('--role <role...>', `any of ${USER_ROLES.join(', ')}`);
  return withDataOption(command).action(
    async (name: string, options: DataOption & { role: string[] }) => {
      const password = await readPassword();
      await withDatabase(configFor(options), async (database) => {
        await createAccount(database, { username: name, password, roles: options.role });
        await appendAudit(database, {
          actor: operatorName(),
          action: 'user-created',
          details: { username: name, roles: options.role.join(',') },
        });
      });
      print(`user ${name} created`);
    },
  );
}

function passwordCommand(): Command {
  const command = new Command('password')
    .description('set a password, read from standard input')
    .argument('<name>');
  return withDataOption(command).action(async (name: string, options: DataOption) => {
    const password = await readPassword();
    await withDatabase(configFor(options), async (database) => {
      await setPassword(database, name, password);
      await appendAudit(database, {
        actor: operatorName(),
        action: 'user-password-set',
        details: { username: name },
      });
    });
    print(`password of ${name} set`);
  });
}

function switchCommand(verb: 'disable' | 'enable'): Command {
  const command = new Command(verb).description(`${verb} an account`).argument('<name>');
  return withDataOption(command).action(async (name: string, options: DataOption) => {
    await withDatabase(configFor(options), async (database) => {
      await setDisabled(database, name, verb === 'disable');
      await appendAudit(database, {
        actor: operatorName(),
        action: `user-${verb}d`,
        details: { username: name },
      });
    });
    print(`user ${name} ${verb}d`);
  });
}

function listCommand(): Command {
  const command = new Command('list').description('list the accounts');
  return withDataOption(command).action(async (options: DataOption) => {
    const accounts = await withDatabase(configFor(options), (database) => listAccounts(database));
    const rows = accounts.map((a) => [
      a.username,
      a.roles.join(','),
      a.disabled ? 'disabled' : 'active',
    ]);
    printTable([['name', 'roles', 'state'], ...rows]);
  });
}

export function userCommand(): Command {
  return new Command('user')
    .description('accounts of people')
    .addCommand(addCommand())
    .addCommand(passwordCommand())
    .addCommand(switchCommand('disable'))
    .addCommand(switchCommand('enable'))
    .addCommand(listCommand());
}
