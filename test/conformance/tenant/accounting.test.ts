// What is counted, and as how much: FACTS 4.2.
import { expect, test } from 'vitest';
import { newUser, person, register, startClient, where } from './support.ts';

test('§4.2 a request costs what the published table says', async () => {
  const client = await startClient();
  await client.seed(person('ana'));
  const { applicationId, principalId } = await register(client);
  const units = async (path: string) => Number((await client.get(path)).headers.get('x-ms-resource-unit'));
  const cases: readonly (readonly [string, number])[] = [
    ['/users', 2],
    ['/users?$select=id', 1],
    ['/users?$top=19', 1],
    ['/users?$top=20', 2],
    ['/users?$select=id&$top=1', 1],
    [where("userPrincipalName in ('a','b')", '&$select=id,accountEnabled'), 1],
    ['/users/ana@contoso.com', 2],
    ['/applications', 2],
    [`/applications/${applicationId}`, 2],
    ['/servicePrincipals', 1],
    [`/servicePrincipals/${principalId}/appRoleAssignedTo`, 1],
    [`/servicePrincipals/${principalId}/appRoleAssignments`, 2],
    ['/subscribedSkus', 3],
    ['/organization', 1],
    ['/auditLogs/directoryAudits', 1],
  ];
  for (const [path, cost] of cases) expect({ path, units: await units(path) }).toEqual({ path, units: cost });
  expect((await client.post('/users', newUser('bo'))).headers.get('x-ms-resource-unit')).toBe('1');
});

test('§4.2 requests, batch items, writes and units add up', async () => {
  const client = await startClient();
  const item = (id: string, method: string, url: string, body?: object) => ({
    id,
    method,
    url,
    ...(body && { body, headers: { 'Content-Type': 'application/json' } }),
  });
  await client.get('/users');
  await client.post('/users', newUser('ana'));
  await client.post('/$batch', {
    requests: [
      item('1', 'GET', '/users?$select=id'),
      item('2', 'POST', '/users', newUser('bo')),
      item('3', 'POST', '/users', newUser('bo')),
      item('4', 'PATCH', '/users/ana@contoso.com', { city: 'Lima' }),
    ],
  });
  await client.delete('/users/ana@contoso.com');
  await client.control('GET', 'clock');
  const stats = await client.control('GET', 'stats');
  expect(stats).toMatchObject({ requests: 4, batchItems: 4, writes: 5, resourceUnits: 8, throttled: 0 });
  expect(stats['byRoute']).toEqual({
    'GET /users': 2,
    'POST /users': 3,
    'PATCH /users/{id}': 1,
    'DELETE /users/{id}': 1,
  });
  expect(client.tenant.stats()).toMatchObject({ requests: 4, writes: 5 });
});
