import type { StudyDetail, WorklistItem } from '#contracts/study.ts';
import { formatScore, formatWait } from '../design/format.ts';
import { fromServer } from '../languages/server-words.ts';
import { AI_TEXT, MODEL_ROLE_WORDS } from './ai-text.ts';
import { DETAIL_TEXT as T } from './detail-text.ts';

/** `HIGH: opacity, score 0.91 ..., raised from MEDIUM. Waiting 14 min, 3 h 46 left of its longest wait.` */
export function describePlace(
  item: Pick<
    WorklistItem,
    | 'reason'
    | 'receivedAt'
    | 'reviewedAt'
    | 'readingStatus'
    | 'dueAt'
    | 'orderPrioritySource'
    | 'basePriority'
  >,
  now: number,
): string[] {
  return [
    fromServer(item.reason),
    T.ordered(item.basePriority, fromServer(item.orderPrioritySource)),
    ...describeWait(item, now),
  ];
}

function describeWait(
  item: Pick<WorklistItem, 'receivedAt' | 'reviewedAt' | 'readingStatus' | 'dueAt'>,
  now: number,
): string[] {
  const received = Date.parse(item.receivedAt);
  if (item.reviewedAt !== null) {
    return [T.turnaround(formatWait(Date.parse(item.reviewedAt) - received))];
  }
  if (item.readingStatus === 'reported-elsewhere') return [];
  const left = Date.parse(item.dueAt) - now;
  const due = left > 0 ? T.leftOfWait(formatWait(left)) : T.overdueFor(formatWait(-left));
  return [T.waiting(formatWait(now - received), due)];
}

type Run = StudyDetail['analysisRuns'][number]['models'][number];

/** What came of a study in one model. */
export function describeOutcome(run: Pick<Run, 'outcome' | 'reason'>): string | null {
  if (run.outcome === 'analysed') return null;
  const reason = run.reason === null ? AI_TEXT.noReason : fromServer(run.reason);
  return run.outcome === 'failed' ? AI_TEXT.failed(reason) : AI_TEXT.notAnalysed(reason);
}

/** What one model made of the study, in one line. */
export function describeModel(run: Run): string {
  const role = run.role === 'active' ? '' : ` (${MODEL_ROLE_WORDS[run.role]})`;
  const name = `${run.modelId} ${run.modelVersion}${role}`;
  const failure = describeOutcome(run);
  if (failure !== null) return `${name}: ${failure}`;
  const score = run.score === null ? '' : `, ${AI_TEXT.score(formatScore(run.score))}`;
  const threshold =
    run.threshold === null ? '' : ` ${AI_TEXT.threshold(formatScore(run.threshold))}`;
  return `${name}: ${run.flagged ? AI_TEXT.flagged : AI_TEXT.flaggedNothing}${score}${threshold}`;
}
