import { type RefObject, useState } from 'react';
import type { StudyDetail } from '#contracts/study.ts';
import { ApiFailure, messageOf } from '../api/client.ts';
import { ELSEWHERE_TEXT as E } from '../design/elsewhere-text.ts';
import { formatWhen } from '../design/format.ts';
import { useKeys } from '../design/keyboard.ts';
import { Button, Dialog, Key } from '../design/ui.tsx';
import { useSession } from '../session/session-context.tsx';
import { type Judgeable, restOf } from './judging-rest.tsx';
import { ReviewHistory } from './review-history.tsx';
import { signedReview } from './signed-verdicts.ts';
import { describeChange, type StudyChange } from './study-change.ts';
import { READING_TEXT as T } from './text.ts';
import type { Judging } from './use-judging.ts';
import { useSignOff } from './use-sign-off.ts';
import type { OpenStudy } from './use-study.ts';

type SignOffActions = ReturnType<typeof useSignOff>;

interface SignOffProps {
  readonly study: StudyDetail;
  readonly open: OpenStudy;
  readonly judging: Judging;
  readonly judgeable: Judgeable;
  readonly openedAt: RefObject<string | null>;
  readonly signing: boolean;
  readonly setSigning: (signing: boolean) => void;
}

function countVerdicts(judging: Judging): string {
  const count = (state: string) => judging.marks.filter((mark) => mark.state === state).length;
  const parts = [
    [count('confirm'), T.verdicts.confirm],
    [count('reject'), T.verdicts.reject],
    [count('amend'), T.verdicts.amend],
    [count('add'), T.verdicts.add],
  ] as const;
  const said = parts.filter(([number]) => number > 0).map(([number, word]) => `${number} ${word}`);
  return said.length === 0 ? T.noneMarked : said.join(', ');
}

/** Who has it open instead of this reader, by a refusal to sign; null when it was refused for something else. */
function holderOf(error: Error | null): string | null {
  if (!(error instanceof ApiFailure) || error.code !== 'STUDY_HELD') return null;
  return String(error.details['openedBy'] ?? '');
}

function failureWords(error: Error, change: StudyChange | null): string {
  const holder = holderOf(error);
  if (holder !== null) return `${T.heldBy(holder)} ${T.draftKept}`;
  if (error instanceof ApiFailure && error.status === 409) {
    const what = change === null ? '' : `${describeChange(change)} `;
    return `${T.stale} ${what}${T.draftKept}`;
  }
  return `${messageOf(error)} ${T.draftKept}`;
}

function Strip(props: SignOffProps & { readonly actions: SignOffActions }) {
  const { judging, actions } = props;
  const { user } = useSession();
  const blocked = judging.undecidedCount > 0 || props.open.change !== null;
  const isStillHeld = holderOf(actions.sign.error) !== null && props.study.openedBy !== user.name;
  // Once the new version is loaded, or the study taken over, there is nothing left of the conflict.
  const settled =
    actions.sign.error instanceof ApiFailure &&
    actions.sign.error.status === 409 &&
    props.open.change === null &&
    !props.open.fetching &&
    !isStillHeld;
  const submit = () => {
    if (blocked || !props.judgeable.ready || actions.sign.isPending) return;
    const openedAt = props.openedAt.current ?? new Date().toISOString();
    actions.sign.mutate({ draft: judging.control.draft, openedAt });
  };
  return (
    <div className="sign-strip" data-testid="sign-strip">
      <h2>{T.signTitle}</h2>
      <p className="second" role="status">
        {judging.undecidedCount > 0
          ? T.stillUndecided(judging.undecidedCount)
          : countVerdicts(judging)}
      </p>
      <label className="labelled">
        {T.comment}
        <textarea
          className="field"
          rows={2}
          maxLength={2000}
          // biome-ignore lint/a11y/noAutofocus: the reader asked for this strip, and Enter in it signs
          autoFocus
          value={judging.control.draft.comment}
          data-testid="comment"
          onChange={({ target }) => judging.control.setComment(target.value)}
          onKeyDown={(event) => {
            if (event.key === 'Escape') props.setSigning(false);
            if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
            event.preventDefault();
            submit();
          }}
        />
      </label>
      {actions.sign.isError && !settled ? (
        <p className="sign-error" role="alert">
          {failureWords(actions.sign.error, props.open.change)}
        </p>
      ) : null}
      <div className="sign-actions">
        <Button
          kind="primary"
          disabled={blocked || actions.sign.isPending}
          onClick={submit}
          data-testid="sign-now"
        >
          {actions.sign.isPending ? T.signing : T.signNow} <Key>Enter</Key>
        </Button>
        <Button kind="quiet" onClick={() => props.setSigning(false)}>
          {T.cancel} <Key>Esc</Key>
        </Button>
      </div>
    </div>
  );
}

