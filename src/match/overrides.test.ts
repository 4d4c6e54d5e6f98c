import { expect, test } from 'vitest';
import type { Override } from '../model/settings.ts';
import { compileOverrides } from './overrides.ts';

const ignore = (where: Record<string, string>): Override => ({
  where,
  decision: { kind: 'ignore' },
  reason: 'a test account',
  place: 'overrides.csv:2',
});
const cells = (values: Record<string, string>) => (column: string) => values[column] ?? '';

test('an override fits a cell without regard to case and outer blanks', () => {
  const overrideOf = compileOverrides([ignore({ EMail: ' Ann@X.com' })]);
  expect(overrideOf(cells({ EMail: 'ann@x.COM ' }))).toBe(0);
  expect(overrideOf(cells({ EMail: 'ann@x.co' }))).toBeUndefined();
});

test('an override of two columns fits only where both agree', () => {
  const overrideOf = compileOverrides([ignore({ Name: 'Ann', Unit: 'HR' })]);
  expect(overrideOf(cells({ Name: 'Ann', Unit: 'HR' }))).toBe(0);
  expect(overrideOf(cells({ Name: 'Ann', Unit: 'IT' }))).toBeUndefined();
});

test('two cells cannot pass for one another', () => {
  const overrideOf = compileOverrides([ignore({ A: 'x', B: 'y","z' })]);
  expect(overrideOf(cells({ A: 'x","y', B: 'z' }))).toBeUndefined();
});

test('of two that fit the earlier one counts, whatever columns they name', () => {
  const overrides = [ignore({ B: '2' }), ignore({ A: '1' }), ignore({ A: '1' })];
  expect(compileOverrides(overrides)(cells({ A: '1', B: '2' }))).toBe(0);
  expect(compileOverrides(overrides)(cells({ A: '1', B: '3' }))).toBe(1);
});

test('an override that names no column decides nothing', () => {
  expect(compileOverrides([ignore({})])(cells({ A: '1' }))).toBeUndefined();
});
