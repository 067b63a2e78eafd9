import type { Explanation } from './explanation.ts';
import type { ModelInput } from './input.ts';
import type { InputCheck } from './input-check.ts';
import type { Label } from './labels.ts';
import { type ModelOutput, SPATIAL_KINDS } from './outputs.ts';

/** The parts of a manifest that must fit each other; those that are wrong by themselves are missing. */
export interface ManifestParts {
  readonly select?: { readonly level: 'image' | 'series' } | undefined;
  readonly input?: ModelInput | undefined;
  readonly outputs?: readonly ModelOutput[] | undefined;
  readonly labels?: readonly Label[] | undefined;
  readonly inputCheck?: InputCheck | undefined;
  readonly explanation?: Explanation | undefined;
}

export interface Fault {
  readonly path: string;
  readonly message: string;
}

/** What is wrong between the parts. */
export function crossCheck(parts: ManifestParts): Fault[] {
  return [
    ...checkInput(parts),
    ...checkOutputs(parts),
    ...checkLabels(parts),
    ...checkDetector(parts),
    ...checkExplanation(parts),
  ];
}

function checkInput({ select, input }: ManifestParts): Fault[] {
  if (input === undefined) return [];
  const faults: Fault[] = [];
  const { channels, slices, normalise } = input;
  if (slices === undefined && channels !== 1 && channels !== 3) {
    faults.push({ path: 'input.channels', message: '1 or 3 without slices' });
  }
  if (slices !== undefined && channels !== slices.before + 1 + slices.after) {
    faults.push({ path: 'input.channels', message: 'must be slices.before + 1 + slices.after' });
  }
  if (slices !== undefined && select?.level === 'image') {
    faults.push({ path: 'input.slices', message: 'needs select.level series' });
  }
  for (const key of ['mean', 'std'] as const) {
    const value = normalise[key];
    if (Array.isArray(value) && value.length !== channels) {
      faults.push({ path: `input.normalise.${key}`, message: 'one number, or one a channel' });
    }
  }
  return faults;
}

function checkOutputs({ outputs, input }: ManifestParts): Fault[] {
  if (outputs === undefined) return [];
  const faults: Fault[] = [];
  const kinds = outputs.map((output) => output.kind);
  if (new Set(kinds).size !== kinds.length) {
    faults.push({ path: 'outputs', message: 'each kind once at most' });
  }
  const spatial = kinds.filter((kind) => SPATIAL_KINDS.includes(kind));
  if (new Set(spatial).size > 1) {
    faults.push({ path: 'outputs', message: `only one of ${spatial.join(', ')}` });
  }
  if (!kinds.some((kind) => kind !== 'atypicality')) {
    faults.push({ path: 'outputs', message: 'nothing that gives a score' });
  }
  if (kinds.includes('features') && !kinds.includes('scores')) {
    faults.push({ path: 'outputs', message: 'features need scores beside them' });
  }
  const boxes = outputs.find((output) => output.kind === 'boxes');
  if (boxes?.format === 'yolox' && input !== undefined) {
    const isDivided = boxes.strides.every((s) => input.size.every((side) => side % s === 0));
    if (!isDivided) faults.push({ path: 'outputs', message: 'strides must divide input.size' });
  }
  return faults;
}

function checkLabels({ labels, outputs }: ManifestParts): Fault[] {
  if (labels === undefined) return [];
  const faults: Fault[] = [];
  if (new Set(labels.map((label) => label.id)).size !== labels.length) {
    faults.push({ path: 'labels', message: 'ids must differ' });
  }
  if (new Set(labels.map((label) => label.index)).size !== labels.length) {
    faults.push({ path: 'labels', message: 'indexes must differ' });
  }
  const kinds = outputs?.map((output) => output.kind);
  if (kinds === undefined) return faults;
  const needsCells = kinds.some((kind) => ['heatmap', 'mask', 'features'].includes(kind));
  for (const [i, label] of labels.entries()) {
    if (needsCells && label.heatmap === undefined) {
      faults.push({ path: `labels.${i}.heatmap`, message: 'needed for heatmap, mask, features' });
    }
  }
  return faults;
}

function checkDetector({ inputCheck, outputs }: ManifestParts): Fault[] {
  const detector = inputCheck?.detector;
  const output = outputs?.find((one) => one.kind === 'atypicality');
  if (outputs === undefined || detector?.output === output?.name) return [];
  const message = 'an output of kind atypicality and inputCheck.detector.output go together';
  return [{ path: 'inputCheck.detector', message }];
}

function checkExplanation({ explanation, outputs, input }: ManifestParts): Fault[] {
  if (explanation === undefined || outputs === undefined) return [];
  if (input?.tiles !== undefined) {
    return [{ path: 'explanation', message: 'is not made of images cut into tiles' }];
  }
  const spatial = outputs.find((output) => SPATIAL_KINDS.includes(output.kind));
  if (spatial === undefined) return [];
  return [{ path: 'explanation', message: `the model explains itself by ${spatial.kind}` }];
}
