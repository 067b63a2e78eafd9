import { Command } from 'commander';
import { examine } from '../doctor/checks.ts';
import { configFor, type DataOption, withDataOption } from '../options.ts';
import { printTable } from '../output.ts';

const MARKS = { ok: 'ok', warning: 'warning', fault: 'FAULT' } as const;

export function doctorCommand(): Command {
  const command = new Command('doctor').description(
    'look at configuration, folders, ports, database, queue and models; exit 1 when something is wrong',
  );
  return withDataOption(command).action(async (options: DataOption) => {
    const findings = await examine(configFor(options));
    printTable(findings.map(({ level, what, detail }) => [MARKS[level], what, detail]));
    if (findings.some((finding) => finding.level === 'fault')) process.exitCode = 1;
  });
}