/** Off the list by the word of a reader or of another system, and the way back. */
function ReportedElsewhere({ study, actions }: AlreadyReadProps) {
  const { user } = useSession();
  const { putBack } = actions;
  const said = study.reportedElsewhere;
  const mayReturn = user.roles.includes('radiologist') || user.roles.includes('admin');
  return (
    <>
      <p>{said === null ? E.already : E.by(said.by, formatWhen(said.at, new Date()))}</p>
      {putBack.isError ? (
        <p className="sign-error" role="alert">
          {messageOf(putBack.error)}
        </p>
      ) : null}
      {mayReturn ? (
        <Button disabled={putBack.isPending} onClick={() => putBack.mutate()}>
          {E.back}
        </Button>
      ) : null}
    </>
  );
}

interface AlreadyReadProps {
  readonly study: StudyDetail;
  readonly actions: SignOffActions;
}

/** A study that is read already: by whom, and the way back for whoever signed it. */
function AlreadyRead(props: AlreadyReadProps) {
  const { user } = useSession();
  const { withdraw } = props.actions;
  const signed = signedReview(props.study);
  return (
    <section className="side-part sign-off" aria-label={T.signOff} data-testid="already-read">
      {props.study.readingStatus === 'reported-elsewhere' ? (
        <ReportedElsewhere study={props.study} actions={props.actions} />
      ) : null}
      <ReviewHistory study={props.study} />
      {withdraw.isError ? (
        <p className="sign-error" role="alert">
          {messageOf(withdraw.error)}
        </p>
      ) : null}
      {signed?.reader === user.name ? (
        <Button disabled={withdraw.isPending} onClick={() => withdraw.mutate(signed.id)}>
          {T.takeBack}
        </Button>
      ) : null}
    </section>
  );
}

/** Takes the study off the list without a verdict, after a question. */
function ElsewhereButton(props: { readonly ready: boolean; readonly actions: SignOffActions }) {
  const { elsewhere } = props.actions;
  const [asking, setAsking] = useState(false);
  useKeys((event) => {
    if (event.key === '!' && props.ready) setAsking(true);
  });
  return (
    <>
      <Button
        kind="quiet"
        size="small"
        title="!"
        aria-keyshortcuts="!"
        onClick={() => setAsking(true)}
      >
        {T.elsewhere}
      </Button>
      {asking ? (
        <Dialog
          title={T.elsewhereTitle}
          description={T.elsewhereDetail}
          onClose={() => setAsking(false)}
        >
          {elsewhere.isError ? (
            <p className="sign-error" role="alert">
              {messageOf(elsewhere.error)}
            </p>
          ) : null}
          <div className="dialog-actions">
            <Button onClick={() => setAsking(false)}>{T.cancel}</Button>
            <Button
              kind="primary"
              autoFocus
              disabled={elsewhere.isPending}
              onClick={() => elsewhere.mutate()}
            >
              {T.elsewhere}
            </Button>
          </div>
        </Dialog>
      ) : null}
    </>
  );
}

/** The explicit act that ends the reading of a study. */
export function SignOff(props: SignOffProps) {
  const { user } = useSession();
  const actions = useSignOff(props);
  const { readingStatus, reportedElsewhere: said, reportTakenBack: back } = props.study;
  if (readingStatus === 'reviewed' || readingStatus === 'reported-elsewhere') {
    return <AlreadyRead study={props.study} actions={actions} />;
  }
  if (!user.roles.includes('radiologist')) {
    return <p className="side-part second">{T.mayNotSign}</p>;
  }
  return (
    <section className="side-part sign-off" aria-label={T.signOff}>
      <ReviewHistory study={props.study} />
      {back === null ? null : (
        <p className="second" data-testid="report-taken-back">
          {E.takenBack(back.by, formatWhen(back.at, new Date()), back.as)}
        </p>
      )}
      {said?.pending === true ? (
        <p className="second" data-testid="report-pending">
          {E.pending(said.by, formatWhen(said.at, new Date()))}
        </p>
      ) : null}
      {props.signing && props.judgeable.ready ? (
        <Strip {...props} actions={actions} />
      ) : (
        <div className="sign-actions">
          <Button
            kind="primary"
            className="sign-button"
            title="s"
            {...restOf(props.judgeable)}
            onClick={() => props.setSigning(true)}
            data-testid="sign-off"
          >
            {T.signOff} <Key>s</Key>
          </Button>
          <ElsewhereButton ready={props.judgeable.ready} actions={actions} />
        </div>
      )}
    </section>
  );
}
