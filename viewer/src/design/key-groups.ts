export interface KeyGroup {
  readonly title: string;
  /** Keys, parted by spaces, and what they do. */
  readonly keys: readonly (readonly [keys: string, does: string])[];
}
