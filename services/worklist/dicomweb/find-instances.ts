import { RadTriageError } from '#core/errors.ts';
import type { WebContext } from '../context.ts';
import { findStudy } from '../study/find-study.ts';
import { type InstanceRow, readInstances } from '../study/images.ts';

/** Study, series and SOP instance, of which the last two may be left open. */
export interface InstanceAddress {
  readonly study: string;
  readonly series?: string | undefined;
  readonly instance?: string | undefined;
}

/**
 * The instances under an address that the reading mode lets out.
 * @throws RadTriageError NOT_FOUND when there is none
 */
export async function findInstances(
  context: WebContext,
  address: InstanceAddress,
): Promise<InstanceRow[]> {
  const study = await findStudy(context.database, address.study);
  const rows = await readInstances(context.database, study.studyKey, context.config.readingMode);
  const found = rows.filter(
    (row) =>
      (address.series === undefined || row.seriesInstanceUid === address.series) &&
      (address.instance === undefined || row.sopInstanceUid === address.instance),
  );
  if (found.length === 0) throw new RadTriageError('NOT_FOUND', 'there is no such instance');
  return found;
}

/** @throws RadTriageError NOT_FOUND */
export async function findInstance(
  context: WebContext,
  address: Required<InstanceAddress>,
): Promise<InstanceRow> {
  const [row] = await findInstances(context, address);
  if (row === undefined) throw new RadTriageError('NOT_FOUND', 'there is no such instance');
  return row;
}
