import { RadTriageError } from '#core/errors.ts';
import type { WebContext } from '../context.ts';
import type { InstanceFilter, InstanceRow } from '../study/images.ts';
import { visibleInstances } from '../study/visible-instances.ts';

/** Study, series and SOP instance, of which the last two may be left open. */
export interface InstanceAddress extends InstanceFilter {
  readonly study: string;
}

/** What retrieving goes by: a series has thousands of rows, and a row many more columns. */
const COLUMNS = [
  'instance.sopInstanceUid',
  'instance.sopClassUid',
  'instance.seriesInstanceUid',
  'instance.transferSyntaxUid',
  'instance.blobPath',
  'instance.dataSetOffset',
  'instance.fileBytes',
  'instance.sha256',
  'instance.rows',
  'instance.columns',
  'instance.numberOfFrames',
] as const;

export type RetrievedRow = Pick<
  InstanceRow,
  | 'sopInstanceUid'
  | 'sopClassUid'
  | 'seriesInstanceUid'
  | 'transferSyntaxUid'
  | 'blobPath'
  | 'dataSetOffset'
  | 'fileBytes'
  | 'sha256'
  | 'rows'
  | 'columns'
  | 'numberOfFrames'
>;

/**
 * The instances under an address that the reading mode lets out, by series and instance number.
 * @throws RadTriageError NOT_FOUND when there is none
 */
export async function findInstances(
  { database, config }: Pick<WebContext, 'database' | 'config'>,
  { study, series, instance }: InstanceAddress,
): Promise<[RetrievedRow, ...RetrievedRow[]]> {
  // One question: a viewer asks for a frame a thousand times.
  let select = database
    .selectFrom('instance')
    .innerJoin('study', 'study.studyKey', 'instance.studyKey')
    .select(COLUMNS)
    .where('study.studyInstanceUid', '=', study)
    .where(visibleInstances(config.readingMode));
  if (series !== undefined) select = select.where('instance.seriesInstanceUid', '=', series);
  if (instance !== undefined) select = select.where('instance.sopInstanceUid', '=', instance);
  const [first, ...others] = await select
    .orderBy('instance.seriesNumber')
    .orderBy('instance.seriesInstanceUid')
    .orderBy('instance.instanceNumber')
    .orderBy('instance.sopInstanceUid')
    .execute();
  if (first === undefined) throw new RadTriageError('NOT_FOUND', 'there is no such instance');
  return [first, ...others];
}

/** @throws RadTriageError NOT_FOUND */
export async function findInstance(
  context: Pick<WebContext, 'database' | 'config'>,
  address: Required<InstanceAddress>,
): Promise<RetrievedRow> {
  const [row] = await findInstances(context, address);
  return row;
}
