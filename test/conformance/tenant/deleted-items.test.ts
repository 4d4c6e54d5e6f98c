// What is deleted, restored and purged: FACTS 2.7, 6.1, 7.2.
import { expect, test } from 'vitest';
import {
  type Client,
  clientOf,
  errorOf,
  granted,
  idOf,
  newUser,
  person,
  ROLE_A,
  register,
  securityGroup,
  startWithGroups,
} from './support.ts';

const deletedOf = (client: Client, kind = 'user') => client.all(`/directory/deletedItems/microsoft.graph.${kind}`);
const restore = (client: Client, id: string, body: object = {}) =>
  client.post(`/directory/deletedItems/${id}/restore`, body);
const office = (name: string): object =>
  securityGroup(name, { groupTypes: ['Unified'], mailEnabled: true, securityEnabled: false });

/** Ana works for Bo, is in a group, owns the application and holds a role of it. */
const world = async () => {
  const client = await startWithGroups();
  const [ana, bo] = [await idOf(client, 'users', newUser('ana')), await idOf(client, 'users', newUser('bo'))];
  const { applicationId, appId, principalId } = await register(client);
  const group = await idOf(client, 'groups', office('Finance'));
  await client.put(`/users/${ana}/manager/$ref`, client.ref(bo));
  await client.post(`/groups/${group}/members/$ref`, client.ref(ana));
  await client.post(`/servicePrincipals/${principalId}/owners/$ref`, client.ref(ana));
  const list = `/servicePrincipals/${principalId}/appRoleAssignedTo`;
  await client.post(list, { principalId: ana, resourceId: principalId, appRoleId: ROLE_A });
  const linked = async () =>
    (
      await Promise.all(
        [
          `/users/${bo}/directReports`,
          `/groups/${group}/members`,
          `/servicePrincipals/${principalId}/owners`,
          list,
        ].map((path) => client.all(path)),
      )
    ).map(({ length }) => length);
  return { client, ana, bo, applicationId, appId, principalId, group, list, linked };
};

test('§2.7 a deleted user keeps the name behind the id, loses all links, and has them again when restored', async () => {
  const { client, ana, linked } = await world();
  expect(await linked()).toEqual([1, 1, 1, 1]);
  expect((await client.delete(`/users/${ana}`)).status).toBe(204);
  expect(await linked()).toEqual([0, 0, 0, 0]);
  const name = `${ana.replaceAll('-', '')}ana@contoso.com`;
  expect(await deletedOf(client)).toMatchObject([{ id: ana, userPrincipalName: name }]);
  expect((await client.get(`/directory/deletedItems/${ana}?$select=id,deletedDateTime`)).body).toMatchObject({
    '@odata.type': '#microsoft.graph.user',
    id: ana,
  });
  expect(errorOf(await client.post(`/users/${ana}/restore`, {}))).toMatchObject({ status: 404 });
  expect(errorOf(await client.post(`/users/bo@contoso.com/restore`, {}))).toMatchObject({ status: 400 });
  const restored = await restore(client, ana);
  expect(restored.status).toBe(200);
  expect(restored.body).toMatchObject({
    '@odata.type': '#microsoft.graph.user',
    id: ana,
    userPrincipalName: 'ana@contoso.com',
  });
  expect(await linked()).toEqual([1, 1, 1, 1]);
  expect(await deletedOf(client)).toEqual([]);
  expect(errorOf(await restore(client, ana))).toMatchObject({ status: 404 });
  const events = await client.all(`/auditLogs/directoryAudits?$filter=targetResources/any(t:t/id%20eq%20'${ana}')`);
  expect(events[0]!['activityDisplayName']).toBe('Restore user');
});

test('§2.7 a link shows again only when both of its ends are there', async () => {
  const { client, ana, bo, linked } = await world();
  await client.delete(`/users/${ana}`);
  await client.delete(`/users/${bo}`);
  await restore(client, ana);
  expect((await client.get(`/users/${ana}/manager`)).status).toBe(404);
  await restore(client, bo);
  expect((await client.get(`/users/${ana}/manager`)).body['id']).toBe(bo);
  expect(await linked()).toEqual([1, 1, 1, 1]);
});

test('§2.7 a name or address that somebody else has by now stands in the way of a restore', async () => {
  const client = await startWithGroups();
  const addresses = ['SMTP:ana@contoso.com', 'smtp:ruiz@contoso.com'];
  await client.seed(person('ana', { proxyAddresses: addresses }));
  const id = String((await client.get('/users/ana@contoso.com')).body['id']);
  await client.delete(`/users/${id}`);
  await client.seed(person('ana', { proxyAddresses: [addresses[0]] }));
  const message = 'Another object with the same value for property userPrincipalName already exists.';
  expect(errorOf(await restore(client, id))).toEqual({ status: 400, code: 'Request_BadRequest', message });
  for (const newUserPrincipalName of ['ana@contoso.com', 'a na@contoso.com', 'ana@unknown.example', 7])
    expect(errorOf(await restore(client, id, { newUserPrincipalName }))).toMatchObject({ status: 400 });
  const name = { newUserPrincipalName: 'ana.ruiz@contoso.com' };
  expect(errorOf(await restore(client, id, name)).message).toContain('property proxyAddresses already exists');
  expect(await deletedOf(client)).toHaveLength(1);
  const restored = await restore(client, id, { ...name, autoReconcileProxyConflict: true });
  expect(restored.body).toMatchObject({ id, userPrincipalName: 'ana.ruiz@contoso.com' });
  expect((await client.get(`/users/${id}?$select=proxyAddresses`)).body['proxyAddresses']).toEqual([addresses[1]]);
  expect(await client.all("/users?$filter=userPrincipalName%20eq%20'ana.ruiz@contoso.com'")).toHaveLength(1);
});

