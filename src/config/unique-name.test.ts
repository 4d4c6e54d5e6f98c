import { expect, test } from 'vitest';
import { defaultUniqueName } from './unique-name.ts';

test('a plain name becomes a plain key', () => {
  expect(defaultUniqueName('CORPDB1')).toBe('rollcall-corpdb1');
  expect(defaultUniqueName('sap-ci')).toBe('rollcall-sap-ci');
});

test('a name that loses something is kept apart by a hash', () => {
  const names = [
    'SAP Cloud Identity',
    'SAP-Cloud Identity',
    'Gehälter',
    'Gehalter!',
    '人事',
    '給与',
    'a'.repeat(80),
    'a'.repeat(81),
  ];
  const keys = names.map(defaultUniqueName);
  expect(new Set(keys).size).toBe(names.length);
  for (const key of keys) expect(key).toMatch(/^rollcall-([a-z0-9-]+-)?[0-9a-f]{8}$/);
});

test('the same name always has the same key', () => {
  expect(defaultUniqueName('SAP Cloud Identity')).toBe(defaultUniqueName('SAP Cloud Identity'));
  expect(defaultUniqueName('Zoe\u0301')).toBe(defaultUniqueName('Zo\u00e9'));
});
