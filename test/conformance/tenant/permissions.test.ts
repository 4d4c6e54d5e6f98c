// What an application's token may do: FACTS 1.7, 1.10, and the permission columns of 2.1, 6.1, 7.1 and 11.
import { expect, test } from 'vitest';
import {
  type Answer,
  type Client,
  errorOf,
  granted,
  newUser,
  person,
  ROLE_A,
  register,
  startClient,
} from './support.ts';

const ANA = 'aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee';

const DENIED = {
  status: 403,
  code: 'Authorization_RequestDenied',
  message: 'Insufficient privileges to complete the operation.',
};

/** A directory with Ana, and CORPDB1 with its roles. */
const world = async () => {
  const client = await startClient();
  await client.seed(person('ana', { id: ANA }));
  return { client, ...(await register(client)) };
};

type World = Awaited<ReturnType<typeof world>>;
type Ask = (client: Client, world: World) => Promise<Answer>;

const assignment = ({ principalId }: World) => ({ principalId: ANA, resourceId: principalId, appRoleId: ROLE_A });
const assignedTo = ({ principalId }: World) => `/servicePrincipals/${principalId}/appRoleAssignedTo`;
const eventual = { ConsistencyLevel: 'eventual' };

/** Section, operation, what suffices, what does not although it is near, and the request. */
const OPERATIONS: readonly (readonly [string, string, readonly string[], readonly string[], Ask])[] = [
  ['2.1', 'listing users', ['User.ReadBasic.All'], ['Application.ReadWrite.All'], (c) => c.get('/users')],
  ['2.1', 'listing users', ['Directory.Read.All'], ['User.DeleteRestore.All'], (c) => c.get('/users')],
  ['2.1', 'reading a user', ['User.ReadBasic.All'], ['User.Read'], (c) => c.get(`/users/${ANA}`)],
  ['2.1', 'counting users', ['User.ReadBasic.All'], ['AuditLog.Read.All'], (c) => c.get('/users/$count', eventual)],
  ['2.1', 'creating a user', ['User.ReadWrite.All'], ['User.Read.All'], (c) => c.post('/users', newUser('bo'))],
  [
    '2.1',
    'updating a user',
    ['User.ReadWrite.All'],
    ['User.EnableDisableAccount.All', 'User.Read.All'],
    (c) => c.patch(`/users/${ANA}`, { accountEnabled: false, department: 'Sales' }),
  ],
  [
    '2.1',
    'enabling an account',
    ['User.EnableDisableAccount.All', 'User.Read.All'],
    ['User.EnableDisableAccount.All'],
    (c) => c.patch(`/users/${ANA}`, { accountEnabled: true }),
  ],
  [
    '2.1',
    'setting a password',
    ['User-PasswordProfile.ReadWrite.All'],
    ['User.ReadWrite.All'],
    (c) => c.patch(`/users/${ANA}`, { passwordProfile: { password: 'Trial-Pass-2026' } }),
  ],
  [
    '2.1',
    'changing mail',
    ['User-Mail.ReadWrite.All'],
    ['User.Read.All'],
    (c) => c.patch(`/users/${ANA}`, { mail: 'ana@contoso.com' }),
  ],
  ['6.1', 'listing applications', ['Application.Read.All'], ['User.Read.All'], (c) => c.get('/applications')],
  [
    '6.1',
    'reading an application by its appId',
    ['Application.Read.All'],
    ['User.Read.All'],
    (c, { appId }) => c.get(`/applications(appId='${appId}')`),
  ],
  [
    '6.1',
    'creating an application',
    ['Application.ReadWrite.OwnedBy'],
    ['Application.Read.All'],
    (c) => c.post('/applications', { displayName: 'Another' }),
  ],
  [
    '6.1',
    'creating an application',
    ['AppRegistration.Create'],
    ['AppRoleAssignment.ReadWrite.All'],
    (c) => c.post('/applications', { displayName: 'A third' }),
  ],
  [
    '6.1',
    'updating an application',
    ['Application.ReadWrite.All'],
    ['AppRegistration.Create', 'Application.Read.All'],
    (c, { applicationId }) => c.patch(`/applications/${applicationId}`, { description: 'Legacy' }),
  ],
  [
    '6.1',
    'listing service principals',
    ['Application.Read.All'],
    ['User.Read.All'],
    (c) => c.get('/servicePrincipals'),
  ],
  [
    '6.1',
    'updating a service principal',
    ['Application.ReadWrite.All'],
    ['Application.Read.All'],
    (c, { principalId }) => c.patch(`/servicePrincipals/${principalId}`, { appRoleAssignmentRequired: true }),
  ],
  [
    '7.1',
    'listing assignments by application',
    ['Application.Read.All'],
    ['AppRoleAssignment.ReadWrite.All'],
    (c, w) => c.get(assignedTo(w)),
  ],
  [
    '7.1',
    'listing assignments by user',
    ['AppRoleAssignment.ReadWrite.All'],
    ['Application.Read.All', 'User.Read.All'],
    (c) => c.get(`/users/${ANA}/appRoleAssignments`),
  ],
  [
    '7.1',
    'assigning from the application’s side, which takes two permissions at once,',
    ['AppRoleAssignment.ReadWrite.All', 'Application.Read.All'],
    ['AppRoleAssignment.ReadWrite.All', 'User.ReadWrite.All'],
    (c, w) => c.post(assignedTo(w), assignment(w)),
  ],
  [
    '7.1',
    'assigning from the user’s side',
    ['AppRoleAssignment.ReadWrite.All'],
    ['Application.ReadWrite.All', 'User.ReadWrite.All'],
    (c, w) => c.post(`/users/${ANA}/appRoleAssignments`, assignment(w)),
  ],
  [
    '7.1',
    'removing an assignment',
    ['AppRoleAssignment.ReadWrite.All'],
    ['Application.ReadWrite.All'],
    (c, w) => c.delete(`${assignedTo(w)}/${'A'.repeat(43)}`),
  ],
  [
    '11.1',
    'reading the audit log',
    ['AuditLog.Read.All'],
    ['User.Read.All'],
    (c) => c.get('/auditLogs/directoryAudits'),
  ],
  ['11.3', 'reading licences', ['LicenseAssignment.Read.All'], ['User.Read.All'], (c) => c.get('/subscribedSkus')],
  [
    '2.1',
    'deleting a user',
    ['User.DeleteRestore.All'],
    ['User.Read.All', 'Application.ReadWrite.All'],
    (c) => c.delete(`/users/${ANA}`),
  ],
  [
    '2.1',
    'listing deleted users',
    ['User.Read.All'],
    ['User.ReadBasic.All'],
    (c) => c.get('/directory/deletedItems/microsoft.graph.user'),
  ],
];

