import { sql } from 'kysely';
import type { Database } from '#platform/database/connect.ts';

const SURNAMES = 'Smith Müller Garcia Nguyen Kowalski Yamada Rossi Dubois Jansen Silva'.split(' ');
const GIVEN = 'Anna Ben Chloé David Elena Farid Greta Hiro Ines Jonas'.split(' ');

/**
 * Rows as intake would have left them: radiographs of one image, CT of two series, and one study in a thousand of a
 * rare modality; names of one hundred thousand different people.
 */
export async function seedManyStudies(database: Database, studies: number): Promise<void> {
  await sql`
    INSERT INTO study (study_instance_uid, status, patient_id, patient_name, patient_birth_date, patient_sex,
      accession_number, study_description, study_date, study_time, modality, received_at, order_priority_source,
      reason, due_at, rank_at, rule_id, rule_version)
    SELECT '2.25.77' || n, 'analysed', 'P' || lpad((n * 7919 % ${studies})::text, 7, '0'),
      (${SURNAMES}::text[])[1 + n % 10] || (n / 100) || '^' || (${GIVEN}::text[])[1 + n / 10 % 10],
      '19' || lpad((n % 100)::text, 2, '0') || '0101', 'F', 'A' || n, 'Study ' || n % 50,
      to_char(timestamp '2020-01-01' + n * interval '30 minutes', 'YYYYMMDD'), '101500', 'CT',
      timestamptz '2020-01-01' + n * interval '30 minutes', '', '', now(), now(), 'default', '1'
    FROM generate_series(1, ${studies}::integer) AS n`.execute(database);
  await sql`
    INSERT INTO instance (study_key, sop_instance_uid, sop_class_uid, series_instance_uid, transfer_syntax_uid, kind,
      blob_path, sha256, file_bytes, data_set_offset, modality, series_number, instance_number, rows, columns,
      calling_ae)
    SELECT study_key, study_instance_uid || '.' || i, '1.2.840.10008.5.1.4.1.1.2',
      study_instance_uid || '.' || (CASE WHEN i <= 2 THEN 1 ELSE 2 END), '1.2.840.10008.1.2.1', 'image',
      study_instance_uid || '.' || i, study_instance_uid || i, 1000, 300,
      CASE WHEN study_key % 1000 = 0 THEN 'XA' WHEN study_key % 3 = 0 THEN 'CT' ELSE 'DX' END,
      CASE WHEN i <= 2 THEN 1 ELSE 2 END, i, 512, 512, 'BENCH'
    FROM study CROSS JOIN LATERAL generate_series(1, CASE WHEN study_key % 3 = 0 THEN 6 ELSE 1 END) AS i`.execute(
    database,
  );
  await sql`VACUUM ANALYZE study`.execute(database);
  await sql`VACUUM ANALYZE instance`.execute(database);
}
