const PAGE = 10;

/** The row that a key leads to, or null when the key moves nothing. */
export function moveSelection(key: string, place: number, count: number): number | null {
  if (count === 0) return null;
  const last = count - 1;
  switch (key) {
    case 'ArrowDown':
    case 'j':
      return Math.min(last, place + 1);
    case 'ArrowUp':
    case 'k':
      return Math.max(0, place - 1);
    case 'PageDown':
      return Math.min(last, place + PAGE);
    case 'PageUp':
      return Math.max(0, place - PAGE);
    case 'Home':
      return 0;
    case 'End':
      return last;
    default:
      return null;
  }
}
