import { expect, test } from 'vitest';
import { TookTooLongError, within } from './bounded.ts';

test('work that ends is answered, and its errors are its own', () => {
  expect(within(10_000, () => 'a-b'.replace(/-/, '+'))).toBe('a+b');
  expect(() =>
    within(10_000, () => {
      throw new RangeError('own');
    }),
  ).toThrow(RangeError);
});

test('a regular expression that would take years is stopped', () => {
  const text = `${'a'.repeat(60)}!`;
  expect(() => within(50, () => /^(a+)+$/u.test(text))).toThrow(TookTooLongError);
  expect(within(10_000, () => /^a+!$/u.test(text))).toBe(true);
});
