import { readFile } from 'node:fs/promises';
import { Command } from 'commander';
import { RadTriageError } from '#core/errors.ts';
import type { OutsidePatientId } from '#core/outside-report.ts';
import { checkMessage } from '#ris/check-message.ts';
import { MessageFault } from '#ris/hl7/message-fault.ts';
import { configFor, type DataOption, withDataOption } from '../options.ts';
import { print, printTable } from '../output.ts';

interface CheckOptions extends DataOption {
  readonly sender?: string;
}

function nameIds(ids: readonly OutsidePatientId[]): string {
  return ids.map(({ id, issuers }) => [id, ...issuers].join(' of ')).join(', ');
}

async function check(file: string, options: CheckOptions): Promise<void> {
  const { senders } = configFor(options).hl7;
  const sender =
    options.sender === undefined ? senders[0] : senders.find(({ name }) => name === options.sender);
  if (sender === undefined) {
    throw new RadTriageError('CONFIG_INVALID', 'hl7.senders: there is no such sender');
  }
  try {
    const { reports, merges, ignored } = checkMessage(await readFile(file), sender);
    for (const { from, into } of merges) print(`merged: ${nameIds(from)} into ${nameIds(into)}`);
    const rows = reports.map(({ accessionNumber, word, patient }) => [
      accessionNumber ?? '-',
      word === 'open' ? 'not reported' : word,
      nameIds(patient.ids),
      patient.birthDate ?? '-',
    ]);
    if (rows.length > 0) printTable([['accession', 'word', 'patient', 'born'], ...rows]);
    print(`${rows.length} orders that say something, ${ignored} that are passed over`);
  } catch (error) {
    if (!(error instanceof MessageFault)) throw error;
    print(`${error.answer}: ${error.message}`);
    process.exitCode = 1;
  }
}

/** What a RIS's messages are read as. */
export function hl7Command(): Command {
  const command = new Command('check')
    .description('say what a message would be read as, without doing it')
    .argument('<file>', 'an HL7 v2 message, with its frame or without')
    .option('--sender <name>', 'of hl7.senders; the first without it')
    .action(check);
  return new Command('hl7')
    .description('messages of a RIS that studies were reported elsewhere')
    .addCommand(withDataOption(command));
}
