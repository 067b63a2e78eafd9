import { z } from 'zod';
import { READING_MODES, USER_ROLES } from '#core/finding.ts';

export const loginSchema = z.object({
  username: z.string().min(1).max(64),
  password: z.string().min(1).max(256),
});

/** Who is logged in, and what the page must say of the site. */
export const sessionSchema = z.object({
  user: z.object({ name: z.string(), roles: z.array(z.enum(USER_ROLES)) }),
  site: z.object({
    name: z.string(),
    readingMode: z.enum(READING_MODES),
    /** Whether this user's lists can be chosen and sorted by the AI's word; not by one who reads studies blind first. */
    aiInLists: z.boolean(),
    /** Other systems that open a study; `url` has placeholders (core/outside-link.ts). */
    links: z.array(z.object({ name: z.string(), url: z.string() })),
  }),
  version: z.string(),
});
export type Session = z.output<typeof sessionSchema>;

/** The body of every error answer. */
export const errorSchema = z.object({
  code: z.string(),
  message: z.string(),
  retryable: z.boolean(),
  details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
});
export type ApiError = z.output<typeof errorSchema>;

/** A server-sent event: `changed` names the study and nothing more; clients ask again for what they show. */
export const changedEventSchema = z.object({ studyInstanceUid: z.string() });

const component = z.object({ status: z.enum(['ok', 'down']), detail: z.string().nullable() });
export const healthSchema = z.object({
  status: z.enum(['ok', 'degraded']),
  version: z.string(),
  components: z.object({
    database: component,
    queue: component,
    listener: component,
    worker: component,
  }),
});
export type Health = z.output<typeof healthSchema>;
