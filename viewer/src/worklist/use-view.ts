import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { worklistViewsQuery } from '../api/queries.ts';
import { useSession } from '../session/session-context.tsx';
import {
  fromSettings,
  type ListView,
  loadView,
  PLAIN_VIEW,
  saveView,
  withoutAi,
} from './filters.ts';

/** What the list shows: in a new tab the reader's default view, else a shared default, until something is chosen. */
export function useView(): [ListView, (next: ListView) => void] {
  const { user, site } = useSession();
  const [chosen, setChosen] = useState(loadView);
  const saved = useQuery({ ...worklistViewsQuery, enabled: chosen === null });
  const defaults = (saved.data?.views ?? []).filter((view) => view.isDefault);
  const first = defaults.find((view) => view.owner === user.name) ?? defaults[0];
  const allowed = (view: ListView) => (site.aiInLists ? view : withoutAi(view));
  const change = (next: ListView) => {
    saveView(allowed(next));
    setChosen(allowed(next));
  };
  const opening = first === undefined ? PLAIN_VIEW : fromSettings(first.settings);
  return [allowed(chosen ?? opening), change];
}
