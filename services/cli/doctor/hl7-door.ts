import { z } from 'zod';
import type { Config } from '#platform/config/config.ts';
import type { Database } from '#platform/database/connect.ts';
import type { Finding } from './finding.ts';

/** A listener that was heard of this long ago runs no more. */
const SILENCE_MS = 30_000;
const detailsSchema = z.object({
  hl7: z.object({ host: z.string(), port: z.number() }).optional(),
});

/**
 * Whether the listener that runs has opened the door for HL7, as it says itself: undefined without such a door, and where
 * no listener runs.
 */
export async function checkHl7Door(
  database: Database,
  { hl7 }: Pick<Config, 'hl7'>,
): Promise<Finding | undefined> {
  if (hl7.port === null) return undefined;
  const beat = await database
    .selectFrom('heartbeat')
    .select('details')
    .where('process', 'like', 'listener%')
    .where('at', '>', new Date(Date.now() - SILENCE_MS))
    .orderBy('at', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (beat === undefined) return undefined;
  const opened = detailsSchema.safeParse(beat.details).data?.hl7;
  const what = 'HL7 door';
  if (opened !== undefined) {
    return { level: 'ok', what, detail: `open on ${opened.host}:${opened.port}` };
  }
  const detail = `shut: ${hl7.host}:${hl7.port} could not be opened. Another program has it, or the listener was started before it was configured; no report of another system comes in`;
  return { level: 'fault', what, detail };
}
