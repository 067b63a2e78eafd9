import type { StudyDetail, WorklistItem } from '#contracts/study.ts';
import { formatScore, formatWait } from '../design/format.ts';

export const DETAIL_TEXT = {
  title: 'About the chosen study',
  nothing: 'Choose a study in the list.',
  reason: 'Why it stands where it stands',
  findings: 'Findings',
  noFindings: 'No finding with a place in the current images.',
  models: 'Models',
  noModels: 'No model has given a result for the current images.',
  notifications: 'Notifications',
  images: 'Images',
  reading: 'Reading',
  open: 'Open',
  withheld: 'The AI result waits for your own impression.',
  notDiagnostic: 'Not for diagnosis',
} as const;

/** `HIGH: opacity, score 0.91 ..., raised from MEDIUM. Waiting 14 min, 3 h 46 left of its longest wait.` */
export function describePlace(
  item: Pick<
    WorklistItem,
    'reason' | 'receivedAt' | 'dueAt' | 'orderPrioritySource' | 'basePriority'
  >,
  now: number,
): string[] {
  const waited = formatWait(now - Date.parse(item.receivedAt));
  const left = Date.parse(item.dueAt) - now;
  const due =
    left > 0
      ? `${formatWait(left)} left of the longest wait of its class`
      : `overdue for ${formatWait(-left)}`;
  return [
    item.reason,
    `Ordered ${item.basePriority}: ${item.orderPrioritySource}`,
    `Waiting ${waited}, ${due}`,
  ];
}

type Run = StudyDetail['analysisRuns'][number]['models'][number];

/** What one model made of the study, in one line. */
export function describeModel(run: Run): string {
  const name = `${run.modelId} ${run.modelVersion}${run.role === 'active' ? '' : ` (${run.role})`}`;
  if (run.outcome !== 'analysed') {
    return `${name}: ${run.outcome}${run.reason === null ? '' : `, ${run.reason}`}`;
  }
  const score = run.score === null ? '' : `, score ${formatScore(run.score)}`;
  const threshold =
    run.threshold === null ? '' : ` at a threshold of ${formatScore(run.threshold)}`;
  return `${name}: ${run.flagged ? 'flagged' : 'flagged nothing'}${score}${threshold}`;
}
