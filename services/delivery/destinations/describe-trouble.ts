import { toRadTriageError } from '#core/errors.ts';

/** Why an association is rejected (PS3.8 9.3.4), by source and reason. */
const REJECTION_WORDS: Readonly<Record<string, string>> = {
  '1/2': 'application context not supported',
  '1/3': 'calling AE title not recognized',
  '1/7': 'called AE title not recognized',
  '2/2': 'protocol version not supported',
  '3/1': 'temporary congestion',
  '3/2': 'local limit exceeded',
};

/** Why a destination was not reached: codes and our own words, fit to be kept and shown. */
export function describeTrouble(thrown: unknown): string {
  const error = toRadTriageError(thrown);
  if (error.code === 'INTERNAL') return 'INTERNAL: see the log of the worker';
  const { source, reason } = error.details;
  const words = REJECTION_WORDS[`${source}/${reason}`];
  const known = error.code === 'ASSOCIATION_REJECTED' && words !== undefined;
  return `${error.code}: ${error.message}${known ? `: ${words}` : ''}`;
}
