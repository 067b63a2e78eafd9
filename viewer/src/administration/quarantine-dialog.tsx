import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import {
  type QuarantineDetail,
  type QuarantineItem,
  quarantineDecidedSchema,
} from '#contracts/quarantine.ts';
import type { QuarantineDecision } from '#core/quarantine-state.ts';
import { messageOf, request } from '../api/client.ts';
import { quarantineEntryQuery } from '../api/queries.ts';
import { formatWhen } from '../design/format.ts';
import { TEXT } from '../design/text.ts';
import { showToast } from '../design/toasts.tsx';
import { Button, Dialog, State } from '../design/ui.tsx';
import { DECISION_WORDS, REASON_WORDS, QUARANTINE_TEXT as T } from './quarantine-text.ts';

function Picture(props: { readonly id: string; readonly which: 'kept' | 'arrived' }) {
  const [failed, setFailed] = useState(false);
  if (failed) return <p className="quiet small">{T.noPicture}</p>;
  return (
    <img
      className="quarantine-picture"
      src={`/api/admin/quarantine/${props.id}/pictures/${props.which}`}
      alt={T[props.which]}
      onError={() => setFailed(true)}
    />
  );
}

function Content({ item, which }: { item: QuarantineItem; which: 'kept' | 'arrived' }) {
  const content = item[which];
  return (
    <section className="quarantine-content" aria-label={T[which]}>
      <h3>{T[which]}</h3>
      {content === null ? (
        <p className="quiet">{T.nothingKept}</p>
      ) : (
        <>
          {content.kind === 'image' ? <Picture id={item.id} which={which} /> : null}
          <p className="small">
            {content.callingAe}, {formatWhen(content.receivedAt, new Date())}
          </p>
          <p className="mono quiet small">{content.studyInstanceUid}</p>
        </>
      )}
    </section>
  );
}

function Differences({ detail }: { readonly detail: QuarantineDetail }) {
  if (detail.values.length === 0) return <p className="second">{T.onlyPixels}</p>;
  return (
    <table className="table" data-testid="quarantine-differences">
      <thead>
        <tr>
          <th scope="col">{T.attribute}</th>
          <th scope="col">{T.kept}</th>
          <th scope="col">{T.arrived}</th>
        </tr>
      </thead>
      <tbody>
        {detail.values.map(({ keyword, kept, arrived }) => (
          <tr key={keyword}>
            <td>{keyword}</td>
            <td>{kept ?? <span className="quiet">{T.absent}</span>}</td>
            <td>{arrived ?? <span className="quiet">{T.absent}</span>}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Decide(props: { readonly item: QuarantineItem; readonly onClose: () => void }) {
  const { item } = props;
  const queries = useQueryClient();
  const [reason, setReason] = useState('');
  const change = useMutation({
    mutationFn: (decision: QuarantineDecision) =>
      request(quarantineDecidedSchema, `/api/admin/quarantine/${item.id}/${decision}`, {
        method: 'POST',
        body: { reason: reason.trim() },
      }),
    onSuccess: async ({ state }) => {
      showToast(T.done[state]);
      props.onClose();
      await queries.invalidateQueries();
    },
  });
  const decisions: readonly QuarantineDecision[] =
    item.state === 'waiting' ? ['adopt', 'dismiss'] : ['undo'];
  const words = item.kind === 'instance' ? 'instance' : 'note';
  return (
    <>
      <ul className="second small">
        {decisions.map((decision) => (
          <li key={decision}>
            <strong>{DECISION_WORDS[decision].button}</strong>: {DECISION_WORDS[decision][words]}
          </li>
        ))}
      </ul>
      <label className="labelled">
        {T.reason}
        <textarea
          className="field"
          rows={2}
          maxLength={500}
          value={reason}
          onChange={({ target }) => setReason(target.value)}
        />
      </label>
      {change.isError ? (
        <p className="model-problem" role="alert">
          {messageOf(change.error)}
        </p>
      ) : null}
      <div className="dialog-actions">
        {decisions.map((decision) => (
          <Button
            key={decision}
            kind={decision === 'adopt' ? 'primary' : 'plain'}
            disabled={reason.trim() === '' || change.isPending}
            data-testid={`quarantine-${decision}`}
            onClick={() => change.mutate(decision)}
          >
            {DECISION_WORDS[decision].button}
          </Button>
        ))}
      </div>
    </>
  );
}

/** Both contents side by side, what differs, and the decision with its reason. */
export function QuarantineDialog(props: {
  readonly item: QuarantineItem;
  readonly onClose: () => void;
}) {
  const { item } = props;
  const detail = useQuery(quarantineEntryQuery(item.id));
  const isInstance = item.kind === 'instance';
  const title = item.note === null ? T.title : T.note(item.note.title, item.note.named);
  return (
    <Dialog title={title} description={REASON_WORDS[item.reason]} onClose={props.onClose}>
      <p className="mono quiet small">{item.arrived.sopInstanceUid}</p>
      {isInstance ? (
        <>
          <div className="quarantine-pair">
            <Content item={item} which="kept" />
            <Content item={item} which="arrived" />
          </div>
          <h3>{T.differs}</h3>
          {detail.isPending ? <State title={TEXT.loading} /> : null}
          {detail.isError ? <State title={messageOf(detail.error)} /> : null}
          {detail.data === undefined ? null : <Differences detail={detail.data} />}
        </>
      ) : null}
      <Decide item={item} onClose={props.onClose} />
    </Dialog>
  );
}
