import { setTimeout } from 'node:timers/promises';
import { Command, InvalidArgumentError } from 'commander';
import { RadTriageError } from '#core/errors.ts';
import type { Database } from '#platform/database/connect.ts';
import {
  findRule,
  requestTest,
  resendNotification,
} from '#platform/notifications/manage-notifications.ts';
import {
  listNotifications,
  type NotificationRow,
  readNotification,
} from '#platform/notifications/read-notifications.ts';
import { withDatabase } from '../database-access.ts';
import { operatorName } from '../operator.ts';
import { configFor, type DataOption, withDataOption } from '../options.ts';
import { print, printTable } from '../output.ts';

const MAX_LISTED = 500;
const LOOK_MS = 250;

const utc = (time: Date): string => time.toISOString().slice(0, 19).replace('T', ' ');

function describe(row: NotificationRow): string[] {
  const { acknowledgedBy, acknowledgedAt, sentAt, state, nextAttemptAt } = row;
  const acknowledged = acknowledgedAt === null ? '-' : `${acknowledgedBy} ${utc(acknowledgedAt)}`;
  return [
    row.notificationKey,
    state,
    row.rule,
    utc(row.createdAt),
    String(row.attempts),
    sentAt === null ? '-' : utc(sentAt),
    state === 'waiting' ? utc(nextAttemptAt) : '-',
    acknowledged,
    row.content?.studyInstanceUid ?? 'test',
    row.lastError ?? '',
  ];
}

const HEADING = [
  ...['id', 'state', 'rule', 'planned (UTC)', 'tries', 'sent', 'next try'],
  ...['acknowledged', 'study', 'last error'],
];

interface ListOptions extends DataOption {
  readonly all?: boolean;
}

function listCommand(): Command {
  const command = new Command('list')
    .description('what was given up and what waits, the newest first; with --all what was sent too')
    .option('--all', 'what was sent and dismissed too');
  return withDataOption(command).action(async (options: ListOptions) => {
    const rows = await withDatabase(configFor(options), (database) =>
      listNotifications(database, MAX_LISTED),
    );
    const all = options.all === true;
    const shown = rows.filter(({ state }) => all || state === 'dead' || state === 'waiting');
    if (shown.length === 0) {
      print(all ? 'no notification was ever planned' : 'nothing waits, and nothing was given up');
      return;
    }
    printTable([HEADING, ...shown.map(describe)]);
  });
}

function resendCommand(): Command {
  const command = new Command('resend')
    .description('send again what was given up or dismissed')
    .argument('<id>', 'as listed');
  return withDataOption(command).action(async (key: string, options: DataOption) => {
    if (!/^\d{1,18}$/.test(key)) throw new RadTriageError('REQUEST_INVALID', `no such id: ${key}`);
    const config = configFor(options);
    const act = { actor: operatorName(), now: new Date() };
    await withDatabase(config, (database) =>
      resendNotification(database, { key, rules: config.notifications.rules }, act),
    );
    print(`${key} is sent again by the next worker that looks`);
  });
}

function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (!Number.isFinite(seconds) || seconds < 0) throw new InvalidArgumentError('a number from 0');
  return seconds;
}

/** Until a worker has tried it, or the time is over. */
async function awaitTry(database: Database, key: string, until: number): Promise<NotificationRow> {
  for (;;) {
    const row = await readNotification(database, key);
    const isTried = row.state !== 'waiting' || row.lastError !== null;
    if (isTried || Date.now() >= until) return row;
    await setTimeout(LOOK_MS);
  }
}

interface TestOptions extends DataOption {
  readonly wait: number;
}

function testCommand(): Command {
  const command = new Command('test')
    .description('have a worker send a test, which is marked as one and tells of no study')
    .argument('<rule>', 'its name in notifications.rules')
    .option('--wait <seconds>', 'how long to wait for what comes of it', parseSeconds, 30);
  return withDataOption(command).action(async (name: string, options: TestOptions) => {
    const config = configFor(options);
    const rule = findRule(config.notifications.rules, name);
    const until = Date.now() + options.wait * 1_000;
    const row = await withDatabase(config, async (database) => {
      const act = { actor: operatorName(), now: new Date() };
      return awaitTry(database, await requestTest(database, rule, act), until);
    });
    if (row.state === 'sent') {
      print(`${row.notificationKey} was taken by ${new URL(rule.url).origin}`);
      return;
    }
    const why = row.lastError ?? 'no worker has tried it yet: does one run?';
    throw new RadTriageError('RECEIVER_UNREACHABLE', `${row.notificationKey} not sent: ${why}`);
  });
}

export function notificationsCommand(): Command {
  return new Command('notifications')
    .description('look at who was told of results, send again, test a rule')
    .addCommand(listCommand())
    .addCommand(resendCommand())
    .addCommand(testCommand());
}
