/** `%` and `_` mean themselves, `*` and `?` what they mean in DICOM (PS3.4 C.2.2.2.4). */
export function toPattern(value: string): string {
  return value
    .replaceAll(/[\\%_]/g, '\\$&')
    .replaceAll('*', '%')
    .replaceAll('?', '_');
}

export function hasWildcard(value: string): boolean {
  return /[*?]/.test(value);
}

/** What a value begins with, up to its first wildcard. */
export function literalPrefix(value: string): string {
  return value.split(/[*?]/, 1)[0] ?? '';
}
