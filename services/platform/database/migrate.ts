import { Migrator } from 'kysely/migration';
import { RadTriageError } from '#core/errors.ts';
import type { Database } from './connect.ts';
import { up as initial } from './migrations/001-initial.ts';
import { up as completionSignals } from './migrations/002-completion-signals.ts';
import { up as storageCommitment } from './migrations/003-storage-commitment.ts';
import { up as corrections } from './migrations/004-corrections.ts';
import { up as retention } from './migrations/005-retention.ts';
import { up as doorLog } from './migrations/006-door-log.ts';
import { up as importFiles } from './migrations/007-import.ts';
import { up as labelScores } from './migrations/008-label-scores.ts';
import { up as modelVersions } from './migrations/009-model-versions.ts';
import { up as explanations } from './migrations/011-explanations.ts';
import { up as modelEvaluations } from './migrations/012-model-evaluations.ts';
import { up as results } from './migrations/013-results.ts';
import { up as delivery } from './migrations/014-delivery.ts';
import { up as notifications } from './migrations/015-notifications.ts';
import { up as worklist } from './migrations/016-worklist.ts';
import { up as worklistViews } from './migrations/016-worklist-views.ts';
import { up as impressions } from './migrations/017-impressions.ts';
import { up as dicomwebSearch } from './migrations/018-dicomweb-search.ts';
import { up as explanationSweep } from './migrations/019-explanation-sweep.ts';
import { up as outsideReports } from './migrations/020-outside-reports.ts';
import { up as forgetSettled } from './migrations/022-forget-settled.ts';
import { up as reportsTakenBack } from './migrations/023-reports-taken-back.ts';
import { up as worklistCounts } from './migrations/024-worklist-counts.ts';

/** Migrations by name, in order; a name once released never changes. */
const MIGRATIONS = {
  '001-initial': { up: initial },
  '002-completion-signals': { up: completionSignals },
  '003-storage-commitment': { up: storageCommitment },
  '004-corrections': { up: corrections },
  '005-retention': { up: retention },
  '006-door-log': { up: doorLog },
  '007-import': { up: importFiles },
  '008-label-scores': { up: labelScores },
  '009-model-versions': { up: modelVersions },
  '011-explanations': { up: explanations },
  '012-model-evaluations': { up: modelEvaluations },
  '013-results': { up: results },
  '014-delivery': { up: delivery },
  '015-notifications': { up: notifications },
  '016-worklist': { up: worklist },
  '016-worklist-views': { up: worklistViews },
  '017-impressions': { up: impressions },
  '018-dicomweb-search': { up: dicomwebSearch },
  '019-explanation-sweep': { up: explanationSweep },
  '020-outside-reports': { up: outsideReports },
  '022-forget-settled': { up: forgetSettled },
  '023-reports-taken-back': { up: reportsTakenBack },
  '024-worklist-counts': { up: worklistCounts },
};

/** Brings the schema up to date. Safe to run from several processes at once: Kysely takes a lock. */
export async function migrateDatabase(database: Database): Promise<readonly string[]> {
  const migrator = new Migrator({
    db: database,
    provider: { getMigrations: async () => MIGRATIONS },
  });
  const { error, results } = await migrator.migrateToLatest();
  if (error !== undefined) {
    throw new RadTriageError('DATABASE_UNAVAILABLE', 'the database could not be migrated', {
      cause: error,
    });
  }
  return (results ?? []).map((result) => result.migrationName);
}
