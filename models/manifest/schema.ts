import { z } from 'zod';
import { RadTriageError } from '#core/errors.ts';
import { selectSchema } from './conditions.ts';
import { crossCheck, type Fault, type ManifestParts } from './cross-check.ts';
import { explanationSchema } from './explanation.ts';
import { inputSchema } from './input.ts';
import { inputCheckSchema } from './input-check.ts';
import { labelSchema, poolingSchema } from './labels.ts';
import { outputSchema } from './outputs.ts';

const SCHEMA_VERSION = 2;

const shape = {
  schemaVersion: z.literal(SCHEMA_VERSION),
  id: z.string().regex(/^[a-z0-9][a-z0-9-]{1,62}$/, 'lower-case letters, digits and hyphens'),
  version: z.string().regex(/^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/, 'a version such as 1.2.0'),
  title: z.string().min(1),
  demonstration: z.boolean(),
  file: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*\.onnx$/, 'a file name in the same folder'),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, '64 lower-case hexadecimal digits'),
  licence: z.string().min(1),
  intendedUse: z.string().min(1),
  attribution: z.array(z.string()).default([]),
  select: selectSchema,
  input: inputSchema,
  inputCheck: inputCheckSchema.optional(),
  outputs: z.array(outputSchema).min(1),
  labels: z.array(labelSchema).min(1).max(100),
  /** How a study's score comes from those of its images or slices. */
  pooling: poolingSchema.default({ kind: 'max' }),
  explanation: explanationSchema.optional(),
};

/** Version 2 of manifest.json, one in each model's folder. Unknown keys are refused. */
export const manifestSchema = z.strictObject(shape);
export type Manifest = z.output<typeof manifestSchema>;

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
  refuseOtherVersion(content, where);
  const parsed = manifestSchema.safeParse(content);
  const faults: Fault[] = (parsed.error?.issues ?? []).map((issue) => ({
    path: issue.path.join('.') || '(top)',
    message: issue.message,
  }));
  faults.push(...crossCheck(partsOf(content)));
  if (parsed.success && faults.length === 0) return parsed.data;
  const list = faults.map(({ path, message }) => `${path}: ${message}`).join('; ');
  throw new RadTriageError(
    'MODEL_MANIFEST_INVALID',
    `${where} has ${faults.length} fault(s): ${list}`,
  );
}

/** A manifest of another version differs in nearly everything: a list of faults would say little. */
function refuseOtherVersion(content: unknown, where: string): void {
  const found = z.looseObject({ schemaVersion: z.number() }).safeParse(content).data?.schemaVersion;
  if (found === undefined || found === SCHEMA_VERSION) return;
  throw new RadTriageError(
    'MODEL_MANIFEST_INVALID',
    `${where} has schemaVersion ${found}; this version of RadTriage reads ${SCHEMA_VERSION}, which models/README.md describes`,
  );
}

/** Each part by itself, so that a fault in one does not hide what is wrong between others. */
function partsOf(content: unknown): ManifestParts {
  const parts = z.record(z.string(), z.unknown()).safeParse(content).data ?? {};
  return {
    select: shape.select.safeParse(parts['select']).data,
    input: shape.input.safeParse(parts['input']).data,
    outputs: shape.outputs.safeParse(parts['outputs']).data,
    labels: shape.labels.safeParse(parts['labels']).data,
    inputCheck: shape.inputCheck.safeParse(parts['inputCheck']).data,
    explanation: shape.explanation.safeParse(parts['explanation']).data,
  };
}