test('§6.1 an application takes its service principal with it and brings it back, with all who were assigned', async () => {
  const { client, ana, applicationId, appId, principalId, list, linked } = await world();
  await client.delete(`/applications/${applicationId}`);
  expect(await client.all(`/users/${ana}/appRoleAssignments`)).toEqual([]);
  expect(await deletedOf(client, 'application')).toMatchObject([{ id: applicationId }]);
  expect(await deletedOf(client, 'servicePrincipal')).toMatchObject([{ id: principalId }]);
  expect((await client.get(list)).status).toBe(404);
  expect(errorOf(await restore(client, principalId))).toMatchObject({ status: 400 });
  expect((await restore(client, applicationId)).body).toMatchObject({
    '@odata.type': '#microsoft.graph.application',
    appId,
  });
  expect(await linked()).toEqual([1, 1, 1, 1]);
  expect(await deletedOf(client, 'servicePrincipal')).toEqual([]);
});

test('§6.1 an application that is deleted for good takes its deleted service principal with it', async () => {
  const { client, ana, applicationId, principalId } = await world();
  await client.delete(`/applications/${applicationId}`);
  expect((await client.delete(`/directory/deletedItems/${applicationId}`)).status).toBe(204);
  expect(await deletedOf(client, 'application')).toEqual([]);
  expect(await deletedOf(client, 'servicePrincipal')).toEqual([]);
  expect((await restore(client, principalId)).status).toBe(404);
  expect(await client.all(`/users/${ana}/appRoleAssignments`)).toEqual([]);
});

test('§6.1 a service principal is restored only while its place is free', async () => {
  const { client, appId, principalId, linked } = await world();
  await client.delete(`/servicePrincipals/${principalId}`);
  const other = await idOf(client, 'servicePrincipals', { appId });
  expect(errorOf(await restore(client, principalId))).toMatchObject({ status: 409 });
  await client.delete(`/servicePrincipals/${other}`);
  expect((await restore(client, principalId)).body).toMatchObject({ id: principalId, appId });
  expect(await linked()).toEqual([1, 1, 1, 1]);
});

test('§2.7 a Microsoft 365 group comes back with its members', async () => {
  const { client, group, linked } = await world();
  await client.delete(`/groups/${group}`);
  expect(await deletedOf(client, 'group')).toMatchObject([{ id: group, displayName: 'Finance' }]);
  expect((await restore(client, group)).body).toMatchObject({ '@odata.type': '#microsoft.graph.group', id: group });
  expect(await linked()).toEqual([1, 1, 1, 1]);
});

test('§2.7 what is deleted for good, or 30 days ago, cannot be restored, and its links are gone', async () => {
  const { client, ana, bo, group } = await world();
  await client.delete(`/users/${bo}`);
  expect((await client.delete(`/directory/deletedItems/${bo}`)).status).toBe(204);
  expect((await client.delete(`/directory/deletedItems/${bo}`)).status).toBe(404);
  expect(await deletedOf(client)).toEqual([]);
  await client.delete(`/users/${ana}`);
  await client.control('POST', 'clock', { advance: 'P29D' });
  const then = await clientOf(client.tenant);
  await then.delete(`/groups/${group}`);
  expect(await deletedOf(then)).toHaveLength(1);
  await client.control('POST', 'clock', { advance: 'P1D' });
  const later = await clientOf(client.tenant);
  expect(await deletedOf(later)).toEqual([]);
  expect((await restore(later, ana)).status).toBe(404);
  expect((await restore(later, group)).status).toBe(200);
  expect(await later.all(`/groups/${group}/members`)).toEqual([]);
});

test('§2.2 deleted objects come in pages, with the properties that were asked for', async () => {
  const client = await startWithGroups();
  await client.seed(...Array.from({ length: 5 }, (_, i) => person(`user${i}`, { department: 'Sales' })));
  for (let i = 0; i < 5; i += 1) await client.delete(`/users/user${i}@contoso.com`);
  const page = await client.get('/directory/deletedItems/microsoft.graph.user?$top=2&$select=id,department');
  expect(page.body['value']).toHaveLength(2);
  expect(Object.keys(page.body['value']![0]!).sort()).toEqual(['department', 'id']);
  expect(await client.all('/directory/deletedItems/microsoft.graph.user?$top=2')).toHaveLength(5);
  expect((await client.get('/directory/deletedItems')).status).toBe(400);
  expect((await client.get('/directory/deletedItems/microsoft.graph.user?$select=nonsense')).status).toBe(400);
});

test('§2.1 what may be restored follows from what may be deleted', async () => {
  const { client, ana, group, applicationId } = await world();
  await client.delete(`/users/${ana}`);
  await client.delete(`/groups/${group}`);
  await client.delete(`/applications/${applicationId}`);
  const users = await granted(client, 'User.DeleteRestore.All', 'User.Read.All');
  expect((await users.get(`/directory/deletedItems/${ana}`)).status).toBe(200);
  for (const id of [group, applicationId]) {
    expect((await users.get(`/directory/deletedItems/${id}`)).status).toBe(403);
    expect(errorOf(await restore(users, id))).toMatchObject({ status: 403, code: 'Authorization_RequestDenied' });
    expect((await users.delete(`/directory/deletedItems/${id}`)).status).toBe(403);
  }
  expect((await restore(users, ana)).status).toBe(200);
  const applications = await granted(client, 'Application.ReadWrite.All');
  expect((await restore(applications, applicationId)).status).toBe(200);
});
