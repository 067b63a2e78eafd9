import { z } from 'zod';
import { PRIORITIES, type Priority } from '#core/priority.ts';
import { READING_STATUSES, STUDY_STATUSES } from '#core/study-state.ts';

const STORE = 'radtriage.worklist.filters';

const filtersSchema = z.object({
  priorities: z.array(z.enum(PRIORITIES)),
  status: z.enum([...STUDY_STATUSES, 'any']),
  reading: z.enum([...READING_STATUSES, 'to-read', 'all']),
  modality: z.string().max(16),
  flagged: z.boolean(),
});

export interface Filters extends z.output<typeof filtersSchema> {
  /** Not kept with the rest: it is a patient's name more often than not. */
  search: string;
}

export const NO_FILTERS: Filters = {
  priorities: [],
  status: 'any',
  reading: 'to-read',
  modality: '',
  flagged: false,
  search: '',
};

export function isFiltered(filters: Filters): boolean {
  return toQuery(filters) !== toQuery(NO_FILTERS);
}

export function togglePriority(filters: Filters, priority: Priority): Filters {
  const others = filters.priorities.filter((each) => each !== priority);
  const priorities = others.length < filters.priorities.length ? others : [...others, priority];
  return { ...filters, priorities: PRIORITIES.filter((each) => priorities.includes(each)) };
}

/** The query string of GET /api/worklist, without limit and offset. */
export function toQuery(filters: Filters): string {
  const query = new URLSearchParams();
  if (filters.priorities.length > 0) query.set('priority', filters.priorities.join(','));
  if (filters.status !== 'any') query.set('status', filters.status);
  if (filters.reading === 'all') query.set('readingStatus', READING_STATUSES.join(','));
  else if (filters.reading !== 'to-read') query.set('readingStatus', filters.reading);
  if (filters.modality !== '') query.set('modality', filters.modality);
  if (filters.flagged) query.set('flagged', 'true');
  const search = filters.search.trim();
  if (search !== '') query.set('search', search.slice(0, 64));
  return query.toString();
}

export function loadFilters(): Filters {
  try {
    const stored = filtersSchema.safeParse(JSON.parse(sessionStorage.getItem(STORE) ?? 'null'));
    return stored.success ? { ...stored.data, search: '' } : NO_FILTERS;
  } catch {
    return NO_FILTERS;
  }
}

export function saveFilters(filters: Filters): void {
  const { search: _notKept, ...kept } = filters;
  sessionStorage.setItem(STORE, JSON.stringify(kept));
}
