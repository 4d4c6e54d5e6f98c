// Managers, owners, and objects by their ids: FACTS 2.1, 2.9, 6.1, 11.2.
import { expect, test } from 'vitest';
import { errorOf, idOf, type Json, newUser, person, register, securityGroup, startWithGroups } from './support.ts';

const ids = (rows: readonly Json[] | Json | undefined): string[] =>
  (rows as unknown as { id: string }[]).map(({ id }) => id).sort();
const NOBODY = '99999999-9999-4999-8999-999999999999';

test('§2.1 a user has one manager, who is set, replaced and cleared by reference', async () => {
  const client = await startWithGroups();
  const [ana, bo, cem] = await Promise.all(['ana', 'bo', 'cem'].map((name) => idOf(client, 'users', newUser(name))));
  const group = await idOf(client, 'groups', securityGroup('Finance'));
  const manager = '/users/ana@contoso.com/manager';
  expect(errorOf(await client.get(manager))).toEqual({
    status: 404,
    code: 'Request_ResourceNotFound',
    message: "Resource 'manager' does not exist or one of its queried reference-property objects are not present.",
  });
  expect((await client.put(`${manager}/$ref`, client.ref(bo!, 'users'))).status).toBe(204);
  expect((await client.put(`${manager}/$ref`, client.ref(bo!))).status).toBe(204);
  expect((await client.get(manager)).body).toMatchObject({
    '@odata.context': `${client.tenant.graph}/$metadata#directoryObjects/$entity`,
    '@odata.type': '#microsoft.graph.user',
    id: bo,
    userPrincipalName: 'bo@contoso.com',
  });
  expect((await client.get(`${manager}/$ref`)).body).toEqual({
    '@odata.context': `${client.tenant.graph}/$metadata#$ref`,
    '@odata.id': `${client.tenant.graph}/directoryObjects/${bo}`,
  });
  expect(ids(await client.all(`/users/${bo}/directReports?$select=id`))).toEqual([ana]);
  expect((await client.put(`${manager}/$ref`, client.ref(cem!))).status).toBe(204);
  expect((await client.get(`${manager}?$select=id`)).body['id']).toBe(cem);
  expect(await client.all(`/users/${bo}/directReports`)).toEqual([]);
  for (const [body, status] of [
    [client.ref(NOBODY, 'users'), 404],
    [client.ref(group), 400],
    [{}, 400],
  ] as const)
    expect(errorOf(await client.put(`${manager}/$ref`, body))).toMatchObject({ status });
  expect((await client.post(`${manager}/$ref`, client.ref(bo!))).status).toBe(405);
  expect((await client.delete(`${manager}/$ref`)).status).toBe(204);
  expect((await client.delete(`${manager}/$ref`)).status).toBe(404);
  const events = await client.all(`/auditLogs/directoryAudits?$filter=targetResources/any(t:t/id%20eq%20'${ana}')`);
  expect(events.map(({ activityDisplayName }) => activityDisplayName).reverse()).toEqual([
    'Add user',
    'Set user manager',
    'Set user manager',
    'Remove user manager',
  ]);
});

