import type { DimseService } from '#dicom/dimse/dimse-service.ts';
import type { Config } from '#platform/config/config.ts';
import type { Database } from '#platform/database/connect.ts';
import type { Logger } from '#platform/logger/logger.ts';
import { completionServices } from './completion/completion-services.ts';
import { requireDescribed } from './offered-services.ts';
import { startCommitments } from './storage-commitment/start-commitments.ts';
import { bothRoles, commitmentReports, takesReports } from './storage-commitment/take-reports.ts';
import type { StoredFiles } from './storage-commitment/verify-file.ts';

/** The services beside C-ECHO and C-STORE that the site has turned on. */
export function startDimseServices(options: {
  readonly database: Database;
  readonly blobStore: StoredFiles;
  readonly config: Pick<Config, 'dicom' | 'retention' | 'destinations'>;
  readonly logger: Logger;
}): { readonly offered: readonly DimseService[]; close(): Promise<void> } {
  const { database, config, logger } = options;
  const { services, storageCommitment } = config.dicom;
  const { destinations } = config;
  const offered = [...completionServices({ database, services, logger })];
  const commitments = storageCommitment.enabled ? startCommitments(options) : undefined;
  const reports = takesReports(destinations)
    ? commitmentReports({ database, destinations, logger })
    : undefined;
  // One class is offered once, whatever its roles.
  if (commitments !== undefined && reports !== undefined) {
    offered.push(bothRoles(commitments.service, reports));
  } else {
    const one = commitments?.service ?? reports;
    if (one !== undefined) offered.push(one);
  }
  requireDescribed(offered);
  return { offered, close: async () => commitments?.close() };
}
