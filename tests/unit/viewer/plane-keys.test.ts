import { describe, expect, it } from 'vitest';
import { planeActionOfKey } from '../../../viewer/src/reading/plane-keys.ts';
import { READING_KEYS } from '../../../viewer/src/reading/text.ts';

const NAMES: Readonly<Record<string, string>> = { PgUp: 'PageUp', PgDn: 'PageDown' };

describe('keys of the three planes', () => {
  it.each([
    ['ArrowUp', { type: 'step', slices: -1 }],
    ['PageDown', { type: 'step', slices: 10 }],
    ['End', { type: 'step', slices: Number.POSITIVE_INFINITY }],
    ['3', { type: 'preset', number: 3 }],
    ['T', { type: 'thickness', thickness: 'next' }],
    ['p', { type: 'projection', projection: 'next' }],
    [' ', { type: 'reset' }],
  ])('%s', (key, action) => {
    expect(planeActionOfKey(key)).toEqual(action);
  });

  it('give no verdict, and leave marks and sign-off alone', () => {
    for (const key of ['y', 'n', 'e', 'm', 'u', 's', 'j', 'k', 'o', 'b', ',', '.', 'q', '?']) {
      expect(planeActionOfKey(key), key).toBeNull();
    }
  });

  it('are in the help', () => {
    const group = READING_KEYS.find(({ title }) => title.startsWith('Three planes'));
    const keys = group?.keys.flatMap(([listed]) => listed.split(' ')) ?? [];
    expect(keys.length).toBeGreaterThan(5);
    for (const key of keys.filter((each) => each !== '#')) {
      expect(planeActionOfKey(NAMES[key] ?? key), key).not.toBeNull();
    }
  });
});
