import { z } from 'zod';
import { PRIORITIES } from '#core/priority.ts';
import { READING_STATUSES, STUDY_STATUSES } from '#core/study-state.ts';
import { worklistItemSchema } from './study.ts';

const time = z.iso.datetime({ offset: true });
const MAX_CHOICES = 50;
export const MAX_ROWS_ASKED = 200;

const split = (text: string) => text.split(',').filter((part) => part !== '');
/** Some of a closed list of words, with commas between them. */
export const chosenFrom = <T extends readonly [string, ...string[]]>(values: T) =>
  z
    .string()
    .transform(split)
    .pipe(z.array(z.enum(values)))
    .optional();
/** Words of the site's own, which hold no comma. */
const words = (length: number) =>
  z
    .string()
    .transform(split)
    .pipe(z.array(z.string().max(length)).max(MAX_CHOICES))
    .optional();

/** What the list can be sorted by instead of its order of triage. */
export const WORKLIST_SORTS = [
  'priority',
  'patient',
  'patient-id',
  'accession',
  'age',
  'study',
  'study-date',
  'modality',
  'site',
  'status',
  'score',
  'images',
  'received',
  'due',
  'reading',
] as const;
export type WorklistSort = (typeof WORKLIST_SORTS)[number];

const age = z.coerce.number().int().min(0).max(150).optional();

export const worklistFilterSchema = z.object({
  status: chosenFrom(STUDY_STATUSES),
  /** Without it: unread and open. */
  readingStatus: chosenFrom(READING_STATUSES),
  priority: chosenFrom(PRIORITIES),
  modality: words(16),
  site: words(64),
  flagged: z.enum(['true', 'false']).optional(),
  bodyPart: words(64),
  /** Labels that active models flagged, any of them; given once for each, for a label may hold a comma. */
  finding: z
    .union([z.string(), z.array(z.string())])
    .transform((labels) => [labels].flat().filter((label) => label !== ''))
    .pipe(z.array(z.string().max(100)).max(MAX_CHOICES))
    .optional(),
  /** Those that the asker has open or has signed. */
  mine: z.enum(['true', 'false']).optional(),
  /** Of the patient on the day of receipt, in whole years, both included. A study without an age is in no range. */
  ageFrom: age,
  ageTo: age,
  /** The whole accession number. */
  accession: z.string().min(1).max(64).optional(),
  /** Part of a patient name, patient id or accession number. */
  search: z.string().max(64).optional(),
});
export type WorklistFilter = z.output<typeof worklistFilterSchema>;

export const worklistQuerySchema = worklistFilterSchema.extend({
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  offset: z.coerce.number().int().min(0).default(0),
  /** Without it: the order of triage. */
  sort: z.enum(WORKLIST_SORTS).optional(),
  direction: z.enum(['ascending', 'descending']).default('ascending'),
});
export type WorklistQuery = z.output<typeof worklistQuerySchema>;

export const worklistSchema = z.object({
  items: z.array(worklistItemSchema),
  total: z.number().int(),
  nextOffset: z.number().int().nullable(),
  generatedAt: time,
});
export type Worklist = z.output<typeof worklistSchema>;

export const worklistNewsQuerySchema = worklistFilterSchema.extend({ since: time });

/** What has come into a list since a moment. */
export const worklistNewsSchema = z.object({
  /** Studies whose first image came later. */
  arrived: z.number().int(),
  /** Those of them, and those analysed later, that are STAT now: the newest first, at most five. */
  stat: z.array(worklistItemSchema),
  generatedAt: time,
});
export type WorklistNews = z.output<typeof worklistNewsSchema>;

export const worklistRowsQuerySchema = z.object({
  studies: z
    .string()
    .transform(split)
    .pipe(
      z
        .array(z.string().regex(/^[0-9.]{1,64}$/))
        .min(1)
        .max(MAX_ROWS_ASKED),
    ),
});

/** Rows as they are now, in no order; studies that are gone are left out. */
export const worklistRowsSchema = z.object({
  items: z.array(worklistItemSchema),
  generatedAt: time,
});
