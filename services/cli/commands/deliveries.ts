import { Command } from 'commander';
import { DELIVERY_STATES } from '#core/delivery-state.ts';
import { RadTriageError } from '#core/errors.ts';
import { decideDelivery, resendAll } from '#delivery/destinations/decide-deliveries.ts';
import { type ListedDelivery, listDeliveries } from '#delivery/destinations/list-deliveries.ts';
import { withDatabase } from '../database-access.ts';
import { operatorName } from '../operator.ts';
import { configFor, type DataOption, withDataOption } from '../options.ts';
import { print, printTable } from '../output.ts';

const MAX_LISTED = 500;

const utc = (time: Date): string => time.toISOString().slice(0, 19).replace('T', ' ');

function describe(row: ListedDelivery): string[] {
  const { state, sentAt, commitmentState } = row;
  return [
    ...[row.deliveryKey, row.destination, state, row.kind, utc(row.createdAt)],
    String(row.attempts),
    sentAt === null ? '-' : utc(sentAt),
    commitmentState ?? '-',
    row.sopInstanceUid,
    (state === 'sent' ? row.warning : row.lastError) ?? '',
  ];
}

const HEADING = [
  ...['id', 'destination', 'state', 'kind', 'planned (UTC)', 'tries', 'sent', 'commitment'],
  ...['object', 'remark'],
];

interface ListOptions extends DataOption {
  readonly all?: boolean;
  readonly destination?: string;
}

function listCommand(): Command {
  const command = new Command('list')
    .description('what is dead and what waits, the newest first; with --all what was sent too')
    .option('--all', 'what was sent, superseded and dismissed too')
    .option('--destination <name>', 'of one destination alone');
  return withDataOption(command).action(async (options: ListOptions) => {
    const all = options.all === true;
    const states = all ? DELIVERY_STATES : (['dead', 'waiting'] as const);
    const { destination } = options;
    const rows = await withDatabase(configFor(options), (database) =>
      listDeliveries(database, { states, limit: MAX_LISTED, destination }),
    );
    if (rows.length === 0)
      print(all ? 'nothing was ever planned' : 'nothing waits, nothing is dead');
    else printTable([HEADING, ...rows.map(describe)]);
  });
}

interface ResendOptions extends DataOption {
  readonly destination?: string;
}

function resendCommand(): Command {
  const command = new Command('resend')
    .description('send dead letters again: those named, or all of a destination')
    .argument('[ids...]', 'as listed')
    .option('--destination <name>', 'all dead letters of this destination');
  return withDataOption(command).action(async (keys: string[], options: ResendOptions) => {
    const { destination: name } = options;
    if ((keys.length === 0) === (name === undefined)) {
      throw new RadTriageError('REQUEST_INVALID', 'name either ids or --destination');
    }
    const wrong = keys.find((key) => !/^\d{1,18}$/.test(key));
    if (wrong !== undefined) throw new RadTriageError('REQUEST_INVALID', `no such id: ${wrong}`);
    const config = configFor(options);
    const { destinations } = config;
    const actor = operatorName();
    const count = await withDatabase(config, async (database) => {
      if (name !== undefined) return resendAll(database, destinations, { name, actor });
      for (const key of keys) {
        await decideDelivery(database, destinations, { key, event: 'resend', actor });
      }
      return keys.length;
    });
    print(`${count} sent again by the next worker that looks`);
  });
}

export function deliveriesCommand(): Command {
  return new Command('deliveries')
    .description('look at results on their way to destinations, and send dead letters again')
    .addCommand(listCommand())
    .addCommand(resendCommand());
}
