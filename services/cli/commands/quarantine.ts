import { Command } from 'commander';
import { RadTriageError } from '#core/errors.ts';
import { QUARANTINE_STATES, type QuarantineDecision } from '#core/quarantine-state.ts';
import { decideQuarantine } from '#intake/corrections/decide-quarantine.ts';
import { listQuarantine, type QuarantineEntry } from '#intake/corrections/list-quarantine.ts';
import { openBlobStore } from '#platform/blob-store/blob-store.ts';
import { loadPriorityRule } from '#platform/priority-rule/load-rule.ts';
import { withDatabase } from '../database-access.ts';
import { operatorName } from '../operator.ts';
import { configFor, type DataOption, withDataOption } from '../options.ts';
import { print, printTable } from '../output.ts';
import { archiveDirectory } from '../site.ts';

const MAX_LISTED = 500;

function describe(entry: QuarantineEntry): string[] {
  const { arrived, kept, note } = entry;
  const differs = note === null ? entry.differences.join(' ') : `${note.title} (${note.named})`;
  return [
    entry.quarantineId,
    entry.state,
    entry.reason,
    entry.arrivedAt.toISOString().slice(0, 19).replace('T', ' '),
    arrived.callingAe,
    kept?.callingAe ?? '-',
    differs === '' ? '-' : differs,
    arrived.sopInstanceUid,
  ];
}

interface ListOptions extends DataOption {
  readonly all?: boolean;
}

function listCommand(): Command {
  const command = new Command('list')
    .description('what waits for a decision, the newest first')
    .option('--all', 'what was decided too');
  return withDataOption(command).action(async (options: ListOptions) => {
    const states = options.all === true ? QUARANTINE_STATES : (['waiting'] as const);
    const entries = await withDatabase(configFor(options), (database) =>
      listQuarantine(database, { states, limit: MAX_LISTED }),
    );
    if (entries.length === 0) {
      print(options.all === true ? 'nothing was ever held back' : 'nothing waits for a decision');
      return;
    }
    printTable([
      ['id', 'state', 'why', 'arrived (UTC)', 'from', 'kept from', 'what differs', 'instance'],
      ...entries.map(describe),
    ]);
  });
}

interface DecideOptions extends DataOption {
  readonly reason: string;
}

const DONE = {
  adopted: 'adopted: its study is analysed anew',
  dismissed: 'dismissed: it stays kept',
  waiting: 'it waits again',
} as const;

function decideCommand(decision: QuarantineDecision, description: string): Command {
  const command = new Command(decision)
    .description(description)
    .argument('<id>', 'as listed')
    .requiredOption('--reason <text>', 'why, for the audit log; no patient data');
  return withDataOption(command).action(async (id: string, options: DecideOptions) => {
    if (!/^\d{1,18}$/.test(id)) throw new RadTriageError('REQUEST_INVALID', `no such id: ${id}`);
    const config = configFor(options);
    const blobs = await openBlobStore({ directory: archiveDirectory(config) });
    try {
      const rules = { config, rule: loadPriorityRule(config.priorityRuleFile) };
      const given = { quarantineId: id, decision, actor: operatorName(), reason: options.reason };
      const state = await withDatabase(config, (database) =>
        decideQuarantine({ database, blobs, rules }, given),
      );
      print(`${id} ${DONE[state]}`);
    } finally {
      await blobs.close();
    }
  });
}

export function quarantineCommand(): Command {
  return new Command('quarantine')
    .description('look at what was held back, and decide on it')
    .addCommand(listCommand())
    .addCommand(decideCommand('adopt', 'make the newer content current, or obey the note'))
    .addCommand(decideCommand('dismiss', 'keep what there is; the newer content stays kept'))
    .addCommand(decideCommand('undo', 'take a decision back'));
}
