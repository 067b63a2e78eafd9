import { useEffect, useRef } from 'react';
import type { StudyDetail } from '#contracts/study.ts';
import { Key } from '../design/ui.tsx';
import { wordsOfInterval, wordsOfPrior } from './prior-words.ts';
import { PRIORS_TEXT as T } from './priors-text.ts';
import type { PriorsControl } from './use-priors.ts';

function wordOf({ list, told, failed }: PriorsControl): string {
  if (failed) return T.unknown;
  if (list === null || told === null) return T.looking;
  if (told.withheld !== null) return T.noPatientId;
  return T.none;
}

/** The patient's earlier studies, below the series of this one. */
export function PriorsPart(props: { readonly study: StudyDetail; readonly priors: PriorsControl }) {
  const { study, priors } = props;
  const list = priors.list ?? [];
  const others = priors.told?.otherBirthDate ?? 0;
  const openUid = priors.open?.prior.studyInstanceUid ?? null;
  const current = useRef<HTMLButtonElement>(null);
  // By keys a reader goes through more priors than the list shows at once.
  useEffect(() => {
    if (openUid !== null) current.current?.scrollIntoView({ block: 'nearest' });
  }, [openUid]);
  return (
    <section className="priors" data-testid="priors" aria-label={T.priors(list.length)}>
      {list.length === 0 ? (
        <p className="second small">{wordOf(priors)}</p>
      ) : (
        <h2 className="side-title">
          {T.priors(list.length)} <Key>{'<'}</Key>
        </h2>
      )}
      {list.map((prior, place) => (
        <button
          type="button"
          key={prior.studyInstanceUid}
          className="rail-series"
          title={T.open}
          ref={prior.studyInstanceUid === openUid ? current : null}
          aria-current={prior.studyInstanceUid === openUid}
          data-testid="prior"
          onClick={(event) => {
            if (event.detail > 0) event.currentTarget.blur();
            priors.choose(place);
          }}
        >
          <span className="rail-title">{wordsOfPrior(prior)}</span>
          <span className="second small">{wordsOfInterval(prior, study)}</span>
        </button>
      ))}
      {others === 0 ? null : <p className="rail-trouble small">{T.otherBirthDate(others)}</p>}
    </section>
  );
}
