import { RadTriageError } from '#core/errors.ts';
import type { Principal } from '#platform/http/principal.ts';
import type { WebContext } from '../context.ts';
import type { InstanceFilter, InstanceRow } from '../study/images.ts';
import { sightOf } from '../study/sight.ts';
import { visibleInstances } from '../study/visible-instances.ts';

/** Study, series and SOP instance, of which the last two may be left open. */
export interface InstanceAddress extends InstanceFilter {
  readonly study: string;
}

/** The address of one instance. */
export interface OneInstance {
  readonly study: string;
  readonly series: string;
  readonly instance: string;
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

type Place = Pick<WebContext, 'database' | 'config'>;

/** One question, and a plain one: a viewer asks for a frame a thousand times. */
function selectVisible({ database, config }: Place, principal: Principal, study: string) {
  return database
    .selectFrom('instance')
    .innerJoin('study', 'study.studyKey', 'instance.studyKey')
    .select(COLUMNS)
    .where('study.studyInstanceUid', '=', study)
    .where(visibleInstances(sightOf(config, principal)));
}

function unknown(): RadTriageError {
  return new RadTriageError('NOT_FOUND', 'there is no such instance');
}

/**
 * The instances under an address that this asker may see, by series and instance number.
 * @throws RadTriageError NOT_FOUND when there is none
 */
export async function findInstances(
  context: Place,
  principal: Principal,
  { study, series, instance }: InstanceAddress,
): Promise<[RetrievedRow, ...RetrievedRow[]]> {
  if (series !== undefined && instance !== undefined) {
    return [await findInstance(context, principal, { study, series, instance })];
  }
  let select = selectVisible(context, principal, study);
  if (series !== undefined) select = select.where('instance.seriesInstanceUid', '=', series);
  const [first, ...others] = await select
    .orderBy('instance.seriesNumber')
    .orderBy('instance.seriesInstanceUid')
    .orderBy('instance.instanceNumber')
    .orderBy('instance.sopInstanceUid')
    .execute();
  if (first === undefined) throw unknown();
  return [first, ...others];
}

/** @throws RadTriageError NOT_FOUND */
export async function findInstance(
  context: Place,
  principal: Principal,
  { study, series, instance }: OneInstance,
): Promise<RetrievedRow> {
  const row = await selectVisible(context, principal, study)
    .where('instance.seriesInstanceUid', '=', series)
    .where('instance.sopInstanceUid', '=', instance)
    .executeTakeFirst();
  if (row === undefined) throw unknown();
  return row;
}
