// What a session does not see yet, or not from every replica: FACTS 5, 11.1. The tenant's clock moves, so that no test waits.
import { expect, test } from 'vitest';
import {
  type Client,
  errorOf,
  newUser,
  person,
  ROLE_A,
  ROLE_B,
  role,
  securityGroup,
  signedInAs,
  startClient,
  startWithGroups,
  where,
} from './support.ts';

const lagging = async () => {
  const client = await startClient({ replicationDelayMs: 60_000 });
  return { client, catchUp: () => client.control('POST', 'clock', { advance: 'PT61S' }) };
};

/** An application that everybody sees. */
const registered = async (client: Client, catchUp: () => Promise<unknown>) => {
  const appRoles = [role(ROLE_A, 'R')];
  const { body: application } = await client.post('/applications', { displayName: 'A', appRoles });
  await catchUp();
  const { body: principal } = await client.post('/servicePrincipals', { appId: application['appId'] });
  await catchUp();
  return { applicationId: application['id'], principalId: principal['id'] };
};

test('§5 a new user is not there yet, but its name is taken', async () => {
  const { client, catchUp } = await lagging();
  const id = String((await client.post('/users', newUser('ana'))).body['id']);
  expect((await client.get(`/users/${id}`)).status).toBe(404);
  expect(await client.all('/users')).toEqual([]);
  expect(errorOf(await client.post('/users', newUser('ana')))).toMatchObject({ status: 400 });
  await catchUp();
  expect((await client.get(`/users/${id}`)).status).toBe(200);
  expect(await client.all('/users')).toHaveLength(1);
});

test('§5 a change is not seen yet', async () => {
  const { client, catchUp } = await lagging();
  await client.seed({ userPrincipalName: 'ana@contoso.com', displayName: 'Ana' });
  await client.patch('/users/ana@contoso.com', { displayName: 'Ana Vega' });
  expect((await client.get('/users/ana@contoso.com')).body['displayName']).toBe('Ana');
  await catchUp();
  expect((await client.get('/users/ana@contoso.com')).body['displayName']).toBe('Ana Vega');
});

test('§5 a registration has to wait for its own parts', async () => {
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
  const rolesOf = async (path: string) => (await client.get(path)).body['appRoles'] as unknown as unknown[];
  expect(await rolesOf(`/applications/${application['id']}`)).toHaveLength(2);
  expect(await rolesOf(`/servicePrincipals/${principal['id']}`)).toHaveLength(1);
  expect(errorOf(await client.post(list, assignment))).toMatchObject({ status: 400 });
  await catchUp();
  expect(await rolesOf(`/servicePrincipals/${principal['id']}`)).toHaveLength(2);
  expect((await client.post(list, assignment)).status).toBe(201);

  expect(await client.all(list)).toEqual([]);
  expect(errorOf(await client.post(list, assignment)).message).toContain('already exists');
  await catchUp();
  expect(await client.all(list)).toHaveLength(1);
});

