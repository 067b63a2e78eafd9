import type { BlobStore } from '#platform/blob-store/blob-store.ts';
import type { Config } from '#platform/config/config.ts';
import type { Database } from '#platform/database/connect.ts';
import type { Metrics } from '#platform/http/metrics.ts';
import type { Logger } from '#platform/logger/logger.ts';
import type { AccessLog } from './access-log.ts';
import type { SharedDecoder } from './dicomweb/retrieve/shared-decoder.ts';

/** What is read of the blob store. */
export type BlobReader = Pick<BlobStore, 'readBlob' | 'locate'>;

/** What every route of this room is given. */
export interface WebContext {
  readonly config: Config;
  readonly database: Database;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly accessLog: AccessLog;
  readonly blobs: BlobReader;
  /** Decodes frames in processes of their own. */
  readonly decoder: Pick<SharedDecoder, 'decode'>;
  /** The product's version, for the page. */
  readonly version: string;
}
