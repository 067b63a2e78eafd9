/** Titles of rejection notes (IHE Image Object Change Management; DICOM PS3.16 CID 7011), coding scheme DCM. */
export const REJECTION_TITLES = {
  '113001': 'Rejected for Quality Reasons',
  '113037': 'Rejected for Patient Safety Reasons',
  '113038': 'Incorrect Modality Worklist Entry',
  '113039': 'Data Retention Policy Expired',
} as const;

export type RejectionCode = keyof typeof REJECTION_TITLES;

export function isRejectionCode(value: string): value is RejectionCode {
  return Object.hasOwn(REJECTION_TITLES, value);
}

/**
 * Whether the same instance stays hidden when it is sent again. What only outlived its retention comes back; what was
 * rejected for a fault does not, whoever sends it.
 */
export function hidesLaterCopies(code: RejectionCode): boolean {
  return code !== '113039';
}
