/** Why somebody was turned away at the DICOM door. */
export const REFUSAL_CAUSES = [
  'called-ae',
  'calling-ae',
  'address',
  'certificate',
  'identity',
  'limit',
  'protocol',
  'no-context',
  'tls',
  'evicted',
  'other',
] as const;
export type RefusalCause = (typeof REFUSAL_CAUSES)[number];
