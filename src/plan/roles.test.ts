import { expect, test } from 'vitest';
import { findRole, newRole, roleOf } from './roles.ts';

const map = { column: 'Role', map: { ADM: 'Administrator', USR: 'General' }, default: null };
const cell = (value: string) => () => value;

test('a role is found through the map, without regard to case', () => {
  expect(roleOf(map, cell(' adm '))).toEqual({ name: 'Administrator' });
});

test('a role that the map lacks is a problem, unless there is a default', () => {
  expect(roleOf(map, cell('XYZ'))).toMatchObject({ code: 'unknownRole' });
  expect(roleOf(map, cell(''))).toMatchObject({ code: 'noRole' });
  expect(roleOf({ ...map, default: 'General' }, cell('XYZ'))).toEqual({ name: 'General' });
  expect(roleOf({ column: 'Role', map: null, default: null }, cell('Clerk'))).toEqual({ name: 'Clerk' });
});

test('a new role has an id that follows from its name, and a value without blanks that nobody else has', () => {
  const first = newRole('key', 'CORPDB1', 'Power User', new Set());
  expect(newRole('key', 'CORPDB1', 'power user', new Set()).id).toBe(first.id);
  expect(newRole('other', 'CORPDB1', 'Power User', new Set()).id).not.toBe(first.id);
  expect(first).toMatchObject({ value: 'Power-User', isEnabled: true, allowedMemberTypes: ['User'] });
  expect(first.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(newRole('key', 'CORPDB1', 'Power User', new Set(['power-user'])).value).not.toBe('Power-User');
  expect(newRole('key', 'CORPDB1', '管理者', new Set()).value).toMatch(/^[0-9a-f]{8}$/);
});

test('a role for applications only is not taken for one that people hold', () => {
  const role = { ...newRole('key', 'CORPDB1', 'General', new Set()), allowedMemberTypes: ['Application'] };
  expect(findRole([role], 'General')).toBeUndefined();
  expect(findRole([{ ...role, allowedMemberTypes: ['User', 'Application'] }], 'GENERAL')).toBeDefined();
});
