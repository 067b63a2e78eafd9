import { RadTriageError } from '#core/errors.ts';
import type { WebContext } from '../context.ts';
import { findStudy } from '../study/find-study.ts';
import { type InstanceFilter, type InstanceRow, readInstances } from '../study/images.ts';

/** Study, series and SOP instance, of which the last two may be left open. */
export interface InstanceAddress extends InstanceFilter {
  readonly study: string;
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
  const { readingMode } = context.config;
  const { series, instance } = address;
  const filter = { readingMode, series, instance };
  const found = await readInstances(context.database, study.studyKey, filter);
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
