import { type DemandPart, judgeDemands } from './demands.ts';
import type { StudyEvidence } from './evidence.ts';
import { findRule } from './match-rule.ts';
import { type CompletenessRule, type CompletenessRules, demandsAnything } from './rule.ts';
import { judgeSignals } from './signals.ts';

/** Where a study stands in time. Milliseconds since the epoch. */
export interface StudyClock {
  readonly now: number;
  /** Its first image, or the first after it was closed. */
  readonly waitingSince: number;
  /** Its last image so far. */
  readonly quietSince: number;
  /** The modality's own quiet time, where the rule gives none. */
  readonly quietSeconds: number;
  /**
   * Whether all demands were met when the study was closed before. Then they say nothing about images that came
   * later: signals and quiet decide.
   */
  readonly demandsMetBefore: boolean;
}

export interface Completion {
  readonly complete: true;
  readonly by: 'demand' | 'signal' | 'quiet' | 'longest-wait';
  /** In words, without patient data. */
  readonly reason: string;
  readonly rule: CompletenessRule;
  /** Null for a rule that demands nothing. */
  readonly demandsMet: boolean | null;
  /** Key of the last signal that this closing uses up. */
  readonly signalsUsedUpTo: number;
}

export interface Waiting {
  readonly complete: false;
  /** What is missing, in words without patient data. */
  readonly waitingFor: string;
  readonly rule: CompletenessRule;
  /** When the study is complete if nothing more is heard of it. */
  readonly nextAt: number;
  /** When it is complete whatever comes. */
  readonly latestAt: number;
  /** Whether a further image alone may complete it before. */
  readonly imagesMayComplete: boolean;
}

export type CompletenessDecision = Completion | Waiting;

const SECOND = 1_000;
const MINUTE = 60_000;

function inWords(seconds: number): string {
  const rounded = Math.round(seconds * 10) / 10;
  if (rounded < 120) return `${rounded} s`;
  return `${Math.round(seconds / 6) / 10} min`;
}

/** Evidence that a study is whole, and when it counts. */
interface Ground {
  readonly by: Completion['by'];
  readonly at: number;
  readonly reason: string;
}

interface Judgement {
  readonly rule: CompletenessRule;
  readonly parts: readonly DemandPart[];
  readonly allMet: boolean;
  readonly signals: ReturnType<typeof judgeSignals>;
}

function judge(rules: CompletenessRules, evidence: StudyEvidence): Judgement {
  const rule = findRule(rules, evidence);
  const parts = judgeDemands(rule.demand, evidence);
  const allMet = parts.length > 0 && parts.every(({ met }) => met);
  return { rule, parts, allMet, signals: judgeSignals(rule.signals, evidence) };
}

function wordsOf(parts: readonly DemandPart[], met: boolean): string {
  return parts
    .filter((part) => part.met === met)
    .map(({ words }) => words)
    .join(', ');
}

/** What is still missing, of the demands and of what signals name. */
function missingWords({ parts, signals }: Judgement): string {
  return [wordsOf(parts, false), signals.missing ?? ''].filter((words) => words !== '').join(', ');
}

function fallBacks(judgement: Judgement, clock: StudyClock): Ground[] {
  const { rule } = judgement;
  const quietSeconds = rule.quietSeconds ?? clock.quietSeconds;
  const missing = missingWords(judgement);
  const without = missing === '' ? '' : `; rule ${rule.name}: ${missing}`;
  return [
    {
      by: 'quiet',
      at: clock.quietSince + quietSeconds * SECOND,
      reason: `quiet for ${inWords(quietSeconds)}${without}`,
    },
    {
      by: 'longest-wait',
      at: clock.waitingSince + rule.longestWaitMinutes * MINUTE,
      reason: `${inWords(rule.longestWaitMinutes * 60)} since the first image, the longest wait${without}`,
    },
  ];
}

/** What closes a study before it has been quiet for long. */
function shortCuts(judgement: Judgement, clock: StudyClock): Ground[] {
  const { rule, parts, allMet, signals } = judgement;
  const grounds: Ground[] = [];
  // Instances that a trusted signal names and that are not here: the study is known not to be whole.
  if (signals.missing !== undefined) return grounds;
  if (allMet && !clock.demandsMetBefore) {
    grounds.push({
      by: 'demand',
      at: clock.quietSince + rule.settleSeconds * SECOND,
      reason: `rule ${rule.name}: ${wordsOf(parts, true)}`,
    });
  }
  if (signals.whole !== undefined) {
    const since = Math.max(signals.whole.since, clock.quietSince);
    const unmet = wordsOf(parts, false);
    const without = unmet === '' ? '' : `; rule ${rule.name}: ${unmet}`;
    grounds.push({
      by: 'signal',
      at: since + rule.graceSeconds * SECOND,
      reason: `${signals.whole.words}${without}`,
    });
  }
  return grounds;
}

function describeWait(judgement: Judgement, ground: Ground, clock: StudyClock): string {
  const missing = missingWords(judgement);
  if (missing !== '') return missing;
  const silence = `${inWords((ground.at - clock.quietSince) / SECOND)} without a further image`;
  if (ground.by === 'signal')
    return `${ground.reason}; grace of ${inWords(judgement.rule.graceSeconds)}`;
  return ground.by === 'demand' ? `${ground.reason}; ${silence}` : silence;
}

/**
 * Whether a study is complete, by which ground, or what it waits for. Pure: the same evidence at the same time gives
 * the same answer, in whatever order it came. Whatever is heard, it is complete once it has been quiet for its time,
 * and after the longest wait at the latest; evidence can only bring that forward.
 */
export function decideCompleteness(
  rules: CompletenessRules,
  evidence: StudyEvidence,
  clock: StudyClock,
): CompletenessDecision {
  const judgement = judge(rules, evidence);
  const { rule, parts, allMet, signals } = judgement;
  const ends = fallBacks(judgement, clock);
  // Without an image there is nothing that could be whole: only time decides.
  const grounds = evidence.images === 0 ? ends : [...shortCuts(judgement, clock), ...ends];
  const first = grounds.reduce((best, ground) => (ground.at < best.at ? ground : best));
  if (clock.now >= first.at) {
    const demandsMet = parts.length === 0 ? null : allMet;
    return {
      complete: true,
      by: first.by,
      reason: first.reason,
      rule,
      demandsMet,
      signalsUsedUpTo: signals.usedUpTo,
    };
  }
  const demanding = rules.rules.some(({ demand }) => demandsAnything(demand));
  return {
    complete: false,
    waitingFor: describeWait(judgement, first, clock),
    rule,
    nextAt: first.at,
    latestAt: clock.waitingSince + rule.longestWaitMinutes * MINUTE,
    imagesMayComplete: (demanding && !clock.demandsMetBefore) || signals.missing !== undefined,
  };
}
