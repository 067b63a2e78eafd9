import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import {
  WORKLIST_COLUMNS,
  type WorklistColumn,
  type WorklistView,
  worklistViewsSchema,
} from '#contracts/worklist-views.ts';
import { messageOf, request } from '../api/client.ts';
import { worklistViewsQuery } from '../api/queries.ts';
import { Button, Chip, Dialog, Notice } from '../design/ui.tsx';
import { useSession } from '../session/session-context.tsx';
import { moveColumn } from './columns.ts';
import { VIEW_TEXT as T } from './filter-text.ts';
import { fromSettings, type ListView, PLAIN_VIEW, toSettings } from './filters.ts';
import { COLUMN_TITLES } from './text.ts';
import './filter-dialog.css';

interface ViewsDialogProps {
  readonly view: ListView;
  readonly onChange: (view: ListView) => void;
  readonly onClose: () => void;
}

function Columns({ view, onChange }: Pick<ViewsDialogProps, 'view' | 'onChange'>) {
  const { columns } = view;
  const hidden = WORKLIST_COLUMNS.filter((column) => !columns.includes(column));
  const set = (next: WorklistColumn[]) => {
    // The name is what one opens a study by.
    if (next.includes('patient')) onChange({ ...view, columns: next });
  };
  const move = (column: WorklistColumn, steps: number, label: string) => (
    <Button
      kind="quiet"
      size="small"
      aria-label={`${COLUMN_TITLES[column]}: ${label}`}
      onClick={() => set(moveColumn(columns, column, steps))}
    >
      {steps < 0 ? '←' : '→'}
    </Button>
  );
  return (
    <section>
      <h3>{T.columns}</h3>
      <ol className="view-list column-list">
        {[...columns, ...hidden].map((column) => (
          <li key={column}>
            <label className="checked">
              <input
                type="checkbox"
                checked={columns.includes(column)}
                disabled={column === 'patient'}
                onChange={({ target }) =>
                  set(
                    target.checked
                      ? [...columns, column]
                      : columns.filter((each) => each !== column),
                  )
                }
              />
              {COLUMN_TITLES[column]}
            </label>
            {columns.includes(column) ? (
              <>
                {move(column, -1, T.left)}
                {move(column, 1, T.right)}
              </>
            ) : null}
          </li>
        ))}
      </ol>
    </section>
  );
}

/** What is sent gives all views back. */
function useViews() {
  const queries = useQueryClient();
  const views = useQuery(worklistViewsQuery);
  const change = useMutation({
    mutationFn: ({
      path = '',
      ...call
    }: {
      method: 'POST' | 'DELETE';
      path?: string;
      body?: unknown;
    }) => request(worklistViewsSchema, `/api/worklist/views${path}`, call),
    onSuccess: (data) => queries.setQueryData(worklistViewsQuery.queryKey, data),
  });
  return { views: views.data?.views ?? [], error: views.error ?? change.error, change };
}

function SaveForm(props: { readonly onSave: (name: string, more: object) => void }) {
  const { user } = useSession();
  const [name, setName] = useState('');
  const [isDefault, setDefault] = useState(false);
  const [shared, setShared] = useState(false);
  return (
    <form
      className="view-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (name.trim() !== '') props.onSave(name.trim(), { isDefault, shared });
        setName('');
      }}
    >
      <label className="labelled">
        {T.name}
        <input
          className="field"
          maxLength={60}
          value={name}
          data-testid="view-name"
          onChange={({ target }) => setName(target.value)}
        />
      </label>
      <label className="checked">
        <input
          type="checkbox"
          checked={isDefault}
          onChange={({ target }) => setDefault(target.checked)}
        />
        {T.asDefault}
      </label>
      {user.roles.includes('admin') ? (
        <label className="checked">
          <input
            type="checkbox"
            checked={shared}
            onChange={({ target }) => setShared(target.checked)}
          />
          {T.share}
        </label>
      ) : null}
      <Button kind="primary" type="submit" disabled={name.trim() === ''}>
        {T.saveButton}
      </Button>
    </form>
  );
}

/** Which columns stand where, and what is kept of all that under a name. */
export default function ViewsDialog({ view, onChange, onClose }: ViewsDialogProps) {
  const { user } = useSession();
  const { views, error, change } = useViews();
  const use = (chosen: ListView) => {
    onChange({ ...chosen, filters: { ...chosen.filters, search: view.filters.search } });
    onClose();
  };
  const mayDelete = ({ owner, shared }: WorklistView) =>
    owner === user.name || (shared && user.roles.includes('admin'));
  return (
    <Dialog title={T.title} onClose={onClose}>
      {error === null ? null : <Notice tone="bad">{messageOf(error)}</Notice>}
      <section>
        <h3>{T.saved}</h3>
        {views.length === 0 ? <p className="second">{T.noneSaved}</p> : null}
        <ul className="view-list">
          {views.map((each) => (
            <li key={each.id} data-testid="saved-view">
              <span className="clip">{each.name}</span>
              {each.shared ? <Chip>{T.shared}</Chip> : null}
              {each.isDefault ? <Chip>{T.isDefault}</Chip> : null}
              <Button size="small" onClick={() => use(fromSettings(each.settings))}>
                {T.use}
              </Button>
              {mayDelete(each) ? (
                <Button
                  kind="quiet"
                  size="small"
                  onClick={() => change.mutate({ method: 'DELETE', path: `/${each.id}` })}
                >
                  {T.delete}
                </Button>
              ) : null}
            </li>
          ))}
          <li>
            <span className="clip">{T.plain}</span>
            <Button size="small" onClick={() => use(PLAIN_VIEW)}>
              {T.use}
            </Button>
          </li>
        </ul>
      </section>
      <section>
        <h3>{T.save}</h3>
        <SaveForm
          onSave={(name, more) =>
            change.mutate({ method: 'POST', body: { name, ...more, settings: toSettings(view) } })
          }
        />
      </section>
      <Columns view={view} onChange={onChange} />
    </Dialog>
  );
}
