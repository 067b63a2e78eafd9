import { z } from 'zod';
import { RadTriageError } from '#core/errors.ts';

/** DICOM keywords (PS3.6) that a manifest may select images by. */
export const SELECTABLE_ATTRIBUTES = [
  'SOPClassUID',
  'Modality',
  'BodyPartExamined',
  'ViewPosition',
  'PatientOrientation',
  'PresentationIntentType',
  'ImageType',
  'PhotometricInterpretation',
  'Manufacturer',
  'ManufacturerModelName',
  'StudyDescription',
  'SeriesDescription',
  'ProtocolName',
  'PatientSex',
] as const;
export type SelectableAttribute = (typeof SELECTABLE_ATTRIBUTES)[number];

const attribute = z.enum(SELECTABLE_ATTRIBUTES);
const values = z.array(z.string().trim().min(1)).min(1);
/** Without `orMissing: true` an attribute that is absent or empty fails the condition, `notIn` included. */
const condition = z.union([
  z.strictObject({ attribute, in: values, orMissing: z.boolean().optional() }),
  z.strictObject({ attribute, notIn: values, orMissing: z.boolean().optional() }),
]);
export type Condition = z.output<typeof condition>;

const unit = z.number().min(0).max(1);
const percent = z.number().min(0).max(100);
const sizeLimit = z.number().int().min(8).max(4096);

/** In stored values after the Modality LUT (CT: Hounsfield units). See models/preprocess/window.ts. */
const window = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('percentile'), low: percent, high: percent }),
  z.strictObject({ kind: z.literal('fixed'), center: z.number(), width: z.number().positive() }),
]);
export type Window = z.output<typeof window>;

const input = z.strictObject({
  /** Name of the network's input: float32 [1, 1, H, W]. */
  name: z.string().min(1),
  /** [H, W] */
  size: z.tuple([sizeLimit, sizeLimit]),
  window,
  /** The first variant whose conditions all hold replaces `window` for that image. */
  variants: z.array(z.strictObject({ when: z.array(condition).min(1), window })).optional(),
  resize: z.strictObject({ kind: z.literal('area-letterbox'), pad: unit }),
  normalise: z.strictObject({ mean: z.number(), std: z.number().positive() }),
});
export type ModelInput = z.output<typeof input>;

const operatingPoint = z.strictObject({
  id: z.string().min(1),
  threshold: unit,
  default: z.boolean().optional(),
  sensitivity: unit.optional(),
  specificity: unit.optional(),
});

const interval = z.tuple([unit, unit]);

/** Version 1 of manifest.json, one in each model's folder. Unknown keys are refused. */
export const manifestSchema = z
  .strictObject({
    schemaVersion: z.literal(1),
    id: z.string().regex(/^[a-z0-9][a-z0-9-]{1,62}$/, 'lower-case letters, digits and hyphens'),
    version: z.string().regex(/^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/, 'a version such as 1.2.0'),
    title: z.string().min(1),
    demonstration: z.boolean(),
    file: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*\.onnx$/, 'a file name in the same folder'),
    sha256: z.string().regex(/^[0-9a-f]{64}$/, '64 lower-case hexadecimal digits'),
    licence: z.string().min(1),
    intendedUse: z.string().min(1),
    attribution: z.array(z.string()).default([]),
    select: z.strictObject({
      level: z.literal('image'),
      all: z.array(condition).min(1),
      minimumAgeYears: z.number().int().min(0).max(150).optional(),
    }),
    input,
    outputs: z.strictObject({ score: z.string().min(1), heatmap: z.string().min(1).optional() }),
    /** How a study's score comes from its images' scores. */
    pooling: z.literal('max').default('max'),
    heatmap: z.strictObject({ threshold: unit, minimumCells: z.number().int().min(1) }).optional(),
    finding: z.strictObject({
      label: z.string().min(1),
      code: z.strictObject({
        scheme: z.string().min(1),
        value: z.string().min(1),
        meaning: z.string().min(1),
      }),
    }),
    operatingPoints: z.array(operatingPoint).min(1),
    validation: z
      .strictObject({
        auc: unit,
        aucInterval: interval,
        n: z.number().int().positive(),
        positives: z.number().int().min(0),
        method: z.string().optional(),
      })
      .optional(),
  })
  .superRefine((manifest, context) => {
    for (const fault of crossCheck(manifest)) {
      context.addIssue({ code: 'custom', path: fault.path, message: fault.message });
    }
  });

export type Manifest = z.output<typeof manifestSchema>;
export type OperatingPoint = Manifest['operatingPoints'][number];

interface CheckedParts {
  readonly input: ModelInput;
  readonly outputs: { readonly heatmap?: string | undefined };
  readonly heatmap?: unknown;
  readonly operatingPoints: readonly OperatingPoint[];
}

function crossCheck(manifest: CheckedParts): { path: string[]; message: string }[] {
  const faults: { path: string[]; message: string }[] = [];
  const windows = [manifest.input.window, ...(manifest.input.variants ?? []).map((v) => v.window)];
  if (windows.some((w) => w.kind === 'percentile' && w.low >= w.high)) {
    faults.push({ path: ['input', 'window'], message: 'low must be below high' });
  }
  if ((manifest.heatmap === undefined) !== (manifest.outputs.heatmap === undefined)) {
    faults.push({ path: ['heatmap'], message: 'heatmap and outputs.heatmap go together' });
  }
  const points = manifest.operatingPoints;
  if (new Set(points.map((point) => point.id)).size !== points.length) {
    faults.push({ path: ['operatingPoints'], message: 'ids must differ' });
  }
  const defaults = points.filter((point) => point.default === true).length;
  if (defaults > 1 || (defaults === 0 && points.length > 1)) {
    faults.push({ path: ['operatingPoints'], message: 'exactly one must be the default' });
  }
  return faults;
}

/** The operating point that decides whether a study is flagged. */
export function defaultOperatingPoint(manifest: Manifest): OperatingPoint {
  const point =
    manifest.operatingPoints.find((candidate) => candidate.default === true) ??
    manifest.operatingPoints[0];
  if (point === undefined) throw new RadTriageError('INTERNAL', 'a manifest without threshold');
  return point;
}

/**
 * @param text the content of a manifest.json
 * @param where its path, for the message
 * @throws RadTriageError MODEL_MANIFEST_INVALID naming every fault at once
 */
export function parseManifest(text: string, where: string): Manifest {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw new RadTriageError('MODEL_MANIFEST_INVALID', `${where} is not JSON`, { cause: error });
  }
  const parsed = manifestSchema.safeParse(content);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(
    (issue) => `${issue.path.join('.') || '(top)'}: ${issue.message}`,
  );
  throw new RadTriageError(
    'MODEL_MANIFEST_INVALID',
    `${where} has ${faults.length} fault(s): ${faults.join('; ')}`,
  );
}
