import { expect, test } from 'vitest';
import { PERMISSIONS } from './permissions.ts';
import { ROUTE_NAMES } from './routes.ts';

test('every route that is served has its entry in the table of permissions', () => {
  expect(ROUTE_NAMES.length).toBeGreaterThan(20);
  expect(ROUTE_NAMES.filter((name) => !PERMISSIONS[name])).toEqual([]);
});

test('every entry of the table of permissions is of a route that is served', () => {
  expect(Object.keys(PERMISSIONS).filter((name) => !ROUTE_NAMES.includes(name))).toEqual([]);
});

test('every entry takes some permission of a user’s token and of an application’s', () => {
  const open = Object.entries(PERMISSIONS).filter(([, { delegated, application, properties }]) =>
    [delegated, application, ...Object.values(properties ?? {})].some(
      (needed) => needed.length === 0 || needed.some((any) => any.length === 0),
    ),
  );
  expect(open.map(([name]) => name)).toEqual([]);
});
