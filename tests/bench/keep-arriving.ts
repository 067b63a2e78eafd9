import { sql } from 'kysely';
import { notifyChange } from '#platform/database/changes.ts';
import type { Database } from '#platform/database/connect.ts';

/** Studies that come while the list is read, and whose rows change once more as they would with further images. */
export function keepArriving(database: Database, perSecond: number): { stop(): Promise<number> } {
  let stopping = false;
  let count = 0;
  const run = async (): Promise<void> => {
    while (!stopping) {
      const due = performance.now() + 1_000 / perSecond;
      const uid = `2.25.99${Date.now()}${count}`;
      await sql`
        INSERT INTO study (study_instance_uid, status, site, patient_id, patient_name, patient_birth_date,
          accession_number, study_description, study_date, modality, body_part_examined, image_count, received_at,
          order_priority_source, reason, due_at, rank_at, rule_id, rule_version)
        SELECT ${uid}, status, site, patient_id || 'N', patient_name, patient_birth_date, accession_number || 'N',
          study_description, study_date, modality, body_part_examined, 1, now(), order_priority_source, reason,
          now() + interval '4 hours', now(), rule_id, rule_version
        FROM study ORDER BY study_key LIMIT 1`.execute(database);
      await sql`
        UPDATE study SET image_count = 2, version = version + 1, last_image_at = now()
        WHERE study_instance_uid = ${uid}`.execute(database);
      await notifyChange(database, uid);
      count += 1;
      // The pace of the load, not a wait for anything.
      await new Promise((done) => setTimeout(done, Math.max(0, due - performance.now())));
    }
  };
  const running = run();
  return {
    stop: async () => {
      stopping = true;
      await running;
      return count;
    },
  };
}