test('§5 a principal that is not there yet cannot be assigned', async () => {
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

test('§5 an upsert by unique name makes no second application while the first is not seen', async () => {
  const { client, catchUp } = await lagging();
  const prefer = { Prefer: 'create-if-missing' };
  const path = "/applications(uniqueName='a')";
  expect((await client.patch(path, { displayName: 'A' }, prefer)).status).toBe(201);
  expect((await client.patch(path, { displayName: 'A' }, prefer)).status).toBe(204);
  await catchUp();
  expect(await client.all('/applications')).toHaveLength(1);
});

test('§5 replicas disagree for a while: an object is there, is not, and is there again; and the same from the same seed', async () => {
  const run = async (randomSeed: number) => {
    const client = await startClient({ replicationDelayMs: 60_000, randomSeed, timeScale: 0.001 });
    const id = String((await client.post('/users', newUser('ana'))).body['id']);
    let seen = '';
    for (let second = 0; second <= 60; second += 6) {
      for (let i = 0; i < 4; i += 1) seen += (await client.get(`/users/${id}`)).status === 200 ? '1' : '0';
      await client.control('POST', 'clock', { advance: 'PT6S' });
    }
    return seen;
  };
  const [one, again, other] = [await run(1), await run(1), await run(2)];
  expect(one).toMatch(/^0+1+0+1/);
  expect(one.endsWith('1111')).toBe(true);
  expect(again).toBe(one);
  expect(other).not.toBe(one);
});

test('§5 what is gone is still shown for a while, by itself and in lists, with the right count', async () => {
  const { client, catchUp } = await lagging();
  const { principalId, applicationId } = await registered(client, catchUp);
  await client.seed(person('ana'), person('bo'));
  const [ana] = await client.all('/users');
  const list = `/servicePrincipals/${principalId}/appRoleAssignedTo`;
  const body = { principalId: ana!['id'], resourceId: principalId, appRoleId: ROLE_A };
  const { body: made } = await client.post(list, body);
  await catchUp();
  expect((await client.delete(`${list}/${made['id']}`)).status).toBe(204);
  expect(await client.all(list)).toHaveLength(1);
  expect((await client.get(`${list}/${made['id']}`)).status).toBe(200);
  expect(await client.all(`/users/${ana!['id']}/appRoleAssignments`)).toHaveLength(1);

  await client.delete('/users/ana@contoso.com');
  expect((await client.get('/users/ana@contoso.com')).status).toBe(200);
  expect(await client.all('/users')).toHaveLength(2);
  expect(await client.all(where("displayName eq 'ana'"))).toHaveLength(1);
  expect(await client.all(where("displayName eq 'bo'"))).toHaveLength(1);
  expect((await client.advanced('/users/$count')).text).toBe('2');

  await client.delete(`/applications/${applicationId}`);
  expect((await client.get(`/applications/${applicationId}`)).status).toBe(200);
  await catchUp();
  expect(await client.all('/users')).toHaveLength(1);
  expect((await client.get('/users/ana@contoso.com')).status).toBe(404);
  expect((await client.get(`/applications/${applicationId}`)).status).toBe(404);
});

test('§5 an update is found by what it was, not by what it is', async () => {
  const { client, catchUp } = await lagging();
  await client.seed(person('ana', { city: 'Lima' }));
  await client.patch('/users/ana@contoso.com', { city: 'Quito' });
  expect(await client.all(where("city eq 'Quito'"))).toEqual([]);
  await catchUp();
  expect(await client.all(where("city eq 'Quito'"))).toHaveLength(1);
});

test('§5 the index behind advanced queries and counts lags further', async () => {
  const { client, catchUp } = await lagging();
  await client.post('/users', newUser('ana'));
  await catchUp();
  expect(await client.all('/users')).toHaveLength(1);
  const advanced = `${where("endsWith(userPrincipalName,'contoso.com')")}&$count=true`;
  const found = async () => {
    const { body } = await client.advanced(advanced);
    return [(body['value'] as unknown as unknown[]).length, body['@odata.count']];
  };
  expect(await found()).toEqual([0, 0]);
  expect((await client.advanced('/users/$count')).text).toBe('0');
  await catchUp();
  expect(await found()).toEqual([1, 1]);
  expect((await client.advanced('/users/$count')).text).toBe('1');
});

test('§11.1 the audit log tells of a write later than reads show it', async () => {
  const { client, catchUp } = await lagging();
  await client.post('/users', newUser('ana'));
  await catchUp();
  expect((await client.get('/users/ana@contoso.com')).status).toBe(200);
  expect(await client.all('/auditLogs/directoryAudits')).toEqual([]);
  await catchUp();
  expect(await client.all('/auditLogs/directoryAudits')).toHaveLength(1);

  const own = await startClient({ auditDelayMs: 120_000 });
  await own.post('/users', newUser('ana'));
  expect((await own.get('/users/ana@contoso.com')).status).toBe(200);
  expect(await own.all('/auditLogs/directoryAudits')).toEqual([]);
  await own.control('POST', 'clock', { advance: 'PT2M' });
  expect(await own.all('/auditLogs/directoryAudits')).toHaveLength(1);
});

test('§5 a session of a user sees what it wrote at once; another user’s and an application’s do not', async () => {
  const names = ['admin@contoso.com', 'other@contoso.com'];
  const administrators = Object.fromEntries(names.map((name) => [name, ['Global Administrator']]));
  const client = await startClient({ replicationDelayMs: 60_000, administrators });
  const [ana, bo] = [await signedInAs(client.tenant, names[0]!), await signedInAs(client.tenant, names[1]!)];
  const id = String((await ana.post('/users', newUser('cy'))).body['id']);
  const statuses = async () => [
    (await ana.get(`/users/${id}`)).status,
    (await bo.get(`/users/${id}`)).status,
    (await client.get(`/users/${id}`)).status,
  ];
  expect(await statuses()).toEqual([200, 404, 404]);
  await ana.patch(`/users/${id}`, { city: 'Lima' });
  expect((await ana.get(`/users/${id}?$select=city`)).body['city']).toBe('Lima');
  await ana.delete(`/users/${id}`);
  expect((await ana.get(`/users/${id}`)).status).toBe(404);
  await client.control('POST', 'clock', { advance: 'PT61S' });
  expect(await statuses()).toEqual([404, 404, 404]);
});

test('§5 delays pass as the clock runs', async () => {
  const client = await startClient({ replicationDelayMs: 600_000, timeScale: 6000 });
  await client.post('/users', newUser('ana'));
  let seen = 0;
  while (seen === 0) seen = (await client.all('/users')).length;
  expect(seen).toBe(1);
});

test('§5 members and managers are seen late, those that were removed, too', async () => {
  const client = await startWithGroups({ replicationDelayMs: 60_000 });
  const catchUp = () => client.control('POST', 'clock', { advance: 'PT61S' });
  await client.seed(person('ana'), person('bo'), person('cem'));
  const [ana, bo, cem] = (await client.all('/users?$select=id')).map(({ id }) => String(id));
  const { body: group } = await client.post('/groups', securityGroup('Finance'));
  expect((await client.post(`/groups/${group['id']}/members/$ref`, client.ref(ana!))).status).toBe(404);
  await catchUp();
  const members = `/groups/${group['id']}/members`;
  await client.post(`${members}/$ref`, client.ref(ana!));
  await client.put(`/users/${ana}/manager/$ref`, client.ref(bo!));
  expect(await client.all(members)).toEqual([]);
  expect((await client.get(`/users/${ana}/manager`)).status).toBe(404);
  expect((await client.post(`${members}/$ref`, client.ref(ana!))).status).toBe(400);
  await catchUp();
  expect(await client.all(members)).toHaveLength(1);
  expect((await client.delete(`${members}/${ana}/$ref`)).status).toBe(204);
  await client.put(`/users/${ana}/manager/$ref`, client.ref(cem!));
  expect(await client.all(members)).toHaveLength(1);
  expect((await client.delete(`${members}/${ana}/$ref`)).status).toBe(404);
  expect((await client.get(`/users/${ana}/manager`)).body['id']).toBe(bo);
  await catchUp();
  expect(await client.all(members)).toEqual([]);
  expect((await client.get(`/users/${ana}/manager`)).body['id']).toBe(cem);
});
