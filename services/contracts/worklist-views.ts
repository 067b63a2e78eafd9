import { z } from 'zod';
import { PRIORITIES } from '#core/priority.ts';
import { READING_STATUSES, STUDY_STATUSES } from '#core/study-state.ts';
import { WORKLIST_SORTS } from './worklist.ts';

/** Counts of what the list holds, each as if its own filter were not set, so that one sees what else there is. */
const countsSchema = z.array(z.object({ value: z.string(), count: z.number().int() }));
export const worklistFacetsSchema = z.object({
  priority: countsSchema,
  status: countsSchema,
  readingStatus: countsSchema,
  modality: countsSchema,
  site: countsSchema,
  /** Labels that active models flagged in the current images. */
  finding: countsSchema,
});
export type WorklistFacets = z.output<typeof worklistFacetsSchema>;

export const WORKLIST_COLUMNS = [
  'priority',
  'image',
  'patient',
  'study',
  'ai',
  'reason',
  'received',
  'waiting',
  'reading',
  'modality',
  'age',
  'accession',
  'study-date',
  'site',
  'images',
] as const;
export type WorklistColumn = (typeof WORKLIST_COLUMNS)[number];

const age = z.number().int().min(0).max(150).nullable();

/** A search is not part of it: it is a patient's name more often than not. */
export const viewFiltersSchema = z.object({
  priorities: z.array(z.enum(PRIORITIES)),
  status: z.enum([...STUDY_STATUSES, 'any']),
  reading: z.enum([...READING_STATUSES, 'to-read', 'all']),
  modalities: z.array(z.string().max(16)).max(50),
  sites: z.array(z.string().max(64)).max(50),
  flagged: z.boolean(),
  finding: z.string().max(100),
  ageFrom: age,
  ageTo: age,
});

export const viewSettingsSchema = z.object({
  filters: viewFiltersSchema,
  /** Null: the order of triage. */
  sort: z
    .object({ by: z.enum(WORKLIST_SORTS), direction: z.enum(['ascending', 'descending']) })
    .nullable(),
  columns: z.array(z.enum(WORKLIST_COLUMNS)).min(1).max(WORKLIST_COLUMNS.length),
});
export type ViewSettings = z.output<typeof viewSettingsSchema>;

export const worklistViewSchema = z.object({
  id: z.string(),
  name: z.string(),
  owner: z.string(),
  /** Seen by everybody; only administrators share. */
  shared: z.boolean(),
  /** Shown first: one's own default, else a shared one. */
  isDefault: z.boolean(),
  settings: viewSettingsSchema,
});
export type WorklistView = z.output<typeof worklistViewSchema>;
export const worklistViewsSchema = z.object({ views: z.array(worklistViewSchema) });

/** A view of the same name by the same owner is replaced. */
export const saveViewSchema = z.object({
  name: z.string().trim().min(1).max(60),
  shared: z.boolean().default(false),
  isDefault: z.boolean().default(false),
  settings: viewSettingsSchema,
});
export type SaveView = z.output<typeof saveViewSchema>;
