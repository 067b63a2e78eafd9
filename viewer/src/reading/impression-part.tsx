import { useMutation } from '@tanstack/react-query';
import { type FormEvent, type RefObject, useRef, useState } from 'react';
import { type Impression, impressionResponseSchema, type StudyDetail } from '#contracts/study.ts';
import { IMPRESSIONS, type ImpressionWord } from '#core/finding.ts';
import { messageOf, request } from '../api/client.ts';
import { studyPath } from '../api/queries.ts';
import { formatWhen } from '../design/format.ts';
import { Button, Key } from '../design/ui.tsx';
import { toImpressionRequest } from './draft.ts';
import { type Judgeable, restOf } from './judging-rest.tsx';
import { READING_TEXT as T } from './text.ts';
import type { DraftControl } from './use-draft.ts';
import type { OpenStudy } from './use-study.ts';

/** In the place of the AI result, while it is withheld. */
export function BlindNotice() {
  return (
    <section className="side-part" aria-label={T.blindTitle} data-testid="blind-first">
      <h2 className="side-title">{T.blindTitle}</h2>
      <p>{T.blindDetail}</p>
    </section>
  );
}

/** What this reader recorded before the AI result was shown. */
export function OwnImpression({ impression }: { readonly impression: Impression | null }) {
  if (impression === null) return null;
  const { word, comment, marks, createdAt } = impression;
  const said = [T.impressions[word], ...(marks.length === 0 ? [] : [T.marksGiven(marks.length)])];
  return (
    <section className="side-part" aria-label={T.impressionBefore} data-testid="own-impression">
      <h2 className="side-title">
        {T.impressionBefore}
        <span className="quiet small">{formatWhen(createdAt, new Date())}</span>
      </h2>
      <p>{said.join(', ')}</p>
      {comment === null ? null : <p className="second small">{comment}</p>}
    </section>
  );
}

interface ImpressionPartProps {
  readonly study: StudyDetail;
  readonly open: OpenStudy;
  readonly control: DraftControl;
  readonly judgeable: Judgeable;
  readonly openedAt: RefObject<string | null>;
  readonly saying: boolean;
  readonly setSaying: (saying: boolean) => void;
}

function useRecord({ study, open, control, openedAt, setSaying }: ImpressionPartProps) {
  return useMutation({
    mutationFn: (word: ImpressionWord) =>
      request(impressionResponseSchema, `${studyPath(study.studyInstanceUid)}/impressions`, {
        method: 'POST',
        body: toImpressionRequest(
          control.draft,
          word,
          openedAt.current ?? new Date().toISOString(),
        ),
      }),
    onSuccess: async () => {
      control.setImpression('');
      setSaying(false);
      await open.refetch();
    },
  });
}

function ImpressionForm(props: ImpressionPartProps) {
  const { control, judgeable, setSaying } = props;
  const [word, setWord] = useState<ImpressionWord | null>(null);
  const text = useRef<HTMLTextAreaElement>(null);
  const record = useRecord(props);
  const blocked = word === null || !judgeable.ready || record.isPending;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (word !== null && !blocked) record.mutate(word);
  };
  return (
    <form className="sign-strip" data-testid="impression-form" onSubmit={submit}>
      <h2>{T.impression}</h2>
      <fieldset
        className="toggles"
        aria-label={T.impression}
        onKeyDown={(event) => {
          if (event.key === 'Escape') setSaying(false);
        }}
      >
        {IMPRESSIONS.map((each, place) => (
          <Button
            key={each}
            aria-pressed={word === each}
            autoFocus={place === 0}
            data-testid={`impression-${each}`}
            onClick={() => {
              setWord(each);
              text.current?.focus();
            }}
          >
            {T.impressions[each]}
          </Button>
        ))}
      </fieldset>
      <label className="labelled">
        {T.impressionText}
        <textarea
          ref={text}
          className="field"
          rows={2}
          maxLength={2000}
          value={control.draft.impression}
          data-testid="impression-text"
          onChange={({ target }) => control.setImpression(target.value)}
          onKeyDown={(event) => {
            if (event.key === 'Escape') setSaying(false);
            if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
            submit(event);
          }}
        />
      </label>
      <p className="second small">{T.impressionOnce}</p>
      {record.isError ? (
        <p className="sign-error" role="alert">
          {messageOf(record.error)}
        </p>
      ) : null}
      <div className="sign-actions">
        <Button kind="primary" type="submit" disabled={blocked} data-testid="record-impression">
          {record.isPending ? T.recording : T.record} <Key>Enter</Key>
        </Button>
        <Button kind="quiet" onClick={() => setSaying(false)}>
          {T.cancel} <Key>Esc</Key>
        </Button>
      </div>
    </form>
  );
}

/** What comes before the AI result, and only then the verdicts: the reader's own word. */
export function ImpressionPart(props: ImpressionPartProps) {
  return (
    <section className="side-part sign-off" aria-label={T.impression}>
      {props.saying && props.judgeable.ready ? (
        <ImpressionForm {...props} />
      ) : (
        <Button
          kind="primary"
          className="sign-button"
          {...restOf(props.judgeable)}
          onClick={() => props.setSaying(true)}
          data-testid="say-impression"
        >
          {T.sayImpression} <Key>s</Key>
        </Button>
      )}
    </section>
  );
}
