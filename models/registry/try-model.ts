import { RadTriageError } from '#core/errors.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { checkShapes } from './check-shapes.ts';
import type { InspectedFolder } from './inspect-folder.ts';
import { runnableModel } from './registered-model.ts';

/** How a network did on zeros. */
export interface Trial {
  readonly provider: string;
  /** Of one run, after the warm-up. */
  readonly ms: number;
}

/**
 * Loads a network in the runtime's child process and runs it on zeros. A network that crashes or hangs ends that child
 * alone.
 * @throws RadTriageError MODEL_MANIFEST_INVALID naming every in- and output that does not agree with the manifest;
 *   MODEL_FAILED, ANALYSIS_TIMEOUT
 */
export async function tryModel(
  runtime: Pick<Runtime, 'run'>,
  { folder, manifest }: Pick<InspectedFolder, 'folder' | 'manifest'>,
): Promise<Trial> {
  const model = runnableModel({ folder, manifest });
  const { dims } = model;
  const data = new Float32Array(dims.reduce((product, side) => product * side, 1));
  const { outputs, provider, ms } = await runtime.run(model, { data, dims });
  const faults = checkShapes(manifest, outputs);
  if (faults.length === 0) return { provider, ms };
  throw new RadTriageError(
    'MODEL_MANIFEST_INVALID',
    `network and manifest do not agree:\n  ${faults.join('\n  ')}`,
  );
}
