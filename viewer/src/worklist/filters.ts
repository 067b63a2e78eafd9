import { type ViewSettings, viewSettingsSchema } from '#contracts/worklist-views.ts';
import { PRIORITIES, type Priority } from '#core/priority.ts';
import { READING_STATUSES } from '#core/study-state.ts';

const STORE = 'radtriage.worklist.view';

export interface Filters extends Readonly<ViewSettings['filters']> {
  /** Not kept with the rest: it is a patient's name more often than not. */
  readonly search: string;
}

/** What the list shows, and how. */
export interface ListView {
  readonly filters: Filters;
  /** Null: the order of triage. */
  readonly sort: ViewSettings['sort'];
  readonly columns: ViewSettings['columns'];
}

export const NO_FILTERS: Filters = {
  priorities: [],
  statuses: [],
  reading: 'to-read',
  modalities: [],
  sites: [],
  bodyParts: [],
  flagged: false,
  findings: [],
  mine: false,
  ageFrom: null,
  ageTo: null,
  search: '',
};

export const PLAIN_VIEW: ListView = {
  filters: NO_FILTERS,
  sort: null,
  columns: [
    'priority',
    'image',
    'patient',
    'study',
    'ai',
    'reason',
    'received',
    'waiting',
    'reading',
  ],
};

export function isFiltered(filters: Filters): boolean {
  return toQuery({ filters, sort: null }) !== toQuery({ filters: NO_FILTERS, sort: null });
}

/** How many of the filters that stand in the dialog are set. */
export function countMore(filters: Filters): number {
  const { modalities, bodyParts, sites, statuses, findings, ageFrom, ageTo } = filters;
  const chosen = [modalities, bodyParts, sites, statuses, findings].map(({ length }) => length > 0);
  return [...chosen, ageFrom !== null || ageTo !== null].filter(Boolean).length;
}

export function togglePriority(filters: Filters, priority: Priority): Filters {
  const others = filters.priorities.filter((each) => each !== priority);
  const priorities = others.length < filters.priorities.length ? others : [...others, priority];
  return { ...filters, priorities: PRIORITIES.filter((each) => priorities.includes(each)) };
}

/**
 * One's own, whether read or being read; the plain list has no signed ones, so that what is to be read is widened to all
 * with it, and narrowed again.
 */
export function toggleMine(filters: Filters): Filters {
  if (!filters.mine) {
    return {
      ...filters,
      mine: true,
      reading: filters.reading === 'to-read' ? 'all' : filters.reading,
    };
  }
  return {
    ...filters,
    mine: false,
    reading: filters.reading === 'all' ? 'to-read' : filters.reading,
  };
}

/** For one who may not choose and sort by the AI's word: the server refuses a list that does. */
export function withoutAi({ filters, sort, columns }: ListView): ListView {
  return {
    filters: { ...filters, flagged: false, findings: [] },
    sort: sort?.by === 'score' ? null : sort,
    columns,
  };
}

/** The query string of GET /api/worklist, without limit and offset. */
export function toQuery({ filters, sort }: Pick<ListView, 'filters' | 'sort'>): string {
  const query = new URLSearchParams();
  const choose = (name: string, values: readonly string[]) => {
    if (values.length > 0) query.set(name, values.join(','));
  };
  choose('priority', filters.priorities);
  choose('status', filters.statuses);
  if (filters.reading === 'all') choose('readingStatus', READING_STATUSES);
  else if (filters.reading !== 'to-read') query.set('readingStatus', filters.reading);
  choose('modality', filters.modalities);
  choose('site', filters.sites);
  choose('bodyPart', filters.bodyParts);
  if (filters.flagged) query.set('flagged', 'true');
  // Once for each: a label may hold a comma.
  for (const label of filters.findings) query.append('finding', label);
  if (filters.mine) query.set('mine', 'true');
  if (filters.ageFrom !== null) query.set('ageFrom', String(filters.ageFrom));
  if (filters.ageTo !== null) query.set('ageTo', String(filters.ageTo));
  const search = filters.search.trim();
  if (search !== '') query.set('search', search.slice(0, 64));
  if (sort !== null) {
    query.set('sort', sort.by);
    query.set('direction', sort.direction);
  }
  return query.toString();
}

/** The query string for every study with an accession number, read or not. */
export function accessionQuery(accession: string): string {
  const readingStatus = READING_STATUSES.join(',');
  return new URLSearchParams({ accession, readingStatus, limit: '50' }).toString();
}

export function toSettings({ filters, sort, columns }: ListView): ViewSettings {
  const { search: _notKept, ...kept } = filters;
  return { filters: kept, sort, columns: [...columns] };
}

export function fromSettings({ filters, sort, columns }: ViewSettings): ListView {
  return { filters: { ...filters, search: '' }, sort, columns };
}

/** What this tab showed last; null in a new one. */
export function loadView(): ListView | null {
  try {
    const parsed = viewSettingsSchema.safeParse(JSON.parse(sessionStorage.getItem(STORE) ?? ''));
    return parsed.success ? fromSettings(parsed.data) : null;
  } catch {
    return null;
  }
}

export function saveView(view: ListView): void {
  sessionStorage.setItem(STORE, JSON.stringify(toSettings(view)));
}
