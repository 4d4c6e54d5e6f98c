import { expect, test } from 'vitest';
import type { Call } from './call.ts';
import { costOf } from './costs.ts';

const get = (path: string, template = path.split('?')[0]!): Call => ({ method: 'GET', path, template });

test.each([
  ['/users?$select=id&$top=999', 1],
  ['/users?$top=999', 2],
  ['/users?$top=5', 1],
  ['/users?$select=id&$expand=manager', 2],
  ['/users/$count', 1],
  ['/applications?$top=999', 2],
  ['/subscribedSkus', 3],
  ['/auditLogs/directoryAudits?$top=100', 1],
])('%s costs %i', (path, units) => {
  expect(costOf(get(path))).toEqual({ units, writes: 0 });
});

test('a write costs one write, and a resource unit', () => {
  expect(costOf({ method: 'PATCH', path: '/applications/a', template: '/applications/{id}' })).toEqual({
    units: 1,
    writes: 1,
  });
});

test('an envelope costs what it holds', () => {
  const write: Call = { method: 'POST', path: '/users', template: '/users', body: {} };
  const holds = [get('/users?$top=999'), write, write];
  expect(costOf({ method: 'POST', path: '/$batch', template: '/$batch', holds })).toEqual({ units: 4, writes: 2 });
});
