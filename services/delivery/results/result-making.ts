import type { Selectable } from 'kysely';
import type { ResultKind } from '#core/result-objects.ts';
import type { AiResult, BuiltObject, DocumentIdentity } from '#dicom/objects/types.ts';
import type { InstanceReceiver } from '#intake/types.ts';
import type { Config } from '#platform/config/config.ts';
import type { Database } from '#platform/database/connect.ts';
import type { ResultObjectTable } from '#platform/database/result-tables.ts';
import type { Installation } from './installation.ts';
import type { StoredResult } from './read-study.ts';

export type ResultObjectRow = Selectable<ResultObjectTable>;

/** What the builders get. */
export interface ObjectsToBuild {
  readonly result: AiResult;
  readonly stored: StoredResult;
  readonly kinds: ReadonlySet<ResultKind>;
  /** The report that the new one takes the place of. */
  readonly predecessor: ResultObjectRow | undefined;
  /** What a rejection note is to withdraw. */
  readonly outdated: readonly ResultObjectRow[];
  identify(kind: ResultKind, index: number): DocumentIdentity;
}

export interface MadeObject {
  readonly kind: ResultKind;
  /** It says where a finding lies. */
  readonly showsPlace: boolean;
  readonly object: BuiltObject;
}

export interface ResultMaking {
  readonly database: Database;
  readonly receiver: InstanceReceiver;
  readonly installation: Installation;
  readonly config: Pick<Config, 'destinations' | 'readingMode' | 'timeZone' | 'dicom'>;
  titleOf(modelId: string, version: string): Promise<string | undefined>;
  /** In the order in which they are to be sent. */
  build(order: ObjectsToBuild): Promise<readonly MadeObject[]>;
}
