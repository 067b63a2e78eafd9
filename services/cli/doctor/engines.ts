import { z } from 'zod';
import type { Database } from '#platform/database/connect.ts';
import { HEARTBEAT_SILENCE_MS } from '#worklist/heartbeats.ts';
import type { Finding } from './finding.ts';

/** What a worker writes into its heartbeat (services/inference/start-worker.ts). */
const detailsSchema = z.object({
  providers: z.record(z.string(), z.string()).default({}),
  declined: z.record(z.string(), z.array(z.string())).default({}),
});

/** Where each worker runs its models, and why not on a provider that was asked for before. */
export async function readEngines(database: Database): Promise<Finding[]> {
  const beats = await database
    .selectFrom('heartbeat')
    .select(['process', 'details'])
    .where('process', 'like', 'worker:%')
    .where('at', '>', new Date(Date.now() - HEARTBEAT_SILENCE_MS))
    .orderBy('process')
    .execute();
  return beats.flatMap(({ process, details }) => {
    const parsed = detailsSchema.safeParse(details);
    if (!parsed.success) return [];
    const { providers, declined } = parsed.data;
    return Object.entries(providers).map(([model, provider]): Finding => {
      const reasons = declined[model] ?? [];
      const why = reasons.length === 0 ? '' : `; declined before: ${reasons.join('; ')}`;
      return { level: 'ok', what: `${model} on ${process}`, detail: `runs on ${provider}${why}` };
    });
  });
}
