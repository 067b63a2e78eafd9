/**
 * The order of the worklist. It is computed first without any AI, from the ordering priority and the time waited;
 * a flagged finding may then only raise a study. Nothing in here can lower one:
 *
 *   band 0    ordered STAT
 *   band 1    waited longer than its own class's longest wait, whatever its class, the longest overdue first
 *   band 2-5  effective class STAT (by AI), HIGH, MEDIUM, LOW; in each by time of receipt, less the head start
 *
 * Because band 1 stands before every AI-raised study that is not itself overdue, and is ordered without AI, no
 * AI-raised study can overtake one that has waited out its class.
 */
export const PRIORITIES = ['STAT', 'HIGH', 'MEDIUM', 'LOW'] as const;
export type Priority = (typeof PRIORITIES)[number];

export function priorityRank(priority: Priority): number {
  return PRIORITIES.indexOf(priority);
}

/** The more urgent of the two. */
export function raise(base: Priority, candidate: Priority): Priority {
  return priorityRank(candidate) < priorityRank(base) ? candidate : base;
}

export interface OrderKey {
  /** The class by the order alone. */
  readonly basePriority: Priority;
  /** The class after AI: never less urgent than basePriority. */
  readonly priority: Priority;
  /** Milliseconds since the epoch, UTC, of our own receipt of the first image. */
  readonly receivedAt: number;
  /** receivedAt plus the longest wait of the base class. */
  readonly dueAt: number;
  /** Time of receipt less the AI's head start, milliseconds: never later than receivedAt. */
  readonly rankAt: number;
}

const AI_BANDS_START = 2;

function bandOf(key: OrderKey, now: number): number {
  if (key.basePriority === 'STAT') return 0;
  if (now >= key.dueAt) return 1;
  return AI_BANDS_START + priorityRank(key.priority);
}

/** Negative when `a` is to be read before `b` at the time `now` (milliseconds since the epoch). */
export function compareOrder(a: OrderKey, b: OrderKey, now: number): number {
  const band = bandOf(a, now);
  const byBand = band - bandOf(b, now);
  if (byBand !== 0) return byBand;
  if (band === 0) return a.receivedAt - b.receivedAt;
  if (band === 1) return a.dueAt - b.dueAt || a.receivedAt - b.receivedAt;
  return a.rankAt - b.rankAt || a.receivedAt - b.receivedAt;
}

/** Ordering priority as DICOM and HL7 writers put it into RequestedProcedurePriority (0040,1003). */
const ORDER_PRIORITIES: Readonly<Record<string, Priority>> = {
  STAT: 'STAT',
  HIGH: 'HIGH',
  ROUTINE: 'MEDIUM',
  MEDIUM: 'MEDIUM',
  LOW: 'LOW',
};

export interface OrderPriority {
  readonly priority: Priority;
  /** Where it came from, to be shown. */
  readonly source: string;
}

/** The class that the order asks for; ROUTINE (MEDIUM) when it says nothing that we know. */
export function orderPriority(requestedProcedurePriority: string | undefined): OrderPriority {
  const given = requestedProcedurePriority?.trim().toUpperCase() ?? '';
  const known = ORDER_PRIORITIES[given];
  if (known !== undefined) {
    return { priority: known, source: `RequestedProcedurePriority ${given}` };
  }
  return { priority: 'MEDIUM', source: 'ROUTINE assumed, the images name no priority' };
}

/** One line of the site rule: what a flagged finding of a model raises its study to. */
export interface RaiseRule {
  /** Model id, or `*`. */
  readonly model: string;
  /** Smallest study score that raises; without it, the model's own operating point (its flag) decides. */
  readonly minimumScore?: number | undefined;
  readonly priority: Priority;
  /** Within its class a raised study counts as if it had been received this much earlier, times its score. */
  readonly headStartMinutes: number;
}

export interface PriorityRule {
  readonly id: string;
  readonly version: string;
  /** Longest wait of each class, minutes. */
  readonly longestWaitMinutes: Readonly<Record<Priority, number>>;
  readonly raises: readonly RaiseRule[];
}

/** The outcome of one active model over one study. Shadow models never come in here. */
export interface ModelOutcome {
  readonly modelId: string;
  readonly modelVersion: string;
  readonly label: string;
  readonly flagged: boolean;
  /** 0 to 1, or null when the model gave none. */
  readonly score: number | null;
}

export interface PriorityDecision extends OrderKey {
  readonly reason: string;
  readonly ruleId: string;
  readonly ruleVersion: string;
}

const MINUTE = 60_000;

function applies(rule: RaiseRule, outcome: ModelOutcome): boolean {
  if (rule.model !== '*' && rule.model !== outcome.modelId) return false;
  if (rule.minimumScore === undefined) return outcome.flagged;
  return outcome.flagged && outcome.score !== null && outcome.score >= rule.minimumScore;
}

/**
 * The class, order key and stated reason of a study.
 * @param order what the order asks for
 * @param receivedAt our own receipt of the first image, milliseconds since the epoch
 * @param outcomes of active models only; an empty list gives the order's own class
 */
export function decidePriority(
  rule: PriorityRule,
  study: { order: OrderPriority; receivedAt: number },
  outcomes: readonly ModelOutcome[],
): PriorityDecision {
  const { order, receivedAt } = study;
  const base = order.priority;
  const dueAt = receivedAt + rule.longestWaitMinutes[base] * MINUTE;
  let priority = base;
  let rankAt = receivedAt;
  let reason = `${base}: ${order.source}`;
  let best = Number.NEGATIVE_INFINITY;
  for (const outcome of outcomes) {
    for (const line of rule.raises) {
      if (!applies(line, outcome)) continue;
      const score = outcome.score ?? 0;
      rankAt = Math.min(rankAt, receivedAt - line.headStartMinutes * MINUTE * score);
      const raised = raise(priority, line.priority);
      if (raised !== priority || (raised === line.priority && score > best)) {
        priority = raised;
        best = score;
        reason = describeRaise(priority, outcome, base);
      }
    }
  }
  return {
    basePriority: base,
    priority,
    receivedAt,
    dueAt,
    rankAt,
    reason,
    ruleId: rule.id,
    ruleVersion: rule.version,
  };
}

function describeRaise(priority: Priority, outcome: ModelOutcome, base: Priority): string {
  const score = outcome.score === null ? '' : `, score ${outcome.score.toFixed(2)}`;
  const from = priority === base ? `ordered ${base}` : `raised from ${base}`;
  return `${priority}: ${outcome.label}${score} by ${outcome.modelId} ${outcome.modelVersion}, ${from}`;
}
