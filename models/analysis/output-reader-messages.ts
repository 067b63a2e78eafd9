import type { ErrorCode, RadTriageError } from '#core/errors.ts';
import type { Manifest } from '../manifest/schema.ts';
import type { ImageResult } from '../postprocess/read-image.ts';
import type { Outputs } from '../postprocess/tensors.ts';
import type { InputPlace } from '../preprocess/place.ts';

/** What passes between an OutputReader and its threads, which are our own code in our own process. */
export interface ReadRequest {
  readonly id: number;
  /** Names the manifest in later requests. */
  readonly key: number;
  /** With the first request that names it. */
  readonly manifest: Manifest | undefined;
  /** Where each part lies in the image. */
  readonly places: readonly InputPlace[];
  /** Of each part. */
  readonly outputs: readonly Outputs[];
}

export type ReadReply =
  | { readonly kind: 'read'; readonly id: number; readonly result: ImageResult }
  | {
      readonly kind: 'failed';
      readonly id: number;
      readonly code: ErrorCode;
      readonly message: string;
      readonly details: RadTriageError['details'];
    };
