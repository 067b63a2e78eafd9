import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { RadTriageError } from '#core/errors.ts';
import { type EvaluatedRate, type ModelEvaluation, UNIT_NOUNS } from '#core/model-evaluation.ts';
import { isUsable, type RegisteredModel } from '#models/registry/registry.ts';
import type { ModelDescription } from '#quality/evaluation/model-description.ts';
import {
  type LabelFigures,
  type RateFigure,
  reportSchema,
} from '#quality/evaluation/report-schema.ts';
import { percent } from '#quality/model-comparison/words.ts';
import { describeModel } from '../evaluate/find-model.ts';

/** Where `radtriage evaluate --out DIR` writes it. */
const REPORT_FILE = 'report.json';

async function readReport(path: string): Promise<Buffer> {
  try {
    const isFolder = (await stat(path)).isDirectory();
    return await readFile(isFolder ? join(path, REPORT_FILE) : path);
  } catch (cause) {
    throw new RadTriageError('REQUEST_INVALID', `the report ${path} cannot be read`, { cause });
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function rateOf({ count, total, estimate, wilson }: RateFigure): EvaluatedRate {
  return { count, total, estimate, interval: wilson };
}

function labelOf({ label, auc, points }: LabelFigures): ModelEvaluation['labels'] {
  const point = points.find(({ isDefault }) => isDefault) ?? points[0];
  if (point === undefined) return [];
  return [
    {
      label,
      auc: auc?.auc ?? null,
      aucInterval: auc?.interval ?? null,
      ...{ point: point.id, threshold: point.threshold },
      sensitivity: rateOf(point.sensitivity),
      specificity: rateOf(point.specificity),
    },
  ];
}

/** What of the evaluated model is another than this one; nothing when scores and flags are those of this very version. */
function differences(evaluated: ModelDescription, here: ModelDescription): string[] {
  const pointsOf = ({ labels }: ModelDescription) =>
    JSON.stringify(labels.map(({ id, operatingPoints }) => [id, operatingPoints]));
  return [
    ...(evaluated.id === here.id ? [] : ['model']),
    ...(evaluated.version === here.version ? [] : ['version']),
    ...(evaluated.sha256 === here.sha256 ? [] : ['model file']),
    // The report's digest is of what decides about scores; where each label flags is told beside it.
    ...(evaluated.scoringSha256 === here.scoringSha256 ? [] : ['manifest']),
    ...(pointsOf(evaluated) === pointsOf(here) ? [] : ['operating point']),
  ];
}

function checkModel(evaluated: ModelDescription, here: ModelDescription): void {
  const others = differences(evaluated, here);
  if (others.length === 0) return;
  const { id, version, sha256 } = evaluated;
  throw new RadTriageError(
    'REQUEST_INVALID',
    `the report is not of ${here.id} ${here.version}, but of one with another ${others.join(', another ')}: ` +
      `${id} ${version}, file ${sha256.slice(0, 12)}`,
  );
}

/**
 * What is kept of a report that `radtriage evaluate` wrote of this very version.
 * @param path the report, or the folder that it lies in
 * @throws RadTriageError REQUEST_INVALID when it is no such report, or of other files; the model's own problem
 */
export async function readEvaluation(
  path: string,
  model: RegisteredModel,
): Promise<ModelEvaluation> {
  if (!isUsable(model)) throw model.problem ?? new RadTriageError('NOT_FOUND', 'no usable model');
  const bytes = await readReport(path);
  const parsed = reportSchema.safeParse(parseJson(bytes.toString('utf8')));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const fault =
      issue === undefined ? '' : ` (${issue.path.join('.') || 'file'}: ${issue.message})`;
    const message = `${path} is no report of \`radtriage evaluate\`${fault}`;
    throw new RadTriageError('REQUEST_INVALID', message);
  }
  const { createdAt, unit, counts, knowsPatients, labels } = parsed.data;
  checkModel(parsed.data.model, describeModel(model));
  const { id, version, sha256, manifestSha256 } = model;
  return {
    reportSha256: createHash('sha256').update(bytes).digest('hex'),
    createdAt,
    model: { id, version, sha256, manifestSha256 },
    ...{ unit, units: counts.units, analysed: counts.analysed, patients: counts.patients },
    knowsPatients,
    labels: labels.flatMap(labelOf),
  };
}

function describeRate({ count, total, estimate, interval }: EvaluatedRate): string {
  if (estimate === null || interval === null) return `of ${total}: unknown`;
  return `${percent(estimate)} (${percent(interval[0])} to ${percent(interval[1])}), ${count} of ${total}`;
}

/** Rows of a name and a value. */
export function describeEvaluation(evaluation: ModelEvaluation): [string, string][] {
  const { createdAt, unit, units, analysed, patients, knowsPatients, reportSha256 } = evaluation;
  const people = knowsPatients ? ` of ${patients} patients` : ', patients unknown';
  return [
    [
      'Evaluated here',
      `${createdAt.slice(0, 10)}: ${analysed} of ${units} ${UNIT_NOUNS[unit]} analysed${people}`,
    ],
    ...evaluation.labels.flatMap((label): [string, string][] => {
      const [low, high] = label.aucInterval ?? [];
      const range = `(${low?.toFixed(3)}-${high?.toFixed(3)})`;
      return [
        [`  ${label.label}, AUC`, label.auc === null ? '-' : `${label.auc.toFixed(3)} ${range}`],
        [
          '  sensitivity',
          `${describeRate(label.sensitivity)}, at ${label.point} from ${label.threshold}`,
        ],
        ['  specificity', describeRate(label.specificity)],
      ];
    }),
    ['  report', `SHA-256 ${reportSha256}`],
  ];
}
