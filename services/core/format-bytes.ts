const BYTE_UNITS = ['B', 'KB', 'MB', 'GB', 'TB', 'PB'];

/** `0 B`, `512 KB`, `1.4 GB`: three figures at the most, in powers of 1024. */
export function formatBytes(bytes: number): string {
  const magnitude = Math.min(BYTE_UNITS.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  const value = bytes / 1024 ** magnitude;
  const digits = magnitude === 0 || value >= 99.95 ? 0 : 1;
  return `${value.toFixed(digits)} ${BYTE_UNITS[magnitude]}`;
}
