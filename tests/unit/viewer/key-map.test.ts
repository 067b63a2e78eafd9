import { describe, expect, it } from 'vitest';
import { actionOfKey } from '../../../viewer/src/reading/key-map.ts';
import { READING_KEYS } from '../../../viewer/src/reading/text.ts';

const READY = { ready: true, locationsWithheld: false };
const NAMES: Readonly<Record<string, string>> = {
  '↑': 'ArrowUp',
  '↓': 'ArrowDown',
  PgUp: 'PageUp',
  PgDn: 'PageDown',
  Space: ' ',
  Esc: 'Escape',
};

/** No keys, or those of a part that listens for itself: the three planes (use-mpr.ts). */
const ELSEWHERE: ReadonlySet<string> = new Set(['–', '#', '!']);

describe('keys of the reading page', () => {
  it.each([
    ['y', { type: 'confirm' }],
    ['n', { type: 'reject' }],
    ['e', { type: 'amend' }],
    ['m', { type: 'add' }],
    ['j', { type: 'finding', by: 1 }],
    ['k', { type: 'finding', by: -1 }],
    ['u', { type: 'undo' }],
    ['s', { type: 'sign-off' }],
    ['3', { type: 'preset', number: 3 }],
    ['PageDown', { type: 'series', by: 1 }],
    [' ', { type: 'reset' }],
    ['l', { type: 'rotate', degrees: -90 }],
  ])('%s', (key, action) => {
    expect(actionOfKey(key, READY)).toEqual(action);
  });

  it('count the same with caps lock on', () => {
    expect(actionOfKey('Y', READY)).toEqual({ type: 'confirm' });
  });

  it('are dead until banner and image are drawn, but for help and the way out', () => {
    const state = { ready: false, locationsWithheld: false };
    for (const key of ['y', 'n', 'e', 'm', 's', 'u', 'j', '1', 'ArrowDown', 'o', ' ']) {
      expect(actionOfKey(key, state), key).toBeNull();
    }
    expect(actionOfKey('?', state)).toEqual({ type: 'help' });
    expect(actionOfKey('q', state)).toEqual({ type: 'leave' });
  });

  it('reach no location in triage-only mode, while images and sign-off go on', () => {
    const state = { ready: true, locationsWithheld: true };
    for (const key of ['y', 'n', 'e', 'm', 'j', 'k', 'o', 'b', '0', ';', ',', '.']) {
      expect(actionOfKey(key, state), key).toBeNull();
    }
    for (const key of ['s', 'u', 'i', '2', 'ArrowUp']) {
      expect(actionOfKey(key, state), key).not.toBeNull();
    }
  });

  it('are nothing to us when we have no use for them', () => {
    for (const key of ['F5', 'Tab', 'Enter', '"', '!']) {
      expect(actionOfKey(key, READY), key).toBeNull();
    }
  });

  it('are all in the help, and the help lists no other', () => {
    const listed = READING_KEYS.flatMap((group) => group.keys.flatMap(([keys]) => keys.split(' ')));
    for (const key of listed.filter((each) => !ELSEWHERE.has(each))) {
      expect(actionOfKey(NAMES[key] ?? key, READY), key).not.toBeNull();
    }
    const helped = new Set([...listed.map((key) => NAMES[key] ?? key), '2', '3', '4']);
    for (const key of 'abcdefghijklmnopqrstuvwxyz0123456789+-=?,.;[]') {
      if (actionOfKey(key, READY) !== null) expect(helped.has(key), key).toBe(true);
    }
  });
});
