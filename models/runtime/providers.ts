import { RadTriageError } from '#core/errors.ts';

/** Execution providers that the runtime may be asked for, and the name that each has in a profile. */
const PROFILE_NAMES = {
  tensorrt: 'TensorrtExecutionProvider',
  cuda: 'CUDAExecutionProvider',
  cpu: 'CPUExecutionProvider',
} as const;

export type ExecutionProvider = keyof typeof PROFILE_NAMES;
export const EXECUTION_PROVIDERS = [
  'tensorrt',
  'cuda',
  'cpu',
] as const satisfies readonly ExecutionProvider[];

function isExecutionProvider(name: string): name is ExecutionProvider {
  return Object.hasOwn(PROFILE_NAMES, name);
}

/**
 * The providers to try, in order. A name that onnxruntime does not know would silently run on the CPU: it is refused.
 * @throws RadTriageError CONFIG_INVALID naming every unknown name
 */
export function parseExecutionProviders(names: readonly string[]): ExecutionProvider[] {
  const wanted = names.map((name) => name.trim().toLowerCase());
  const unknown = wanted.filter((name) => !isExecutionProvider(name));
  if (unknown.length > 0 || wanted.length === 0) {
    throw new RadTriageError(
      'CONFIG_INVALID',
      `inference.executionProviders: ${unknown.join(', ') || 'an empty list'}; known are ${EXECUTION_PROVIDERS.join(', ')}`,
    );
  }
  return [...new Set(wanted.filter(isExecutionProvider))];
}

/** The short name of a provider as profiles write it; an unknown one is given as it stands. */
export function providerOfProfileName(profileName: string): string {
  const known = EXECUTION_PROVIDERS.find((name) => PROFILE_NAMES[name] === profileName);
  return known ?? profileName;
}
