import { RadTriageError } from '#core/errors.ts';

export const UNREADABLE = 'the file cannot be read';

/** Why a file is no image, for people. A message that is not ours may name a path, and the path a patient. */
export function describeProblem(thrown: unknown): string {
  if (!(thrown instanceof RadTriageError) || thrown.code === 'NOT_FOUND') return UNREADABLE;
  return thrown.code === 'DICOM_NOT_PART10' ? thrown.message : `${thrown.code}: ${thrown.message}`;
}
