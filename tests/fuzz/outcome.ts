import { RadTriageError } from '#core/errors.ts';

export const ACCEPTED = 'accepted';

/** `accepted`, or the code of the refusal; anything but a coded error goes through. */
export function codeOf(action: () => void): string {
  try {
    action();
    return ACCEPTED;
  } catch (error) {
    if (error instanceof RadTriageError) return error.code;
    throw error;
  }
}
