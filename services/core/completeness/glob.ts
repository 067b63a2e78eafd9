/**
 * Whether a whole value fits a pattern: `*` is any run of characters, `?` one, all else itself; upper and lower case
 * are alike. At most value times pattern steps: no pattern can make it hang.
 */
export function matchesGlob(pattern: string, value: string): boolean {
  const [wanted, given] = [pattern.toLowerCase(), value.trim().toLowerCase()];
  let at = 0;
  let place = 0;
  let star = -1;
  let resume = 0;
  while (place < given.length) {
    if (wanted[at] === '*') {
      star = at;
      resume = place;
      at += 1;
    } else if (at < wanted.length && (wanted[at] === '?' || wanted[at] === given[place])) {
      at += 1;
      place += 1;
    } else if (star >= 0) {
      // The star takes one character more.
      resume += 1;
      place = resume;
      at = star + 1;
    } else {
      return false;
    }
  }
  while (wanted[at] === '*') at += 1;
  return at === wanted.length;
}