test('§6.1 owners are added to applications and service principals, by any key, and taken away', async () => {
  const client = await startWithGroups();
  const ana = await idOf(client, 'users', newUser('ana'));
  const group = await idOf(client, 'groups', securityGroup('Finance'));
  const { applicationId, appId, principalId } = await register(client);
  for (const [path, id, what] of [
    [`/applications(appId='${appId}')`, applicationId, 'application'],
    [`/servicePrincipals/${principalId}`, principalId, 'service principal'],
  ] as const) {
    expect((await client.post(`${path}/owners/$ref`, client.ref(ana))).status).toBe(204);
    expect(errorOf(await client.post(`${path}/owners/$ref`, client.ref(ana, 'users'))).message).toContain(
      'already exist',
    );
    expect(errorOf(await client.post(`${path}/owners/$ref`, client.ref(group)))).toMatchObject({ status: 400 });
    expect(errorOf(await client.post(`${path}/owners/$ref`, client.ref(NOBODY)))).toMatchObject({ status: 404 });
    expect((await client.get(`${path}/owners`)).body['value']).toMatchObject([
      { '@odata.type': '#microsoft.graph.user', id: ana, displayName: 'ana' },
    ]);
    expect((await client.delete(`${path}/owners/${ana}/$ref`)).status).toBe(204);
    expect((await client.delete(`${path}/owners/${ana}/$ref`)).status).toBe(404);
    expect(await client.all(`${path}/owners`)).toEqual([]);
    const events = await client.all(`/auditLogs/directoryAudits?$filter=targetResources/any(t:t/id%20eq%20'${id}')`);
    const told = events.map(({ activityDisplayName, category }) => `${category}: ${activityDisplayName}`);
    expect(told).toContain(`ApplicationManagement: Add owner to ${what}`);
    expect(told).toContain(`ApplicationManagement: Remove owner from ${what}`);
  }
});

test('§2.9 up to 1,000 objects are got by their ids, those that are unknown left out', async () => {
  const client = await startWithGroups();
  await client.seed(...Array.from({ length: 30 }, (_, i) => person(`user${i}`)));
  const users = ids(await client.all('/users?$select=id'));
  const group = await idOf(client, 'groups', securityGroup('Finance'));
  const { principalId, applicationId } = await register(client);
  const all = [...users, group, principalId, applicationId];
  const found = await client.post('/directoryObjects/getByIds', { ids: [...all, NOBODY, all[0]] });
  expect(found.status).toBe(200);
  expect(found.body['@odata.context']).toBe(`${client.tenant.graph}/$metadata#directoryObjects`);
  expect(ids(found.body['value'])).toEqual(all.toSorted());
  expect(found.headers.get('x-ms-resource-unit')).toBe('5');
  const typed = await client.post('/directoryObjects/getByIds?$select=id,displayName', {
    ids: all.map((id) => id.toUpperCase()),
    types: ['group', 'servicePrincipal'],
  });
  expect(typed.headers.get('x-ms-resource-unit')).toBe('2');
  expect(typed.body['value']).toHaveLength(2);
  expect(typed.body['value']).toContainEqual({
    '@odata.type': '#microsoft.graph.group',
    id: group,
    displayName: 'Finance',
  });
  for (const body of [
    {},
    { ids: 'x' },
    { ids: [7] },
    { ids: Array.from({ length: 1001 }, () => NOBODY) },
    { ids: [], types: 'user' },
  ])
    expect(errorOf(await client.post('/directoryObjects/getByIds', body))).toMatchObject({ status: 400 });
  expect(
    (await client.post('/directoryObjects/getByIds', { ids: Array.from({ length: 1000 }, () => NOBODY) })).body[
      'value'
    ],
  ).toEqual([]);

  expect((await client.get(`/directoryObjects/${group}`)).body).toMatchObject({
    '@odata.type': '#microsoft.graph.group',
  });
  expect((await client.get(`/directoryObjects/${users[0]}?$select=id`)).body['id']).toBe(users[0]);
  expect((await client.get('/directoryObjects/user1@contoso.com')).status).toBe(404);
});

test('§4.2 members cost three units, members of members five, memberships of one object four', async () => {
  const client = await startWithGroups();
  const ana = await idOf(client, 'users', newUser('ana'));
  const group = await idOf(client, 'groups', securityGroup('Finance'));
  const cost = async (path: string): Promise<string | null> =>
    (await client.get(path)).headers.get('x-ms-resource-unit');
  expect(await cost(`/groups/${group}/members`)).toBe('3');
  expect(await cost(`/groups/${group}/members?$select=id&$top=5`)).toBe('1');
  expect(await cost(`/groups/${group}/transitiveMembers`)).toBe('5');
  expect(await cost(`/groups/${group}`)).toBe('1');
  const asked = await client.post(`/users/${ana}/checkMemberGroups`, { groupIds: [group] });
  expect(asked.headers.get('x-ms-resource-unit')).toBe('4');
});
