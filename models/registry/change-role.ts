import { RadTriageError } from '#core/errors.ts';
import type { ModelRole } from '#core/finding.ts';
import type { ModelEvaluation } from '#core/model-evaluation.ts';
import { appendAudit } from '#platform/audit-log/audit-log.ts';
import type { Database } from '#platform/database/connect.ts';
import { changeModels } from './change-models.ts';
import { assignRole, type ModelPin } from './model-states.ts';
import { newestFirst, type RegisteredModel } from './registered-model.ts';

export interface RoleChange {
  readonly modelId: string;
  readonly version: string;
  /** The weights that are meant: a role is never given to others by mistake. */
  readonly sha256: string;
  readonly role: ModelRole;
  readonly actor: string;
  /** Why; a promotion has to say it. */
  readonly note?: string | undefined;
  /** What becomes of the version that was active before; 'shadow' without it. */
  readonly previousRole?: Exclude<ModelRole, 'active'> | undefined;
  /** A model for demonstration is made active only when this is said. */
  readonly allowDemonstration?: boolean | undefined;
  /** With a promotion: how this very version did at this site. It stays with the version until another is given. */
  readonly evaluation?: ModelEvaluation | undefined;
}

export interface RoleResult {
  /** The version whose place was taken, and the role that it has now. */
  readonly displaced: { readonly version: string; readonly role: ModelRole } | undefined;
}

/**
 * Gives a version its role, in the table and in the audit log.
 * @throws RadTriageError as ModelRegistry.setRole does, of a version that was found
 */
export async function changeRole(
  database: Database,
  model: RegisteredModel,
  change: RoleChange,
): Promise<RoleResult> {
  checkChange(model, change);
  const { modelId, version, role, actor, note, evaluation } = change;
  const previousRole = change.previousRole ?? 'shadow';
  const pin = pinOf(model);
  const displaced = await changeModels(database, async (transaction) => {
    const assignment = { pin, role, actor, note, previousRole, evaluation };
    const taken = await assignRole(transaction, assignment);
    const replaces = taken === undefined ? {} : { replaces: taken, previousRole };
    const evaluated = role === 'active' ? { evaluation: evaluation ?? null } : {};
    await appendAudit(transaction, {
      actor,
      action: 'model-role-changed',
      details: {
        ...{ modelId, version, sha256: pin.sha256, manifestSha256: pin.manifestSha256 },
        ...{ role, note: note ?? null, ...replaces, ...evaluated },
      },
    });
    return taken;
  });
  return {
    displaced: displaced === undefined ? undefined : { version: displaced, role: previousRole },
  };
}

function pinOf({ id, version, sha256, manifestSha256 }: RegisteredModel): ModelPin {
  return { modelId: id, version, sha256, manifestSha256 };
}

function checkChange(model: RegisteredModel, change: RoleChange): void {
  if (model.sha256 !== change.sha256) {
    throw new RadTriageError('STALE_VERSION', `the model ${change.modelId} has other weights`);
  }
  if (model.problem !== undefined && model.version === '') throw model.problem;
  if (change.role !== 'active') {
    if (change.evaluation === undefined) return;
    throw new RadTriageError('REQUEST_INVALID', 'an evaluation is kept with a promotion alone');
  }
  if (model.problem !== undefined) throw model.problem;
  if ((change.note ?? '').trim() === '') {
    throw new RadTriageError('REQUEST_INVALID', 'a promotion needs a note: why this model');
  }
  if (model.manifest?.demonstration === true && change.allowDemonstration !== true) {
    throw new RadTriageError(
      'REQUEST_INVALID',
      `${model.id} is for demonstration and not for patients: allow that explicitly`,
    );
  }
  if (change.evaluation !== undefined) checkEvaluation(model, change.evaluation);
}

/** Of the very files that are promoted: another threshold is another model. */
function checkEvaluation(model: RegisteredModel, { model: evaluated }: ModelEvaluation): void {
  const isSame =
    evaluated.id === model.id &&
    evaluated.version === model.version &&
    evaluated.sha256 === model.sha256 &&
    evaluated.manifestSha256 === model.manifestSha256;
  if (isSame) return;
  throw new RadTriageError(
    'REQUEST_INVALID',
    `the evaluation is of ${evaluated.id} ${evaluated.version} as it was, not of ${model.id} ${model.version} as it is`,
  );
}

/** Of each model without an active version, the newest usable one in shadow. */
export function candidatesToActivate(models: readonly RegisteredModel[]): RegisteredModel[] {
  return [...Map.groupBy(models, (model) => model.id).values()].flatMap((versions) => {
    if (versions.some((model) => model.role === 'active')) return [];
    const waiting = versions.filter(
      (model) => model.role === 'shadow' && model.problem === undefined,
    );
    return waiting.sort(newestFirst).slice(0, 1);
  });
}
