import type { PriorityRule } from '#core/priority.ts';
import type { DecodedFrame } from '#dicom/pixels/decoded-frame.ts';
import type { AnalysisEngine } from '#models/analysis/analyse-images.ts';
import type { ModelRegistry } from '#models/registry/registry.ts';
import type { Runtime } from '#models/runtime/runtime.ts';
import type { NotificationRule } from '#platform/config/notifications.ts';
import type { Database } from '#platform/database/connect.ts';
import type { Logger } from '#platform/logger/logger.ts';

/** What is used of the blob store. */
export interface TriageBlobs {
  /** Where a blob lies on this machine. */
  pathOf(blobPath: string): string;
  /** Keeps new bytes and gives their blob path. */
  put(bytes: Uint8Array): Promise<string>;
}

/** What is used of the processes that analyse images. */
export interface TriageEngine extends AnalysisEngine {
  readonly runtime: AnalysisEngine['runtime'] & Pick<Runtime, 'warmUp'>;
}

/** A small picture of a frame, in a format that browsers show. */
type RenderThumbnail = (frame: DecodedFrame) => Promise<Uint8Array>;

/** What the triage job works with. */
export interface TriageDependencies {
  readonly database: Database;
  readonly registry: ModelRegistry;
  readonly engine: TriageEngine;
  /** Longest time of one study's analysis. */
  readonly jobTimeoutMs: number;
  readonly blobs: TriageBlobs;
  readonly renderThumbnail: RenderThumbnail;
  /** The site's rule: what a flagged finding raises its study to. */
  readonly rule: PriorityRule;
  /** The site's rules for notifications; without them nobody is told of anything. */
  readonly notificationRules?: readonly NotificationRule[] | undefined;
  readonly logger: Logger;
}
