import { sql } from 'kysely';
import type { Database } from '#platform/database/connect.ts';

const SURNAMES = 'Smith Müller Garcia Nguyen Kowalski Yamada Rossi Dubois Jansen Silva'.split(' ');
const GIVEN = 'Anna Ben Chloé David Elena Farid Greta Hiro Ines Jonas'.split(' ');
const MODALITIES = ['DX', 'CR', 'CT', 'MR', 'MG', 'US'];
const BODY_PARTS = ['CHEST', 'HEAD', 'ABDOMEN', 'KNEE'];
const SITES = ['North', 'South', 'Harbour'];
const LABELS =
  'opacity nodule effusion pneumothorax edema fracture mass hernia fibrosis consolidation atelectasis cardiomegaly infiltration thickening'.split(
    ' ',
  );

/**
 * Analysed studies that wait to be read, as intake and inference would have left them: four classes, some raised by a
 * finding, received one each `secondsApart` seconds until now, so that some are overdue and some are not.
 */
export async function seedWorklist(
  database: Database,
  studies: number,
  secondsApart = 1,
): Promise<void> {
  await sql`
    INSERT INTO study (study_instance_uid, status, site, patient_id, patient_name, patient_birth_date, patient_sex,
      accession_number, study_description, study_date, study_time, modality, body_part_examined, image_count,
      received_at, last_image_at, completed_at, analysed_at, base_priority, priority, order_priority_source, reason,
      due_at, rank_at, rule_id, rule_version, flagged, flagged_labels, score, score_model)
    SELECT '2.25.88' || n, 'analysed', (${SITES}::text[])[1 + n % 3], 'P' || lpad((n * 7919 % ${studies})::text, 7, '0'),
      (${SURNAMES}::text[])[1 + n % 10] || (n / 100) || '^' || (${GIVEN}::text[])[1 + n / 10 % 10],
      (1930 + n % 90) || '0101', CASE n % 2 WHEN 0 THEN 'F' ELSE 'M' END, 'A' || n, 'Study ' || n % 50,
      to_char(received, 'YYYYMMDD'), '101500', (${MODALITIES}::text[])[1 + n % 6], (${BODY_PARTS}::text[])[1 + n % 4], 2,
      received, received, received, received, base,
      CASE WHEN flagged AND base <> 'STAT' THEN 'HIGH' ELSE base END, 'ROUTINE assumed',
      CASE WHEN flagged THEN 'HIGH: opacity, score 0.91 by cxr-opacity 1.0.0, raised from ' || base
        ELSE base || ': ROUTINE assumed, the images name no priority' END,
      received + wait, received - CASE WHEN flagged THEN interval '20 minutes' ELSE interval '0' END, 'default', '1',
      flagged, CASE WHEN flagged THEN ARRAY[(${LABELS}::text[])[1 + n % 14]] ELSE '{}' END,
      CASE WHEN flagged THEN 0.5 + (n % 50) / 100.0 ELSE (n % 50) / 100.0 END, 'cxr-opacity'
    FROM (
      SELECT n, now() - (${studies}::integer - n) * ${secondsApart}::double precision * interval '1 second' AS received,
        n % 9 = 0 AS flagged,
        CASE WHEN n % 200 = 0 THEN 'STAT' WHEN n % 10 = 0 THEN 'HIGH' WHEN n % 4 = 0 THEN 'LOW' ELSE 'MEDIUM' END AS base,
        CASE WHEN n % 200 = 0 THEN interval '30 minutes' WHEN n % 10 = 0 THEN interval '2 hours'
          WHEN n % 4 = 0 THEN interval '8 hours' ELSE interval '4 hours' END AS wait
      FROM generate_series(1, ${studies}::integer) AS n
    ) AS generated`.execute(database);
  await sql`VACUUM ANALYZE study`.execute(database);
}
