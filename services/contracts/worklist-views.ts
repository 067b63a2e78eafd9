import { z } from 'zod';
import { PRIORITIES } from '#core/priority.ts';
import { READING_STATUSES, STUDY_STATUSES } from '#core/study-state.ts';
import { chosenFrom, WORKLIST_SORTS, worklistFilterSchema } from './worklist.ts';

export const WORKLIST_FACETS = [
  'priority',
  'status',
  'readingStatus',
  'modality',
  'site',
  'bodyPart',
  'finding',
] as const;
export type WorklistFacet = (typeof WORKLIST_FACETS)[number];

export const worklistFacetsQuerySchema = worklistFilterSchema.extend({
  /** Which to count; all without it. That of `readingStatus` counts every study that was ever read. */
  of: chosenFrom(WORKLIST_FACETS),
});

/** Counts of what the list holds, each as if its own filter were not set, so that one sees what else there is. */
const countsSchema = z.array(z.object({ value: z.string(), count: z.number().int() }));
/** Those that were not asked for are empty. */
export const worklistFacetsSchema = z.object({
  priority: countsSchema,
  status: countsSchema,
  readingStatus: countsSchema,
  modality: countsSchema,
  site: countsSchema,
  bodyPart: countsSchema,
  /** Labels that active models flagged. */
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

const words = (length: number) => z.array(z.string().max(length)).max(50);

/** Views that were saved while AI status and finding took one choice each. */
function withSeveralChoices(saved: unknown): unknown {
  if (typeof saved !== 'object' || saved === null) return saved;
  const { status, finding, ...rest } = { status: 'any', finding: '', ...saved };
  return {
    statuses: status === 'any' ? [] : [status],
    findings: finding === '' ? [] : [finding],
    ...rest,
  };
}

/** A search is not part of it: it is a patient's name more often than not. */
export const viewFiltersSchema = z.preprocess(
  withSeveralChoices,
  z.object({
    priorities: z.array(z.enum(PRIORITIES)),
    statuses: z.array(z.enum(STUDY_STATUSES)),
    reading: z.enum([...READING_STATUSES, 'to-read', 'all']),
    modalities: words(16),
    sites: words(64),
    bodyParts: words(64).default([]),
    flagged: z.boolean(),
    findings: words(100),
    /** Those that the reader has open or has signed. */
    mine: z.boolean().default(false),
    ageFrom: age,
    ageTo: age,
  }),
);

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
