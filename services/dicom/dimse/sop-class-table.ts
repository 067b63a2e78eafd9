import { RadTriageError } from '#core/errors.ts';
import { isUid } from '../part10/uid.ts';
import type { DimseService } from './dimse-service.ts';
import { isStorageSopClass, VERIFICATION_SOP_CLASS } from './storage-sop-classes.ts';

/** What an acceptor takes: verification, storage classes, and the classes of further services. */
export class SopClassTable {
  readonly #services = new Map<string, DimseService>();
  readonly #moreStorageClasses: ReadonlySet<string>;

  /**
   * @param moreStorageClasses private or newer storage classes, beside those of the standard.
   * @throws RadTriageError CONFIG_INVALID when a class is claimed twice, or a UID is none.
   */
  constructor(services: readonly DimseService[] = [], moreStorageClasses: readonly string[] = []) {
    const invalid = moreStorageClasses.find((uid) => !isUid(uid));
    if (invalid !== undefined) {
      throw new RadTriageError('CONFIG_INVALID', `${invalid} is no UID of a storage SOP class`);
    }
    this.#moreStorageClasses = new Set(moreStorageClasses);
    for (const service of services) {
      for (const uid of service.sopClassUids) {
        if (this.#services.has(uid) || this.isStorage(uid) || uid === VERIFICATION_SOP_CLASS) {
          throw new RadTriageError('CONFIG_INVALID', `two services take the SOP class ${uid}`);
        }
        this.#services.set(uid, service);
      }
    }
  }

  isStorage(uid: string): boolean {
    return isStorageSopClass(uid) || this.#moreStorageClasses.has(uid);
  }

  findService(uid: string): DimseService | undefined {
    return this.#services.get(uid);
  }
}
