import { describe, expect, test } from 'vitest';
import { isKeptByPolicy } from '#intake/retention/keeps.ts';

const DAY_MS = 86_400_000;
const now = new Date('2026-03-01T00:00:00Z');
const object = { receivedAt: new Date(now.getTime() - 9 * DAY_MS) };

describe('what the policy keeps', () => {
  test('is nothing where the site declares nothing', () => {
    expect(isKeptByPolicy(object, {}, { now, forDays: 0 })).toBe(false);
  });

  test('is counted from the receipt of the object', () => {
    const retention = { keepAtLeastDays: 10 };
    expect(isKeptByPolicy(object, retention, { now, forDays: 0 })).toBe(true);
    expect(isKeptByPolicy(object, retention, { now, forDays: 1 })).toBe(true);
    expect(isKeptByPolicy(object, retention, { now, forDays: 1.1 })).toBe(false);
    const old = { receivedAt: new Date(now.getTime() - 11 * DAY_MS) };
    expect(isKeptByPolicy(old, retention, { now, forDays: 0 })).toBe(false);
  });
});
