import type { DimseService } from '#dicom/dimse/dimse-service.ts';
import type { Config } from '#platform/config/config.ts';
import type { Database } from '#platform/database/connect.ts';
import type { Logger } from '#platform/logger/logger.ts';
import { completionServices } from './completion/completion-services.ts';
import { requireDescribed } from './offered-services.ts';
import { startCommitments } from './storage-commitment/start-commitments.ts';
import type { StoredFiles } from './storage-commitment/verify-file.ts';

/** The services beside C-ECHO and C-STORE that the site has turned on. */
export function startDimseServices(options: {
  readonly database: Database;
  readonly blobStore: StoredFiles;
  readonly config: Pick<Config, 'dicom' | 'retention'>;
  readonly logger: Logger;
}): { readonly offered: readonly DimseService[]; close(): Promise<void> } {
  const { database, config, logger } = options;
  const { services, storageCommitment } = config.dicom;
  const completion = completionServices({ database, services, logger });
  requireDescribed(completion);
  if (!storageCommitment.enabled) return { offered: completion, close: async () => undefined };
  const commitments = startCommitments(options);
  requireDescribed([commitments.service]);
  return { offered: [...completion, commitments.service], close: () => commitments.close() };
}
