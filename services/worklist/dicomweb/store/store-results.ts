import type { ErrorCode, RadTriageError } from '#core/errors.ts';
import type { FileMeta } from '#dicom/part10/encode-header.ts';
import type { ReceiveOutcome } from '#intake/types.ts';
import type { Database } from '#platform/database/connect.ts';
import type { Sight } from '../../study/sight.ts';
import { isShownTo } from '../../study/visible-instances.ts';
import { failureReason, warningReason } from './reasons.ts';
import { SpilledList } from './spilled-list.ts';

/** An instance that is kept, and where it can be retrieved once the index knows it. */
export interface StoredItem {
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  readonly studyInstanceUid?: string | undefined;
  readonly seriesInstanceUid?: string | undefined;
  readonly warning?: number | undefined;
}

export interface FailedItem {
  /** Undefined when not so much was readable. */
  readonly sopClassUid?: string | undefined;
  readonly sopInstanceUid?: string | undefined;
  readonly reason: number;
}

interface IndexedItem {
  readonly meta: FileMeta;
  readonly outcome: ReceiveOutcome;
}

interface Place {
  readonly studyInstanceUid: string;
  readonly seriesInstanceUid: string;
}

/** Where instances are, by their keys. */
export type FindPlaces = (keys: readonly string[]) => Promise<ReadonlyMap<string, Place>>;

/**
 * A database that is away costs the addresses, not the answer: everything is kept. What the sender may not see has no
 * address.
 */
export function findPlacesIn(database: Database, sight: Sight): FindPlaces {
  return async (keys) => {
    const rows = await database
      .selectFrom('instance')
      .innerJoin('study', 'study.studyKey', 'instance.studyKey')
      .select(['instance.instanceKey', 'instance.seriesInstanceUid', 'study.studyInstanceUid'])
      .where('instance.instanceKey', 'in', keys)
      .where(isShownTo(sight))
      .execute()
      .catch(() => []);
    return new Map(rows.map(({ instanceKey, ...place }) => [instanceKey, place]));
  };
}

/** Instances looked up in the index at once. */
const LOOK_UP_ITEMS = 256;

/** What became of the parts of one request. However many they are, only a few thousand are held in memory. */
export class StoreResults {
  readonly stored = new SpilledList<StoredItem>();
  /** Whose SOP instance is known. */
  readonly failed = new SpilledList<FailedItem>();
  /** Of which no more is known than that they failed. */
  readonly unnamed = new SpilledList<FailedItem>();
  readonly failuresByCode = new Map<ErrorCode, number>();
  readonly #findPlaces: FindPlaces;
  #warnings = 0;
  #indexed: IndexedItem[] = [];
  /** The one study of all that was stored, or null once there are two. */
  #study: string | undefined | null;

  constructor(findPlaces: FindPlaces) {
    this.#findPlaces = findPlaces;
  }

  get warnings(): number {
    return this.#warnings;
  }

  get study(): string | undefined {
    return this.#study ?? undefined;
  }

  async addIndexed(meta: FileMeta, outcome: ReceiveOutcome): Promise<void> {
    this.#indexed.push({ meta, outcome });
    if (this.#indexed.length >= LOOK_UP_ITEMS) await this.lookUp();
  }

  /** Kept, and not yet known to the index: it cannot be said where it will be. */
  async addKept(meta: FileMeta): Promise<void> {
    const { sopClassUid, sopInstanceUid } = meta;
    await this.stored.add({ sopClassUid, sopInstanceUid });
  }

  async addFailed(meta: FileMeta | undefined, error: RadTriageError): Promise<void> {
    this.failuresByCode.set(error.code, (this.failuresByCode.get(error.code) ?? 0) + 1);
    const reason = failureReason(error);
    if (meta === undefined) await this.unnamed.add({ reason });
    else {
      const { sopClassUid, sopInstanceUid } = meta;
      await this.failed.add({ sopClassUid, sopInstanceUid, reason });
    }
  }

  /** Finds the addresses of what is still to be looked up. */
  async lookUp(): Promise<void> {
    const items = this.#indexed;
    this.#indexed = [];
    if (items.length === 0) return;
    const places = await this.#findPlaces(items.map(({ outcome }) => outcome.instanceKey));
    for (const { meta, outcome } of items) {
      const place = places.get(outcome.instanceKey);
      const warning = warningReason(outcome.outcome);
      if (warning !== undefined) this.#warnings += 1;
      if (place !== undefined) this.#noteStudy(place.studyInstanceUid);
      const { sopClassUid, sopInstanceUid } = meta;
      await this.stored.add({ sopClassUid, sopInstanceUid, ...place, warning });
    }
  }

  async dispose(): Promise<void> {
    await Promise.all([this.stored.dispose(), this.failed.dispose(), this.unnamed.dispose()]);
  }

  #noteStudy(studyInstanceUid: string): void {
    if (this.#study === undefined) this.#study = studyInstanceUid;
    else if (this.#study !== studyInstanceUid) this.#study = null;
  }
}
