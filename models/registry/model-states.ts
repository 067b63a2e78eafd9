import type { Kysely, Selectable } from 'kysely';
import { RadTriageError } from '#core/errors.ts';
import type { ModelRole } from '#core/finding.ts';
import type { ModelEvaluation } from '#core/model-evaluation.ts';
import type { ModelStateTable } from '#platform/database/analysis-tables.ts';
import type { DatabaseSchema } from '#platform/database/schema.ts';

/** What the database keeps of one version: the files that it is made of, and its role. */
export type ModelState = Selectable<ModelStateTable>;

/** The files that a version is made of. Lower-case hex SHA-256. */
export interface ModelPin {
  readonly modelId: string;
  readonly version: string;
  readonly sha256: string;
  readonly manifestSha256: string;
}

type Connection = Kysely<DatabaseSchema>;

/** Names a version among all models. */
export function versionKey(modelId: string, version: string): string {
  return `${modelId}@${version}`;
}

export async function readModelStates(
  database: Connection,
): Promise<ReadonlyMap<string, ModelState>> {
  const rows = await database.selectFrom('modelState').selectAll().execute();
  return new Map(rows.map((row) => [versionKey(row.modelId, row.version), row]));
}

/**
 * Which of the files are others than those that were pinned, for people; undefined when none is. A manifest and its
 * file that were changed together are found by this.
 */
export function describeDeviation(pinned: ModelState, found: ModelPin): string | undefined {
  const isOtherManifest =
    pinned.manifestSha256 !== null && pinned.manifestSha256 !== found.manifestSha256;
  const isOtherFile = pinned.sha256 !== found.sha256;
  if (!isOtherFile && !isOtherManifest) return undefined;
  const what = [
    ...(isOtherFile ? ['model file'] : []),
    ...(isOtherManifest ? ['manifest'] : []),
  ].join(' and ');
  return `the ${what} of ${pinned.modelId} ${pinned.version} changed after ${pinned.changedBy} had it pinned`;
}

/** Who did something, and why. */
export interface Author {
  readonly actor: string;
  readonly note: string | undefined;
}

/** In shadow; whether it was new. */
async function insertPin(
  transaction: Connection,
  { modelId, version, sha256, manifestSha256 }: ModelPin,
  { actor, note }: Author,
): Promise<boolean> {
  const pin = { modelId, version, sha256, manifestSha256 };
  const inserted = await transaction
    .insertInto('modelState')
    .values({ ...pin, role: 'shadow', changedBy: actor, note: note ?? null })
    .onConflict((conflict) => conflict.columns(['modelId', 'version']).doNothing())
    .returning('modelId')
    .executeTakeFirst();
  return inserted !== undefined;
}

/**
 * Pins a version in shadow; one that is pinned already stays as it is.
 * @returns whether it was new
 * @throws RadTriageError MODEL_ALTERED when the same version is pinned to other files
 */
export async function pinVersion(
  transaction: Connection,
  pin: ModelPin,
  author: Author,
): Promise<boolean> {
  if (await insertPin(transaction, pin, author)) return true;
  const pinned = await transaction
    .selectFrom('modelState')
    .selectAll()
    .where('modelId', '=', pin.modelId)
    .where('version', '=', pin.version)
    .executeTakeFirstOrThrow();
  const deviation = describeDeviation(pinned, pin);
  if (deviation === undefined) return false;
  const remedy = 'give it a new version, or remove the old one first';
  throw new RadTriageError('MODEL_ALTERED', `${deviation}: ${remedy}`);
}

export interface RoleAssignment {
  readonly pin: ModelPin;
  readonly role: ModelRole;
  readonly actor: string;
  readonly note: string | undefined;
  /** What becomes of the version that was active before. */
  readonly previousRole: Exclude<ModelRole, 'active'>;
  /** Undefined leaves the one that is kept. */
  readonly evaluation: ModelEvaluation | undefined;
}

/** Gives a role, pinning the version if it was not; the version that it takes the place of gives its own up. */
export async function assignRole(
  transaction: Connection,
  { pin, role, actor, note, previousRole, evaluation }: RoleAssignment,
): Promise<string | undefined> {
  const { modelId, version } = pin;
  const changed = { changedBy: actor, changedAt: new Date() };
  const displaced =
    role === 'active'
      ? await transaction
          .updateTable('modelState')
          .set({ ...changed, role: previousRole, note: `replaced by ${version}` })
          .where('modelId', '=', modelId)
          .where('version', '!=', version)
          .where('role', '=', 'active')
          .returning('version')
          .executeTakeFirst()
      : undefined;
  // What was altered may be taken out of service, and stays pinned to what it was.
  if (role === 'active') await pinVersion(transaction, pin, { actor, note });
  else await insertPin(transaction, pin, { actor, note });
  await transaction
    .updateTable('modelState')
    .set({
      ...changed,
      role,
      note: note ?? null,
      ...(evaluation === undefined ? {} : { evaluation: JSON.stringify(evaluation) }),
    })
    .where('modelId', '=', modelId)
    .where('version', '=', version)
    .execute();
  return displaced?.version;
}
