import { readdir } from 'node:fs/promises';

export interface TensorrtSettings {
  /** Half precision. */
  readonly fp16: boolean;
  /** Folder of engines that were built before. */
  readonly engineCache?: string | undefined;
}

/**
 * The settings as ONNX Runtime's TensorRT provider documents them for the environment. onnxruntime-node takes no
 * provider options but the device, and a build may ignore these: `tensorrtNotes` tells.
 */
export function tensorrtEnvironment({
  fp16,
  engineCache,
}: TensorrtSettings): Record<string, string> {
  return {
    ...(fp16 ? { ORT_TENSORRT_FP16_ENABLE: '1' } : {}),
    ...(engineCache === undefined
      ? {}
      : { ORT_TENSORRT_ENGINE_CACHE_ENABLE: '1', ORT_TENSORRT_CACHE_PATH: engineCache }),
  };
}

/**
 * What a session that runs on TensorRT shows of the settings, judged by the engines that it has kept: their file names
 * tell the precision.
 */
export async function tensorrtNotes({ fp16, engineCache }: TensorrtSettings): Promise<string[]> {
  if (engineCache === undefined) {
    return fp16 ? ['whether tensorrt.fp16 has an effect shows only with tensorrt.engineCache'] : [];
  }
  const files = await readdir(engineCache).catch(() => []);
  const engines = files.filter((name) => name.endsWith('.engine'));
  if (engines.length === 0) return ['TensorRT kept no engine: tensorrt.engineCache has no effect'];
  const isHalf = engines.some((name) => name.includes('fp16'));
  return fp16 && !isHalf ? ['TensorRT built no engine of half precision'] : [];
}
