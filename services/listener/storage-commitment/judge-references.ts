import { sql } from 'kysely';
import type { CommitmentFinding } from '#core/commitment-state.ts';
import type { InstanceStanding } from '#core/instance-standing.ts';
import type { SopReference } from '#dicom/attributes/read-references.ts';
import { isStorageSopClass } from '#dicom/dimse/storage-sop-classes.ts';
import { isKeptByPolicy } from '#intake/retention/keeps.ts';
import type { Config } from '#platform/config/config.ts';
import type { Database } from '#platform/database/connect.ts';
import type { FileVerifier, KeptFile } from './verify-file.ts';

interface KeptObject extends KeptFile {
  readonly sopClassUid: string;
  readonly receivedAt: Date;
  readonly standing: InstanceStanding;
  readonly callingAe: string;
}

/** Contents that somebody may still decide against, or has: nobody is told that they may rely on them. */
const HELD_BACK: ReadonlySet<InstanceStanding> = new Set(['conflict', 'dismissed']);

/** What the index knows of each SOP instance UID: more than one content where senders contradicted each other. */
export type Index = ReadonlyMap<string, readonly KeptObject[]>;

const UIDS_PER_QUERY = 5_000;

export async function readIndex(
  database: Database,
  references: readonly SopReference[],
): Promise<Index> {
  const uids = [...new Set(references.map(({ sopInstanceUid }) => sopInstanceUid))];
  const index = new Map<string, KeptObject[]>();
  for (let at = 0; at < uids.length; at += UIDS_PER_QUERY) {
    const rows = await database
      .selectFrom('instance')
      .select(['sopInstanceUid', 'sopClassUid', 'receivedAt', 'standing', 'callingAe'])
      .select(['blobPath', 'sha256', 'fileBytes', 'dataSetOffset'])
      .where(sql<boolean>`sop_instance_uid = ANY(${uids.slice(at, at + UIDS_PER_QUERY)})`)
      .execute();
    for (const { sopInstanceUid, ...object } of rows) {
      const known = index.get(sopInstanceUid);
      if (known === undefined) index.set(sopInstanceUid, [object]);
      else known.push(object);
    }
  }
  return index;
}

/** What can be said without looking at the file; undefined when the file has to tell. */
export function judgeByIndex(
  reference: SopReference,
  index: Index,
  rules: {
    readonly retention: Config['retention'];
    readonly minimumDays: number;
    /** Who asks: what it sent itself is what it means. */
    readonly callingAe: string;
    readonly now: Date;
  },
): CommitmentFinding | undefined {
  const objects = index.get(reference.sopInstanceUid);
  if (objects === undefined) {
    return isStorageSopClass(reference.sopClassUid) ? 'unknown' : 'class-unsupported';
  }
  const held = objects.filter(({ standing }) => HELD_BACK.has(standing));
  if (
    held.length === objects.length ||
    held.some(({ callingAe }) => callingAe === rules.callingAe)
  ) {
    return 'held-back';
  }
  const meant = contentsMeant(reference, objects);
  if (meant.length === 0) return 'class-conflict';
  const asked = { now: rules.now, forDays: rules.minimumDays };
  if (!meant.every((object) => isKeptByPolicy(object, rules.retention, asked))) {
    return 'not-kept-by-policy';
  }
  return undefined;
}

/** The contents under the UID that count, in the class that the peer says; more than one when it was corrected. */
function contentsMeant(
  { sopClassUid }: SopReference,
  objects: readonly KeptObject[],
): readonly KeptObject[] {
  return objects.filter(
    (object) => !HELD_BACK.has(object.standing) && object.sopClassUid === sopClassUid,
  );
}

/** Every content that may be meant has to be there: which of them the peer means is not known. */
export async function judgeFiles(
  reference: SopReference,
  index: Index,
  look: { readonly verifier: FileVerifier; readonly signal: AbortSignal },
): Promise<CommitmentFinding> {
  for (const object of contentsMeant(reference, index.get(reference.sopInstanceUid) ?? [])) {
    const finding = await look.verifier.verify(object, look.signal);
    if (finding !== 'kept') return finding;
  }
  return 'kept';
}
