import type { WorklistItem } from '#contracts/study.ts';
import { formatTime } from '../design/format.ts';
import { NOTICES } from '../design/text.ts';
import { fromServer } from '../languages/server-words.ts';
import { AI_TEXT as T } from './ai-text.ts';

export interface AiWord {
  readonly tone: 'flagged' | 'plain' | 'busy' | 'warn' | 'bad';
  readonly primary: string;
  readonly secondary: string | null;
  /** Shown with a bar; null while there is none. */
  readonly score: number | null;
}

type Told = Pick<
  WorklistItem,
  | 'status'
  | 'statusReason'
  | 'waitingFor'
  | 'waitsUntil'
  | 'aiDelayedSince'
  | 'imageCount'
  | 'score'
  | 'scoreModel'
  | 'flagged'
  | 'aiWithheld'
>;

function word(tone: AiWord['tone'], primary: string, secondary: string | null = null): AiWord {
  return { tone, primary, secondary, score: null };
}

/** How many images have come, what else is waited for, and for how long at most. */
function describeReceiving({ imageCount, waitingFor, waitsUntil }: Told): string {
  const images = T.images(imageCount);
  if (waitingFor === null) return images;
  const latest = waitsUntil === null ? [] : [T.atTheLatest(formatTime(waitsUntil))];
  return `${images}; ${[T.waitsFor(fromServer(waitingFor)), ...latest].join(', ')}`;
}

/** What the AI column says of a study. It never says that a study is fine. */
export function describeAi(item: Told): AiWord {
  if (item.aiDelayedSince !== null) {
    return word('warn', T.delayed(formatTime(item.aiDelayedSince)), T.states[item.status]);
  }
  const reason = item.statusReason === null ? T.noReason : fromServer(item.statusReason);
  switch (item.status) {
    case 'receiving':
      return word('busy', T.states.receiving, describeReceiving(item));
    case 'queued':
      return word('busy', T.states.queued, T.images(item.imageCount));
    case 'analysing':
      return word('busy', T.states.analysing, T.images(item.imageCount));
    case 'not-analysed':
      return word('warn', T.notAnalysed(reason));
    case 'failed':
      return word('bad', T.failed(reason));
    case 'analysed':
      if (item.aiWithheld) return word('plain', T.withheld);
      return item.flagged
        ? {
            tone: 'flagged',
            primary: T.flagged,
            secondary: item.scoreModel,
            score: item.score,
          }
        : {
            tone: 'plain',
            primary: NOTICES.noFindingBy(item.scoreModel),
            secondary: null,
            score: item.score,
          };
  }
}
