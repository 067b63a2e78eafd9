import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import type { QuarantineItem } from '#contracts/quarantine.ts';
import { messageOf } from '../api/client.ts';
import { quarantineQuery } from '../api/queries.ts';
import { formatWhen } from '../design/format.ts';
import { TEXT } from '../design/text.ts';
import { Button, Chip, State } from '../design/ui.tsx';
import { QuarantineDialog } from './quarantine-dialog.tsx';
import { QUARANTINE_STATE_WORDS, REASON_WORDS, QUARANTINE_TEXT as T } from './quarantine-text.ts';

function describe({ arrived, note }: QuarantineItem): string {
  if (note !== null) return T.note(note.title, note.named);
  const word = arrived.kind === 'image' ? T.image : T.object;
  return arrived.modality === null ? word : `${word}, ${arrived.modality}`;
}

function Row({ item, onLook }: { readonly item: QuarantineItem; readonly onLook: () => void }) {
  const { arrived, decidedBy, decidedAt, decisionReason } = item;
  return (
    <tr data-testid="quarantine-row" data-state={item.state}>
      <td>
        {describe(item)}
        <div>
          <Link className="mono quiet" href={`/studies/${arrived.studyInstanceUid}`}>
            {arrived.studyInstanceUid}
          </Link>
        </div>
      </td>
      <td>{arrived.callingAe}</td>
      <td>{formatWhen(item.arrivedAt, new Date())}</td>
      <td>
        {REASON_WORDS[item.reason]}
        {item.differences.length === 0 ? null : (
          <div className="quiet small">{item.differences.join(', ')}</div>
        )}
      </td>
      <td>
        <Chip tone={item.state === 'waiting' ? 'warn' : 'plain'}>
          {QUARANTINE_STATE_WORDS[item.state]}
        </Chip>
        {decidedBy === null || decidedAt === null ? null : (
          <div className="quiet small">
            {T.decided(decidedBy, formatWhen(decidedAt, new Date()), decisionReason ?? '')}
          </div>
        )}
      </td>
      <td>
        <Button size="small" onClick={onLook} data-testid="quarantine-look">
          {T.look}
        </Button>
      </td>
    </tr>
  );
}

/** What was held back, for an administrator to decide on. */
export function QuarantinePanel() {
  const [all, setAll] = useState(false);
  const [chosen, setChosen] = useState<QuarantineItem | null>(null);
  const quarantine = useQuery(quarantineQuery(all));
  const items = quarantine.data?.items ?? [];
  const waiting = quarantine.data?.waiting ?? 0;
  return (
    <section className="panel" id="quarantine" aria-label={T.title} data-testid="quarantine">
      <div className="panel-head">
        <div>
          <h2>
            {T.title} {waiting === 0 ? null : <Chip tone="warn">{T.waiting(waiting)}</Chip>}
          </h2>
          <p className="second small">{T.lead}</p>
        </div>
        <Button size="small" kind="quiet" onClick={() => setAll(!all)}>
          {all ? T.showWaiting : T.showAll}
        </Button>
      </div>
      {quarantine.isPending ? <State title={TEXT.loading} /> : null}
      {quarantine.isError ? <State title={messageOf(quarantine.error)} /> : null}
      {quarantine.isSuccess && items.length === 0 ? (
        <State title={all ? T.emptyAll : T.empty} />
      ) : null}
      {items.length === 0 ? null : (
        <table className="table">
          <thead>
            <tr>
              {T.columns.map((column) => (
                <th key={column} scope="col">
                  {column === '' ? <span className="visually-hidden">{T.look}</span> : column}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {items.map((item) => (
              <Row key={item.id} item={item} onLook={() => setChosen(item)} />
            ))}
          </tbody>
        </table>
      )}
      {chosen === null ? null : <QuarantineDialog item={chosen} onClose={() => setChosen(null)} />}
    </section>
  );
}
