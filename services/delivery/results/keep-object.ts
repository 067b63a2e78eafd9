import type { Kysely, Selectable } from 'kysely';
import { RadTriageError } from '#core/errors.ts';
import type { BuiltObject } from '#dicom/objects/types.ts';
import { Part10Sink } from '#intake/part10-sink.ts';
import type { InstanceReceiver } from '#intake/types.ts';
import type { DatabaseSchema } from '#platform/database/schema.ts';
import type { InstanceTable } from '#platform/database/study-tables.ts';

export type KeptObject = Pick<
  Selectable<InstanceTable>,
  'sopClassUid' | 'sopInstanceUid' | 'seriesInstanceUid' | 'transferSyntaxUid'
> &
  Pick<Selectable<InstanceTable>, 'blobPath' | 'dataSetOffset' | 'fileBytes'>;

/**
 * Keeps an object of our own as everything else is kept, so that it is found with its study. Keeping the same again
 * changes nothing.
 * @throws RadTriageError INTERNAL when another content has its UID; STORAGE_ and DICOM_ codes as any instance
 */
export async function keepObject(
  database: Kysely<DatabaseSchema>,
  receiver: InstanceReceiver,
  { object, ownAe }: { readonly object: BuiltObject; readonly ownAe: string },
): Promise<KeptObject> {
  const origin = { callingAe: ownAe, calledAe: ownAe, peerAddress: '', via: 'import' } as const;
  const sink = new Part10Sink(receiver, origin);
  await sink.write(object.bytes);
  const { indexed } = await sink.finish();
  const { outcome, instanceKey } = await indexed;
  if (outcome === 'conflict') {
    throw new RadTriageError('INTERNAL', 'another object has the UID of a result', {
      details: { sopInstanceUid: object.sopInstanceUid },
    });
  }
  return database
    .selectFrom('instance')
    .select(['sopClassUid', 'sopInstanceUid', 'seriesInstanceUid', 'transferSyntaxUid'])
    .select(['blobPath', 'dataSetOffset', 'fileBytes'])
    .where('instanceKey', '=', instanceKey)
    .executeTakeFirstOrThrow();
}