test('§1.8 each operation takes its own permission, and nothing near it does', async () => {
  const it = await world();
  for (const [section, operation, enough, tooLittle, ask] of OPERATIONS) {
    const name = `§${section} ${operation}`;
    const refused = await ask(await granted(it.client, ...tooLittle), it);
    expect({ name, ...errorOf(refused) }).toEqual({ name, ...DENIED });
    const allowed = await ask(await granted(it.client, ...enough), it);
    expect({ name, denied: allowed.status === 403 }, allowed.text).toEqual({ name, denied: false });
  }
});

test('§1.7 an application with nothing granted gets a token without roles, and 403 for all that it asks', async () => {
  const client = await startClient({ grant: [] });
  const claims = JSON.parse(Buffer.from(client.token.split('.')[1]!, 'base64url').toString());
  expect(claims).not.toHaveProperty('roles');
  for (const path of ['/users', '/applications', '/servicePrincipals', '/organization', '/auditLogs/directoryAudits'])
    expect(errorOf(await client.get(path))).toEqual(DENIED);
});

test('§3 each request of a batch is allowed or refused for itself', async () => {
  const client = await startClient({ grant: ['User.Read.All'] });
  const { body } = await client.post('/$batch', {
    requests: [
      { id: '1', method: 'GET', url: '/users' },
      { id: '2', method: 'GET', url: '/applications' },
      { id: '3', method: 'DELETE', url: `/users/${ANA}` },
    ],
  });
  const responses = body['responses'] as unknown as { id: string; status: number }[];
  expect(Object.fromEntries(responses.map(({ id, status }) => [id, status]))).toEqual({ 1: 200, 2: 403, 3: 403 });
});

