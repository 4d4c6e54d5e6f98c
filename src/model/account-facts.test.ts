import { expect, test } from 'vitest';
import { type AccountFacts, factReader } from './account-facts.ts';
import type { AccountSettings } from './settings.ts';

const NONE: AccountSettings = { enabled: null, lastLogin: null, created: null, ends: null, owner: null, type: null };

const fact = (name: keyof AccountFacts, settings: Partial<AccountSettings>, cell: string | null) => {
  const misunderstood: string[] = [];
  const read = factReader({ ...NONE, ...settings }, ['A'], (wrong) => misunderstood.push(wrong.cell));
  const facts = read({ n: 1, cells: [cell] });
  return misunderstood.length > 0 ? `no: ${misunderstood}` : facts[name];
};

const login = (cell: string | null, format: string | null = null) =>
  fact('lastLogin', { lastLogin: { column: 'A', format } }, cell);

test.each([
  ['2026-01-31', null, '2026-01-31'],
  ['2026-01-31 08:00', null, '2026-01-31T08:00'],
  ['2026-01-31T08:00:00.123Z', null, '2026-01-31T08:00:00.123Z'],
  ['2026-01-31 08:00:00+01', null, '2026-01-31T08:00:00+01'],
  ['31.1.2026', 'dd.MM.yyyy', '2026-01-31'],
  ['01/31/2026 11:59 PM', 'MM/dd/yyyy', '2026-01-31'],
  ['20260131', 'yyyyMMdd', '2026-01-31'],
  ['2026-02-30', null, 'no: 2026-02-30'],
  ['31.01.2026', null, 'no: 31.01.2026'],
  ['13/31/2026', 'MM/dd/yyyy', 'no: 13/31/2026'],
  ['31.01.20267', 'dd.MM.yyyy', 'no: 31.01.20267'],
  ['', null, null],
  [null, null, null],
])('the date "%s", written as %s, is %s', (cell, format, expected) => {
  expect(login(cell, format)).toBe(expected);
});

test('an account is enabled by the usual words, or by those that are named', () => {
  const usual = (cell: string) => fact('enabled', { enabled: { column: 'A', yes: null } }, cell);
  expect(['TRUE', 'y', '1', ' active ', 'ja'].map(usual)).toEqual([true, true, true, true, true]);
  expect(['False', 'n', '0', 'locked'].map(usual)).toEqual([false, false, false, false]);
  expect(usual('maybe')).toBe('no: maybe');
  const named = (cell: string) => fact('enabled', { enabled: { column: 'A', yes: ['A', 'P'] } }, cell);
  expect(['a', 'P', 'X'].map(named)).toEqual([true, true, false]);
});

test('the kind of an account is its word, or what a map makes of a cell', () => {
  expect(fact('type', { type: { column: 'A', map: null } }, 'Service')).toBe('service');
  const map = { S: 'service', constructor: 'shared' } as const;
  expect(fact('type', { type: { column: 'A', map } }, 'S')).toBe('service');
  expect(fact('type', { type: { column: 'A', map: { S: 'service' } } }, 'constructor')).toBe('no: constructor');
});

test('nothing is known where no column is named', () => {
  expect(factReader(NONE, ['A'])({ n: 1, cells: ['x'] })).toEqual({
    enabled: null,
    lastLogin: null,
    created: null,
    ends: null,
    owner: null,
    type: null,
  });
});
