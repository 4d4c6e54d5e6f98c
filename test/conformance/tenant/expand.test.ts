// $expand: FACTS 2.2, 4.2.
import { expect, test } from 'vitest';
import {
  errorOf,
  granted,
  idOf,
  type Json,
  newUser,
  person,
  ROLE_A,
  register,
  securityGroup,
  startWithGroups,
} from './support.ts';

const world = async () => {
  const client = await startWithGroups();
  const [ana, bo] = [await idOf(client, 'users', newUser('ana')), await idOf(client, 'users', newUser('bo'))];
  const { applicationId, principalId } = await register(client);
  const group = await idOf(client, 'groups', securityGroup('Finance'));
  await client.put(`/users/${ana}/manager/$ref`, client.ref(bo));
  await client.post(`/groups/${group}/members/$ref`, client.ref(ana));
  await client.post(`/applications/${applicationId}/owners/$ref`, client.ref(bo));
  const list = `/servicePrincipals/${principalId}/appRoleAssignedTo`;
  await client.post(list, { principalId: ana, resourceId: principalId, appRoleId: ROLE_A });
  return { client, ana, bo, applicationId, principalId, group };
};

test('§2.2 one relation is shown with the object, or with each of a list, for one unit more', async () => {
  const { client, ana, bo, applicationId, principalId, group } = await world();
  const one = await client.get(`/users/${ana}?$select=displayName&$expand=manager($select=id,displayName)`);
  expect(one.body).toEqual({
    '@odata.context': `${client.tenant.graph}/$metadata#users(displayName,manager(id,displayName))/$entity`,
    displayName: 'ana',
    manager: { '@odata.type': '#microsoft.graph.user', id: bo, displayName: 'bo' },
  });
  expect(one.headers.get('x-ms-resource-unit')).toBe('2');
  expect((await client.get(`/users/${bo}?$expand=manager`)).body).not.toHaveProperty('manager');
  const pages = await client.all('/users?$expand=manager($select=id)&$select=userPrincipalName&$top=1');
  expect(pages).toEqual([
    { userPrincipalName: 'ana@contoso.com', manager: { '@odata.type': '#microsoft.graph.user', id: bo } },
    { userPrincipalName: 'bo@contoso.com' },
  ]);
  const expanded = async (path: string, relation: string) => {
    const { body } = await client.get(`${path}?$select=id&$expand=${relation}`);
    return (body[relation] as unknown as Json[]).map(({ id }) => id);
  };
  expect(await expanded(`/users/${ana}`, 'memberOf')).toEqual([group]);
  expect(await expanded(`/users/${bo}`, 'directReports')).toEqual([ana]);
  expect(await expanded(`/groups/${group}`, 'members')).toEqual([ana]);
  expect(await expanded(`/applications/${applicationId}`, 'owners')).toEqual([bo]);
  const [held] = await expanded(`/users/${ana}`, 'appRoleAssignments');
  expect(held).toMatch(/^[\w-]{43}$/);
  expect(await expanded(`/servicePrincipals/${principalId}`, 'appRoleAssignedTo')).toEqual([held]);
});

test('§2.2 an expanded list shows 20 objects', async () => {
  const { client, group } = await world();
  await client.seed(...Array.from({ length: 25 }, (_, i) => person(`user${i}`)));
  for (const { id } of await client.all("/users?$filter=startsWith(displayName,'user')&$select=id"))
    await client.post(`/groups/${group}/members/$ref`, client.ref(String(id)));
  expect((await client.get(`/groups/${group}?$expand=members`)).body['members']).toHaveLength(20);
  expect(await client.all(`/groups/${group}/members`)).toHaveLength(26);
});

test('§2.2 more than one relation, an unknown one, or one in an advanced query is refused', async () => {
  const { client, ana } = await world();
  for (const path of [
    `/users/${ana}?$expand=manager,memberOf`,
    `/users/${ana}?$expand=nonsense`,
    `/users/${ana}?$expand=manager($select=nonsense)`,
    `/users/${ana}?$expand=manager($levels=2)`,
    `/users/${ana}?$expand=appRoleAssignments($select=displayName)`,
    '/groups?$expand=manager',
  ])
    expect((await client.get(path)).status, path).toBe(400);
  expect(errorOf(await client.advanced('/users?$expand=manager&$count=true'))).toMatchObject({
    status: 400,
    code: 'Request_UnsupportedQuery',
  });
});

test('§7.1 who may not read a relation does not see it expanded', async () => {
  const { client, ana } = await world();
  const reader = await granted(client, 'User.Read.All');
  expect((await reader.get(`/users/${ana}?$expand=manager`)).status).toBe(200);
  expect((await reader.get(`/users/${ana}?$expand=appRoleAssignments`)).status).toBe(403);
});
