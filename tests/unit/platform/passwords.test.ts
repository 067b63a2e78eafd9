import { describe, expect, it } from 'vitest';
import {
  checkPasswordLength,
  hashPassword,
  verifyPassword,
} from '#platform/passwords/passwords.ts';
import { createSecret, hashSecret, isSameSecret } from '#worklist/accounts/secrets.ts';

describe('passwords', () => {
  it('are kept as a salted digest that fits this password alone', async () => {
    const [first, second] = [await hashPassword('pässword'), await hashPassword('pässword')];
    expect(first).not.toBe(second);
    expect(first).toMatch(/^scrypt\$15\$8\$3\$[\w-]{22}\$[\w-]{43}$/);
    expect(await verifyPassword('pässword', first)).toBe(true);
    // The same letters, typed as a letter and a combining mark.
    expect(await verifyPassword('pa\u0308ssword', first)).toBe(true);
    expect(await verifyPassword('passwort', first)).toBe(false);
  });

  it('fit no account that does not exist, whatever they are', async () => {
    expect(await verifyPassword('', undefined)).toBe(false);
    expect(await verifyPassword('anything', undefined)).toBe(false);
  });

  it('refuse a digest that cannot be read', async () => {
    await expect(verifyPassword('x', 'plain')).rejects.toMatchObject({ code: 'INTERNAL' });
  });

  it.each(['', 'seven77', 'x'.repeat(257)])('have a length: %#', (password) => {
    expect(() => checkPasswordLength(password)).toThrowError(/8 to 256/);
  });
});

describe('secrets', () => {
  it('are never the same, long, and compared whatever their length', () => {
    const secrets = new Set(Array.from({ length: 100 }, createSecret));
    expect(secrets.size).toBe(100);
    expect([...secrets].every((secret) => /^[\w-]{43}$/.test(secret))).toBe(true);
    expect(isSameSecret('abc', 'abc')).toBe(true);
    expect(isSameSecret('abc', 'abcd')).toBe(false);
    expect(hashSecret('abc')).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
  });
});
