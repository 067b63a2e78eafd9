import { useQuery } from '@tanstack/react-query';
import type { StudyResult } from '#contracts/results.ts';
import type { StudyDetail } from '#contracts/study.ts';
import { studyResultsQuery } from '../api/queries.ts';
import { formatWhen } from '../design/format.ts';
import { fromServer } from '../languages/server-words.ts';
import { PACS_TEXT as T } from './pacs-text.ts';

type Destination = StudyResult['destinations'][number];

function when(time: string): string {
  return formatWhen(time, new Date());
}

function describe(result: StudyResult): string {
  const { state, reason, signedBy, dueAt, destinations, isForgotten } = result;
  if (isForgotten) return T.forgotten;
  if (state === 'failed') return T.failed(fromServer(reason ?? ''));
  if (state === 'made') return destinations.length === 0 ? T.nobody : '';
  if (reason !== null) return T.retrying(fromServer(reason));
  return signedBy !== null && Date.parse(dueAt) > Date.now() ? T.undoUntil(when(dueAt)) : T.making;
}

function progressOf({ sent, waiting, dead, lastSentAt, lastError }: Destination): string {
  return [
    ...(sent > 0 && lastSentAt !== null ? [T.sent(sent, when(lastSentAt))] : []),
    ...(waiting > 0 ? [lastError === null ? T.waiting(waiting) : T.held(waiting)] : []),
    ...(dead > 0 ? [T.dead(dead)] : []),
  ].join(', ');
}

function toneOf({ waiting, dead, lastError }: Destination): string {
  if (dead > 0) return 'bad';
  return waiting > 0 && lastError !== null ? 'warn' : 'plain';
}

/** Where the newest result of the study has gone. */
export function PacsPart({ study }: { readonly study: StudyDetail }) {
  const { data } = useQuery(studyResultsQuery(study.studyInstanceUid));
  const newest = data?.results[0];
  if (newest === undefined) return null;
  const words = describe(newest);
  return (
    <section className="side-part" aria-label={T.title} data-testid="pacs-part">
      <h2 className="side-title">{T.title}</h2>
      <ul className="notifications small">
        <li data-tone={newest.state === 'failed' ? 'bad' : 'plain'}>
          <strong>{T.result(newest.signedBy)}</strong>
          {words === '' ? null : `: ${words}`}
        </li>
        {newest.destinations.map((each) => (
          <li
            key={each.name}
            data-testid="pacs-destination"
            data-tone={toneOf(each)}
            title={each.lastError ?? undefined}
          >
            <strong>{each.name}</strong>: {progressOf(each)}
          </li>
        ))}
      </ul>
    </section>
  );
}
