import { RadTriageError } from '#core/errors.ts';

const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** @returns STORAGE_FULL or STORAGE_FAILED, with what the system said as its cause */
export function asStorageError(error: unknown): RadTriageError {
  if (error instanceof RadTriageError) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (FULL.has(code)) {
    return new RadTriageError('STORAGE_FULL', `no space is left for images (${code})`, {
      cause: error,
    });
  }
  return new RadTriageError('STORAGE_FAILED', `the image store failed (${code || 'unknown'})`, {
    cause: error,
  });
}