test('§1.10 what is not there is told before what is not allowed, and what is not allowed before what is not found', async () => {
  const client = await startClient({ grant: [] });
  expect((await client.get('/nonsense')).status).toBe(400);
  expect((await client.patch('/users', {})).status).toBe(405);
  expect((await client.get('/users/nobody@contoso.com')).status).toBe(403);
});

test('§1.7 a token keeps what was granted when it was issued', async () => {
  const client = await startClient();
  const later = await granted(client, 'Application.Read.All');
  expect((await client.get('/users')).status).toBe(200);
  expect((await later.get('/users')).status).toBe(403);
});

test('§1.8 a permission that Graph does not have cannot be granted', async () => {
  await expect(startClient({ grant: ['User.Raed.All'] })).rejects.toThrow('User.Raed.All: no such permission');
  const client = await startClient();
  expect(await client.control('POST', 'grant', { permissions: ['nonsense'] })).toMatchObject({ status: 400 });
  expect(await client.control('POST', 'grant', {})).toMatchObject({ status: 400 });
  expect((await client.get('/users')).status).toBe(200);
});

test('§6.1 with Application.ReadWrite.OwnedBy an application changes what it created, and nothing else', async () => {
  const it = await world();
  const owner = await granted(it.client, 'Application.ReadWrite.OwnedBy');
  const { body: mine } = await owner.post('/applications', { displayName: 'Mine' });
  const { body: principal } = await owner.post('/servicePrincipals', { appId: mine['appId'] });
  expect((await owner.patch(`/applications/${mine['id']}`, { description: 'x' })).status).toBe(204);
  expect((await owner.patch(`/applications(appId='${mine['appId']}')`, { description: 'y' })).status).toBe(204);
  expect((await owner.patch(`/servicePrincipals/${principal['id']}`, { notes: 'x' })).status).toBe(204);
  for (const path of [`/applications/${it.applicationId}`, `/servicePrincipals/${it.principalId}`]) {
    expect(errorOf(await owner.patch(path, { notes: 'x' }))).toEqual(DENIED);
    expect(errorOf(await owner.delete(path))).toEqual(DENIED);
  }
  expect((await owner.patch(`/applications/${ANA}`, { description: 'x' })).status).toBe(404);
  const upsert = { Prefer: 'create-if-missing' };
  expect((await owner.patch("/applications(uniqueName='new')", { displayName: 'New' }, upsert)).status).toBe(201);
  expect((await owner.delete(`/applications/${mine['id']}`)).status).toBe(204);
});

test('§6.1 with Application.ReadWrite.OwnedBy an application makes no principal of what it does not own', async () => {
  const it = await world();
  const owner = await granted(it.client, 'Application.ReadWrite.OwnedBy');
  const { body: foreign } = await it.client.post('/applications', { displayName: 'Foreign' });
  expect(errorOf(await owner.post('/servicePrincipals', { appId: foreign['appId'] }))).toEqual(DENIED);
  const byKey = `/servicePrincipals(appId='${foreign['appId']}')`;
  const upsert = await owner.patch(byKey, { displayName: 'Foreign' }, { Prefer: 'create-if-missing' });
  expect(errorOf(upsert)).toEqual(DENIED);
});

test('§2.1 User.ReadBasic.All shows the basic profile, and neither selects nor filters by more', async () => {
  const { client } = await world();
  await client.patch(`/users/${ANA}`, { jobTitle: 'Clerk', department: 'Sales' });
  const basic = await granted(client, 'User.ReadBasic.All');
  const ana = { id: ANA, displayName: 'ana', userPrincipalName: 'ana@contoso.com', jobTitle: null, businessPhones: [] };
  expect((await basic.get(`/users/${ANA}`)).body).toMatchObject(ana);
  expect((await basic.get('/users')).body['value']).toMatchObject([ana]);
  expect((await basic.get("/users?$select=id,mail&$filter=displayName eq 'department'")).status).toBe(200);
  for (const query of ['$select=id,department', '$expand=manager', "$filter=jobTitle eq 'Clerk'"])
    expect(errorOf(await basic.get(`/users?${query}`))).toEqual(DENIED);
  expect((await client.get(`/users/${ANA}?$select=jobTitle`)).body).toMatchObject({ jobTitle: 'Clerk' });
});
