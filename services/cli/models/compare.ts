import { writeFileSync } from 'node:fs';
import { Command } from 'commander';
import type { ModelComparison } from '#contracts/model-comparison.ts';
import { RadTriageError } from '#core/errors.ts';
import { loadPriorityRule } from '#platform/priority-rule/load-rule.ts';
import { compareModels } from '#quality/model-comparison/compare-models.ts';
import { printHtml } from '#quality/model-comparison/print-html.ts';
import { readComparedStudies } from '#quality/model-comparison/read-studies.ts';
import {
  describeBeside,
  describeProportion,
  describeTogether,
} from '#quality/model-comparison/words.ts';
import { withDatabase } from '../database-access.ts';
import { openSiteRegistry } from '../model-registry.ts';
import { configFor, type DataOption, withDataOption } from '../options.ts';
import { print, printJson, printTable } from '../output.ts';
import { parseModelReference } from './reference.ts';

const SHOWN_DIFFERENCES = 20;

interface CompareOptions extends DataOption {
  readonly from?: string;
  readonly to?: string;
  readonly json?: boolean;
  readonly html?: string;
}

function parseTime(text: string | undefined, option: string): Date | undefined {
  if (text === undefined) return undefined;
  const time = new Date(text);
  if (!Number.isNaN(time.getTime())) return time;
  throw new RadTriageError('REQUEST_INVALID', `${option} ${text} is no time; 2026-11-01 is one`);
}

function printDifferences(report: ModelComparison): void {
  if (report.differences.length === 0) return;
  const word = (flagged: boolean, score: number | null) =>
    `${flagged ? 'flagged' : '-'} ${score?.toFixed(3) ?? ''}`.trim();
  print('\nStudies that differ:');
  printTable([
    ['study', 'A', 'B', 'places gained with B'],
    ...report.differences
      .slice(0, SHOWN_DIFFERENCES)
      .map((one) => [
        one.studyInstanceUid,
        word(one.flaggedA, one.scoreA),
        word(one.flaggedB, one.scoreB),
        String(one.placesGained),
      ]),
  ]);
  const more = report.differences.length - Math.min(SHOWN_DIFFERENCES, report.differences.length);
  const leftOut = more + report.differencesLeftOut;
  if (leftOut > 0) print(`and ${leftOut} more: --json or --html has them`);
}

/** The report on the terminal. */
export function printComparison(report: ModelComparison): void {
  if (report.compared === 0) {
    print('no study was analysed by both yet');
    printTable(describeTogether(report).slice(0, 2));
    return;
  }
  printTable(describeTogether(report));
  print('');
  printTable([['', 'A', 'B'], ...describeBeside(report)]);
  print('');
  printTable([
    ['flagged by subgroup', '', 'A', 'B'],
    ...report.subgroups.map(({ by, group, flaggedA, flaggedB }) => [
      by,
      group,
      describeProportion(flaggedA),
      describeProportion(flaggedB),
    ]),
  ]);
  printDifferences(report);
  for (const caveat of report.caveats) print(`\nnote: ${caveat}`);
}

const EXAMPLES = `
Examples:
  radtriage models compare cxr-opacity cxr-opacity@1.1.0
  radtriage models compare cxr-opacity@1.0.0 other-model@2.0.0 --from 2026-11-01 --html report.html

A version is ID@VERSION; ID alone means its active version, else the newest. Studies are counted when both analysed
the same images. Each model is taken as if it alone were active.`;

export function compareCommand(): Command {
  const command = new Command('compare')
    .description('what two versions made of the studies that both saw, such as one in shadow')
    .argument('<a>', 'the one in use, ID or ID@VERSION')
    .argument('<b>', 'the candidate')
    .option('--from <time>', 'studies received from then, in UTC unless it says otherwise')
    .option('--to <time>', 'until before then')
    .option('--json', 'as JSON')
    .option('--html <file>', 'write a page that needs nothing besides itself')
    .addHelpText('after', EXAMPLES);
  return withDataOption(command).action(async (a: string, b: string, options: CompareOptions) => {
    const config = configFor(options);
    const from = parseTime(options.from, '--from');
    const to = parseTime(options.to, '--to');
    const rule = loadPriorityRule(config.priorityRuleFile);
    const report = await withDatabase(config, async (database) => {
      const registry = await openSiteRegistry(config, database);
      const versions = [];
      for (const name of [a, b]) {
        const { id: modelId, version } = await registry.find(parseModelReference(name));
        versions.push({ modelId, version });
      }
      const [first, second] = versions;
      if (first === undefined || second === undefined) throw new TypeError('two were found');
      if (first.modelId === second.modelId && first.version === second.version) {
        throw new RadTriageError('REQUEST_INVALID', `${a} and ${b} are the same version`);
      }
      const input = await readComparedStudies(database, { a: first, b: second, from, to });
      return compareModels(input, rule);
    });
    if (options.html !== undefined) writeFileSync(options.html, printHtml(report));
    if (options.json === true) printJson(report);
    else printComparison(report);
  });
}
