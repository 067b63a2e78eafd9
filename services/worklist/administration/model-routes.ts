import { z } from 'zod';
import {
  type Model,
  modelCardQuerySchema,
  modelCardSchema,
  modelRoleRequestSchema,
  modelsSchema,
} from '#contracts/administration.ts';
import { modelRoleResponseSchema } from '#contracts/reading.ts';
import type { ModelRole } from '#core/finding.ts';
import type { EvaluatedRate, ModelEvaluation } from '#core/model-evaluation.ts';
import { defaultOperatingPoint, type Label, mainLabel } from '#models/manifest/labels.ts';
import type { Manifest } from '#models/manifest/schema.ts';
import type { ModelRegistry, RegisteredModel, RoleResult } from '#models/registry/registry.ts';
import { jsonRoute, noInput, type Route } from '#platform/http/route.ts';
import { EVERYONE } from '../access.ts';
import type { WebContext } from '../context.ts';

/** What a role means for studies that come in from now on; nothing that was analysed is analysed again. */
const EFFECTS: Readonly<Record<ModelRole, string>> = {
  active:
    'Studies analysed from now on are flagged and raised by this model. Earlier ones are left as they are.',
  shadow:
    'The model runs and is recorded, and changes nothing. Earlier results are left as they are.',
  retired: 'The model no longer runs. Earlier results are left as they are.',
};

function describeEffect(role: ModelRole, displaced: RoleResult['displaced']): string {
  if (displaced === undefined) return EFFECTS[role];
  const now = displaced.role === 'shadow' ? 'runs in shadow' : 'is retired';
  return `${EFFECTS[role]} Version ${displaced.version}, active until now, ${now}.`;
}

function describeValidation(manifest: Manifest): string | null {
  const { validation } = mainLabel(manifest);
  if (validation === undefined) return null;
  const counts = `${validation.n} studies, ${validation.positives} with a finding`;
  return validation.method === undefined ? counts : `${validation.method}; ${counts}`;
}

function manifestFields(model: RegisteredModel) {
  const { manifest } = model;
  if (manifest === undefined) {
    const { version, sha256 } = model;
    const unknown = { version, title: model.id, sha256, demonstration: false };
    const none = { threshold: null, auc: null, aucInterval: null, validation: null };
    const empty = { labels: [], inputCheck: null };
    return { ...unknown, intendedUse: '', licence: '', label: '', ...none, ...empty };
  }
  const { version, title, sha256, demonstration, intendedUse, licence } = manifest;
  const { label, validation, operatingPoints } = mainLabel(manifest);
  return {
    ...{ version, title, sha256, demonstration, intendedUse, licence },
    label,
    threshold: defaultOperatingPoint({ operatingPoints }).threshold,
    auc: validation?.auc ?? null,
    aucInterval: validation?.aucInterval ?? null,
    validation: describeValidation(manifest),
    labels: manifest.labels.map(labelFields),
    inputCheck: inputCheckFields(manifest),
  };
}

function labelFields({ label, code, validation, operatingPoints }: Label) {
  const inUse = defaultOperatingPoint({ operatingPoints });
  return {
    label,
    code: `${code.scheme} ${code.value}`,
    auc: validation?.auc ?? null,
    aucInterval: validation?.aucInterval ?? null,
    operatingPoints: operatingPoints.map((point) => ({
      id: point.id,
      threshold: point.threshold,
      inUse: point === inUse,
      sensitivity: point.sensitivity ?? null,
      specificity: point.specificity ?? null,
    })),
  };
}

function inputCheckFields({ inputCheck }: Manifest) {
  if (inputCheck === undefined) return null;
  const { errorRates = [], untested = [] } = inputCheck.detector ?? {};
  return { errorRates: [...errorRates], untested: [...untested] };
}

function rateFields({ count, total, estimate, interval }: EvaluatedRate) {
  return { count, total, estimate, interval: copyOf(interval) };
}

function copyOf(interval: EvaluatedRate['interval']): [number, number] | null {
  return interval === null ? null : [...interval];
}

function evaluationFields({ createdAt, unit, units, analysed, labels }: ModelEvaluation) {
  return {
    ...{ createdAt, unit, units, analysed },
    labels: labels.map(({ label, auc, aucInterval, sensitivity, specificity }) => ({
      ...{ label, auc, aucInterval: copyOf(aucInterval) },
      sensitivity: rateFields(sensitivity),
      specificity: rateFields(specificity),
    })),
  };
}

/** The execution provider that the newest run of these weights really used. */
async function readProvider(context: WebContext, model: RegisteredModel): Promise<string | null> {
  const run = await context.database
    .selectFrom('modelRun')
    .select('provider')
    .where('modelId', '=', model.id)
    .where('modelVersion', '=', model.version)
    .where('modelSha256', '=', model.sha256)
    .where('provider', 'is not', null)
    .orderBy('modelRunKey', 'desc')
    .limit(1)
    .executeTakeFirst();
  return run?.provider ?? null;
}

async function toModel(context: WebContext, model: RegisteredModel): Promise<Model> {
  return {
    id: model.id,
    ...manifestFields(model),
    role: model.role,
    provider: await readProvider(context, model),
    problem: model.problem === undefined ? null : `${model.problem.code}: ${model.problem.message}`,
    pinned: model.pinned,
    changedBy: model.changedBy ?? null,
    changedAt: model.changedAt?.toISOString() ?? null,
    note: model.note ?? null,
    evaluation: model.evaluation === undefined ? null : evaluationFields(model.evaluation),
  };
}

const modelParams = z.object({ id: z.string().min(1).max(100) });

function roleRoute(context: WebContext, registry: ModelRegistry): Route {
  return jsonRoute(
    {
      method: 'POST',
      path: '/api/models/:id/role',
      access: ['admin'],
      summary: 'Promote a model from shadow, or take it back; recorded with who did it',
      input: z.object({ params: modelParams, body: modelRoleRequestSchema }),
      response: modelRoleResponseSchema,
    },
    async ({ params, body }, { principal }) => {
      const change = { modelId: params.id, actor: principal.name, ...body };
      const { displaced } = await registry.setRole(change);
      const model = await registry.find(change);
      return { model: await toModel(context, model), effect: describeEffect(body.role, displaced) };
    },
  );
}

/** The models, their cards and their roles. */
export function modelRoutes(context: WebContext, registry: ModelRegistry): Route[] {
  return [
    jsonRoute(
      {
        method: 'GET',
        path: '/api/models',
        access: EVERYONE,
        summary: 'The models with their roles and figures, and why a refused one is refused',
        input: noInput,
        response: modelsSchema,
      },
      async () => {
        const models = await registry.list();
        return { models: await Promise.all(models.map((model) => toModel(context, model))) };
      },
    ),
    jsonRoute(
      {
        method: 'GET',
        path: '/api/models/:id/card',
        access: EVERYONE,
        summary: 'The model card, in Markdown',
        input: z.object({ params: modelParams, query: modelCardQuerySchema }),
        response: modelCardSchema,
      },
      async ({ params: { id }, query: { version } }) => ({
        id,
        markdown: await registry.readCard({ modelId: id, version }),
      }),
    ),
    roleRoute(context, registry),
  ];
}
