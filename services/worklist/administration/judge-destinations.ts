import type { Problem } from '#contracts/site-status.ts';
import type { DestinationCounts } from '#platform/deliveries/count-deliveries.ts';

/** A destination that is tried again now and then is no problem before this long. */
const LATE_MS = 10 * 60_000;

const objects = (count: number): string =>
  `${count.toLocaleString('en')} ${count === 1 ? 'object' : 'objects'}`;

/**
 * What an administrator should know of the destinations of results.
 * @param configured names of those that the configuration has
 */
export function judgeDestinations(
  destinations: readonly DestinationCounts[],
  configured: readonly string[],
  now: Date,
): Problem[] {
  const place = 'destinations' as const;
  return destinations.flatMap((destination): Problem[] => {
    const { name, dead, waiting, oldestWaiting, lastError, reachableSince, unanswered } =
      destination;
    const problems: Problem[] = [];
    if (dead > 0) {
      problems.push({
        ...{ level: 'fault', place },
        what: `${objects(dead)} did not reach the destination ${name}`,
        detail: 'It refused them, or did not take them in its time.',
        advice: 'Read the reasons, mend them, then send them again or dismiss them.',
      });
    }
    const gone = !configured.includes(name);
    if (gone && waiting > 0) {
      problems.push({
        ...{ level: 'warning', place },
        what: `${objects(waiting)} wait for the destination ${name}, which is gone`,
        detail: 'It is not in the configuration any more: nothing is sent to it.',
        advice: 'Name it again in the configuration and they are sent, or dismiss them.',
      });
    }
    const late = oldestWaiting !== null && now.getTime() - oldestWaiting.getTime() > LATE_MS;
    if (late && !gone) {
      const why = reachableSince === null && lastError !== null ? ` ${lastError}.` : '';
      problems.push({
        ...{ level: 'warning', place },
        what: `${objects(waiting)} wait for the destination ${name}`,
        detail: `The oldest for over ten minutes.${why}`,
        advice: 'Test the destination; what waits is sent once it answers.',
      });
    }
    if (unanswered > 0) {
      problems.push({
        ...{ level: 'warning', place },
        what: `The destination ${name} never promised to keep ${objects(unanswered)}`,
        detail: 'It took them, but gave no storage commitment for them.',
        advice: 'Ask whoever runs it whether it may report to our port, then look for the objects.',
      });
    }
    return problems;
  });
}

/** @param failed results that could not be made into objects */
export function judgeResults(failed: number): Problem[] {
  if (failed === 0) return [];
  return [
    {
      ...{ level: 'fault', place: 'destinations' },
      what: `${failed.toLocaleString('en')} ${failed === 1 ? 'result' : 'results'} could not be made into objects`,
      detail: 'Nothing of them was sent. The studies stand on the worklist with what was found.',
      advice: 'Read the reasons, mend them, then try each again or dismiss it.',
    },
  ];
}
