import type { WorklistItem } from '#contracts/study.ts';
import { formatTime } from '../design/format.ts';
import { NOTICES } from '../design/text.ts';

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

function countImages(count: number): string {
  return count === 1 ? '1 image' : `${count} images`;
}

/** How many images have come, what else is waited for, and for how long at most. */
function describeReceiving({ imageCount, waitingFor, waitsUntil }: Told): string {
  const images = countImages(imageCount);
  if (waitingFor === null) return images;
  const latest = waitsUntil === null ? '' : `, ${formatTime(waitsUntil)} at the latest`;
  return `${images}; waits for ${waitingFor}${latest}`;
}

/** What the AI column says of a study. It never says that a study is fine. */
export function describeAi(item: Told): AiWord {
  if (item.aiDelayedSince !== null) {
    return word('warn', `AI delayed since ${formatTime(item.aiDelayedSince)}`, item.status);
  }
  const reason = item.statusReason ?? 'no reason given';
  switch (item.status) {
    case 'receiving':
      return word('busy', 'receiving', describeReceiving(item));
    case 'queued':
      return word('busy', 'queued', countImages(item.imageCount));
    case 'analysing':
      return word('busy', 'analysing', countImages(item.imageCount));
    case 'not-analysed':
      return word('warn', `not analysed: ${reason}`);
    case 'failed':
      return word('bad', `failed: ${reason}`);
    case 'analysed':
      if (item.aiWithheld) return word('plain', 'shown after your own impression');
      return item.flagged
        ? {
            tone: 'flagged',
            primary: 'flagged',
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
