import { expect, it } from 'vitest';
import { ReusedCopy } from '#core/reused-copy.ts';

it('a copy keeps its bytes when the original changes, and grows with what is copied', () => {
  const copies = new ReusedCopy();
  const original = Buffer.from('abc');
  const copy = copies.of(original);
  original.fill('x');
  expect(copy.toString()).toBe('abc');
  expect(copies.of(Buffer.from('longer')).toString()).toBe('longer');
  expect(copies.of(Buffer.from('s')).toString()).toBe('s');
});
