// What an app-only session does not see yet: FACTS 5. The tenant's clock moves, so that no test waits.
import { expect, test } from 'vitest';
import { errorOf, newUser, ROLE_A, ROLE_B, role, startClient } from './support.ts';

const lagging = async () => {
  const client = await startClient({ replicationDelayMs: 60_000 });
  return { client, catchUp: () => client.control('POST', 'clock', { advance: 'PT61S' }) };
};

test('a new user is not there yet, but its name is taken', async () => {
  const { client, catchUp } = await lagging();
  const id = String((await client.post('/users', newUser('ana'))).body['id']);
  expect((await client.get(`/users/${id}`)).status).toBe(404);
  expect(await client.all('/users')).toEqual([]);
  expect(errorOf(await client.post('/users', newUser('ana')))).toMatchObject({ status: 400 });
  await catchUp();
  expect((await client.get(`/users/${id}`)).status).toBe(200);
  expect(await client.all('/users')).toHaveLength(1);
});

test('a change is not seen yet', async () => {
  const { client, catchUp } = await lagging();
  await client.seed({ userPrincipalName: 'ana@contoso.com', displayName: 'Ana' });
  await client.patch('/users/ana@contoso.com', { displayName: 'Ana Vega' });
  expect((await client.get('/users/ana@contoso.com')).body['displayName']).toBe('Ana');
  await catchUp();
  expect((await client.get('/users/ana@contoso.com')).body['displayName']).toBe('Ana Vega');
});

test('a registration has to wait for its own parts', async () => {
  const { client, catchUp } = await lagging();
  const { body: application } = await client.post('/applications', { displayName: 'A', appRoles: [role(ROLE_A, 'R')] });
  const tooSoon = await client.post('/servicePrincipals', { appId: application['appId'] });
  expect(tooSoon.body['error']!['details']![0]!['code']).toBe('NoBackingApplicationObject');
  await catchUp();
  const { body: principal } = await client.post('/servicePrincipals', { appId: application['appId'] });
  const id = String((await client.post('/users', newUser('ana'))).body['id']);
  await catchUp();

  const list = `/servicePrincipals/${principal['id']}/appRoleAssignedTo`;
  const roles = [role(ROLE_A, 'R'), role(ROLE_B, 'W')];
  await client.patch(`/applications/${application['id']}`, { appRoles: roles });
  const assignment = { principalId: id, resourceId: principal['id'], appRoleId: ROLE_B };
  expect(errorOf(await client.post(list, assignment))).toMatchObject({ status: 400 });
  await catchUp();
  expect((await client.post(list, assignment)).status).toBe(201);

  expect(await client.all(list)).toEqual([]);
  expect(errorOf(await client.post(list, assignment)).message).toContain('already exists');
  await catchUp();
  expect(await client.all(list)).toHaveLength(1);
});

test('a principal that is not there yet cannot be assigned', async () => {
  const { client, catchUp } = await lagging();
  const { body: application } = await client.post('/applications', { displayName: 'A', appRoles: [role(ROLE_A, 'R')] });
  await catchUp();
  const { body: principal } = await client.post('/servicePrincipals', { appId: application['appId'] });
  await catchUp();
  const id = String((await client.post('/users', newUser('ana'))).body['id']);
  const answer = await client.post(`/servicePrincipals/${principal['id']}/appRoleAssignedTo`, {
    principalId: id,
    resourceId: principal['id'],
    appRoleId: ROLE_A,
  });
  expect(errorOf(answer)).toMatchObject({ status: 404, code: 'Request_ResourceNotFound' });
});

test('an upsert by unique name makes no second application while the first is not seen', async () => {
  const { client, catchUp } = await lagging();
  const prefer = { Prefer: 'create-if-missing' };
  const path = "/applications(uniqueName='a')";
  expect((await client.patch(path, { displayName: 'A' }, prefer)).status).toBe(201);
  expect((await client.patch(path, { displayName: 'A' }, prefer)).status).toBe(204);
  await catchUp();
  expect(await client.all('/applications')).toHaveLength(1);
});
