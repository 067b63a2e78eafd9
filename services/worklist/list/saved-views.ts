import type { SaveView, WorklistView } from '#contracts/worklist-views.ts';
import { viewSettingsSchema } from '#contracts/worklist-views.ts';
import { RadTriageError } from '#core/errors.ts';
import { appendAudit } from '#platform/audit-log/audit-log.ts';
import type { Database } from '#platform/database/connect.ts';
import type { Principal } from '#platform/http/principal.ts';

const MAX_VIEWS = 50;

/** One's own views and those that are shared; a view that an older version wrote and this one cannot read is left out. */
export async function readViews(database: Database, owner: string): Promise<WorklistView[]> {
  const rows = await database
    .selectFrom('worklistView')
    .selectAll()
    .where((where) => where.or([where('owner', '=', owner), where('shared', '=', true)]))
    .orderBy('name')
    .orderBy('viewKey')
    .execute();
  return rows.flatMap(({ viewKey, settings, changedAt: _, ...row }) => {
    const parsed = viewSettingsSchema.safeParse(settings);
    return parsed.success ? [{ ...row, id: viewKey, settings: parsed.data }] : [];
  });
}

/** @throws RadTriageError FORBIDDEN when somebody who is no administrator shares; REQUEST_INVALID past the limit */
export async function saveView(
  database: Database,
  principal: Principal,
  view: SaveView,
): Promise<WorklistView[]> {
  const { name: owner, roles } = principal;
  if (view.shared && !roles.includes('admin')) {
    throw new RadTriageError('FORBIDDEN', 'only administrators share views');
  }
  const { name, shared, isDefault } = view;
  const kept = { shared, isDefault, settings: JSON.stringify(view.settings) };
  await database.transaction().execute(async (transaction) => {
    if (isDefault) {
      await transaction
        .updateTable('worklistView')
        .set({ isDefault: false })
        .where('owner', '=', owner)
        .where('shared', '=', shared)
        .execute();
    }
    await transaction
      .insertInto('worklistView')
      .values({ owner, name, ...kept })
      .onConflict((conflict) =>
        conflict.columns(['owner', 'name']).doUpdateSet({ ...kept, changedAt: new Date() }),
      )
      .execute();
    const { count } = await transaction
      .selectFrom('worklistView')
      .select(({ fn }) => fn.countAll<string>().as('count'))
      .where('owner', '=', owner)
      .executeTakeFirstOrThrow();
    if (Number(count) > MAX_VIEWS) {
      throw new RadTriageError('REQUEST_INVALID', `nobody keeps more than ${MAX_VIEWS} views`);
    }
    const details = { shared, isDefault };
    await appendAudit(transaction, { actor: owner, action: 'worklist-view.saved', details });
  });
  return readViews(database, owner);
}

/** One's own, or as an administrator any that is shared. @throws RadTriageError NOT_FOUND */
export async function deleteView(
  database: Database,
  principal: Principal,
  id: string,
): Promise<WorklistView[]> {
  const { name: owner, roles } = principal;
  const isAdmin = roles.includes('admin');
  await database.transaction().execute(async (transaction) => {
    const deleted = await transaction
      .deleteFrom('worklistView')
      .where('viewKey', '=', id)
      .where((where) =>
        where.or([where('owner', '=', owner), ...(isAdmin ? [where('shared', '=', true)] : [])]),
      )
      .returning('shared')
      .executeTakeFirst();
    if (deleted === undefined) throw new RadTriageError('NOT_FOUND', 'there is no such view');
    const { shared } = deleted;
    await appendAudit(transaction, {
      actor: owner,
      action: 'worklist-view.deleted',
      details: { shared },
    });
  });
  return readViews(database, owner);
}
