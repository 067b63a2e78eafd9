import { Command } from 'commander';
import { examine } from '../doctor/checks.ts';
import { printSite } from '../doctor/print-site.ts';
import { configFor, type DataOption, withDataOption } from '../options.ts';
import { printJson, printTable } from '../output.ts';

const MARKS = { ok: 'ok', warning: 'warning', fault: 'FAULT' } as const;

export function doctorCommand(): Command {
  const command = new Command('doctor')
    .description(
      'look at configuration, folders, ports, database, queue and models, who was at the DICOM door and what waits; exit 1 when something is wrong',
    )
    .option('--json', 'one line that a script can parse, with the facts behind the findings');
  return withDataOption(command).action(async (options: DataOption & { json?: boolean }) => {
    const { findings, site } = await examine(configFor(options));
    const ok = findings.every(({ level }) => level !== 'fault');
    if (options.json === true) printJson({ ok, findings, site });
    else {
      printTable(findings.map(({ level, what, detail }) => [MARKS[level], what, detail]));
      if (site !== undefined) printSite(site);
    }
    if (!ok) process.exitCode = 1;
  });
}
