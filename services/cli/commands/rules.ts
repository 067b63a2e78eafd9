import { Command, InvalidArgumentError, Option } from 'commander';
import type { CompletenessRules } from '#core/completeness/rule.ts';
import { RadTriageError } from '#core/errors.ts';
import { readStudies } from '#intake/rule-tester/read-studies.ts';
import {
  checkCompletenessRules,
  DEFAULT_COMPLETENESS_RULE_FILE,
  loadCompletenessRules,
  readRuleFile,
} from '#platform/completeness-rule/load-rule.ts';
import { type Config, loadConfigFromProcess } from '#platform/config/config.ts';
import { loadPriorityRule } from '#platform/priority-rule/load-rule.ts';
import { print, printJson, printNote, startProgress } from '../output.ts';
import { judgeStudy, type Setting } from '../rules/judge-study.ts';
import { printRules, printSum, printVerdict } from '../rules/print-rules.ts';
import { ModelTally } from '../rules/test-models.ts';

interface RuleOptions {
  readonly rule?: string;
  readonly config?: string;
  readonly json?: boolean;
}

interface TestOptions extends RuleOptions {
  readonly by: 'files' | 'receipt';
  readonly interval: number;
  readonly signal?: keyof typeof SIGNALS;
  readonly callingAe?: string;
}

const SIGNALS = {
  release: 'association-released',
  ian: 'instance-availability',
  mpps: 'mpps-completed',
} as const satisfies Record<string, NonNullable<Setting['signal']>>;
const SHOWN_FAULTS = 20;

function withRuleOptions(command: Command): Command {
  return command
    .option('--rule <file>', 'completeness rules to use instead of those of the configuration')
    .option('--config <file>', 'configuration to use (RADTRIAGE_CONFIG without it)')
    .option('--json', 'one JSON object on standard output');
}

function openRules(options: RuleOptions): {
  config: Config;
  file: string;
  rules: CompletenessRules;
} {
  const config = loadConfigFromProcess({}, options.config);
  const file =
    options.rule ?? config.assembly.completenessRuleFile ?? DEFAULT_COMPLETENESS_RULE_FILE;
  return { config, file, rules: loadCompletenessRules(file) };
}

async function testDirectory(directory: string, options: TestOptions): Promise<void> {
  const { config, rules } = openRules(options);
  const models = await ModelTally.open(config);
  const progress = startProgress('reading');
  let total = 0;
  const { studies, others, unreadable } = await readStudies({
    directory,
    callingAe: options.callingAe,
    onFiles: (files) => {
      total = files;
    },
    onRead: (files) => progress.advance(files, total),
    onImage: (uid, attributes) => models.add(uid, attributes),
  }).finally(() => progress.stop());
  for (const { path, code, message } of unreadable.slice(0, SHOWN_FAULTS)) {
    printNote(`${path}: ${code}: ${message}`);
  }
  if (studies.length === 0) {
    throw new RadTriageError('NOT_FOUND', `no DICOM study below ${directory}`);
  }
  const setting: Setting = {
    config,
    rules,
    priorityRule: loadPriorityRule(config.priorityRuleFile),
    by: options.by,
    interval: options.interval,
    signal: options.signal === undefined ? undefined : SIGNALS[options.signal],
  };
  const verdicts = studies.map((study) =>
    judgeStudy(study, setting, models.of(study.studyInstanceUid)),
  );
  const { id, version } = rules;
  if (options.json) {
    printJson({ rules: { id, version }, studies: verdicts, otherFiles: others, unreadable });
  } else {
    print(`rules ${id}, version ${version}`);
    for (const verdict of verdicts) {
      print('');
      printVerdict(verdict);
    }
    printSum({ studies: verdicts.length, others, unreadable: unreadable.length });
  }
  if (unreadable.length > 0) process.exitCode = 1;
}

function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (text.trim() === '' || !(seconds >= 0 && seconds <= 3_600)) {
    throw new InvalidArgumentError('seconds from 0 to 3600');
  }
  return seconds;
}

function testCommand(): Command {
  const command = new Command('test')
    .description('tell what would have happened to the studies of a folder, and why')
    .argument('<dir>', 'a file, or a folder at any depth; only headers are read')
    .addOption(
      new Option(
        '--by <order>',
        'let them arrive by path, one each --interval, or when their files were last changed',
      )
        .choices(['files', 'receipt'])
        .default('files'),
    )
    .option('--interval <seconds>', 'from file to file', parseSeconds, 0.1)
    .addOption(
      new Option('--signal <kind>', 'what is heard once all have come').choices(
        Object.keys(SIGNALS),
      ),
    )
    .option('--calling-ae <title>', 'take them to come from this AE (that of their file meta)');
  return withRuleOptions(command).action(testDirectory);
}

function checkCommand(): Command {
  return new Command('check')
    .description('say every fault of a rule file at once; exit 1 when it has any')
    .argument('<file>', 'a YAML file of completeness rules')
    .action((file: string) => {
      const { rules, faults } = checkCompletenessRules(readRuleFile(file));
      for (const fault of faults) print(fault);
      if (rules === undefined) {
        print(`${file}: ${faults.length} ${faults.length === 1 ? 'fault' : 'faults'}`);
        process.exitCode = 1;
        return;
      }
      print(
        `${file}: ${rules.id}, version ${rules.version}, ${rules.rules.length} rules, no fault`,
      );
    });
}

function showCommand(): Command {
  const command = new Command('show').description('show the rules in force, as they are tried');
  return withRuleOptions(command).action((options: RuleOptions) => {
    const { file, rules } = openRules(options);
    if (options.json) {
      printJson({ file, ...rules });
      return;
    }
    print(`${rules.id}, version ${rules.version}: ${file}`);
    printRules(rules);
  });
}

export function rulesCommand(): Command {
  return new Command('rules')
    .description('test, check and show the rules by which a study is complete')
    .addCommand(testCommand())
    .addCommand(checkCommand())
    .addCommand(showCommand());
}
