// Applications, service principals and their roles: FACTS 6.
import { expect, test } from 'vitest';
import { type Client, errorOf, names, person, ROLE_A, ROLE_B, register, role, startClient } from './support.ts';

const TAG = 'WindowsAzureActiveDirectoryIntegratedApp';
const UNIQUE = "/applications(uniqueName='rollcall-corpdb1')";
const PREFER = { Prefer: 'create-if-missing' };

test('§6.1 an application is got by id and by both of its alternate keys', async () => {
  const client = await startClient();
  const { status, body } = await client.post('/applications', { displayName: 'CORPDB1', uniqueName: "o'k" });
  expect(status).toBe(201);
  expect(body).toMatchObject({ displayName: 'CORPDB1', signInAudience: 'AzureADMyOrg', appRoles: [], tags: [] });
  for (const path of [`/${body['id']}`, `(appId='${body['appId']}')`, "(uniqueName='o''k')"])
    expect((await client.get(`/applications${path}?$select=id`)).body['id']).toBe(body['id']);
  expect((await client.get("/applications(uniqueName='other')")).status).toBe(404);
  expect((await client.get("/applications(displayName='CORPDB1')")).status).toBe(400);
});

test('§6.1 a display name is not unique; a lookup finds all that have it', async () => {
  const client = await startClient();
  for (const displayName of ['CORPDB1', 'corpdb1', 'CORPDB2']) await client.post('/applications', { displayName });
  expect(names(await client.get("/applications?$filter=displayName%20eq%20'CorpDB1'"))).toEqual(['CORPDB1', 'corpdb1']);
  expect(names(await client.get("/applications?$filter=startsWith(displayName,'corp')"))).toHaveLength(3);
});

test('§6.1 an upsert by unique name creates once, then changes', async () => {
  const client = await startClient();
  const created = await client.patch(UNIQUE, { displayName: 'CORPDB1' }, PREFER);
  expect([created.status, created.body['uniqueName']]).toEqual([201, 'rollcall-corpdb1']);
  expect((await client.patch(UNIQUE, { notes: 'kept' }, PREFER)).status).toBe(204);
  expect((await client.get(UNIQUE)).body).toMatchObject({ id: created.body['id'], notes: 'kept' });
  expect(await client.all('/applications')).toHaveLength(1);
  expect((await client.patch("/applications(uniqueName='other')", { displayName: 'x' })).status).toBe(404);
  const byAppId = "/applications(appId='11111111-1111-4111-8111-111111111111')";
  expect((await client.patch(byAppId, { displayName: 'x' }, PREFER)).status).toBe(404);
});

test('§6.1 a unique name is one application’s, and stays', async () => {
  const client = await startClient();
  const { body } = await client.post('/applications', { displayName: 'A', uniqueName: 'a' });
  expect(errorOf(await client.post('/applications', { displayName: 'B', uniqueName: 'a' }))).toMatchObject({
    status: 400,
  });
  expect(errorOf(await client.patch(`/applications/${body['id']}`, { uniqueName: 'b' }))).toMatchObject({
    status: 400,
  });
  expect((await client.patch(`/applications/${body['id']}`, { uniqueName: 'a' })).status).toBe(204);
});

test('§6.1 an application has one service principal, and that needs an application', async () => {
  const client = await startClient();
  const { appId } = await register(client);
  expect(errorOf(await client.post('/servicePrincipals', { appId })).status).toBe(409);
  const missing = '33333333-3333-4333-8333-333333333333';
  const refused = await client.post('/servicePrincipals', { appId: missing });
  expect(errorOf(refused)).toEqual({
    status: 400,
    code: 'Request_BadRequest',
    message: `The appId '${missing}' of the service principal does not reference a valid application object.`,
  });
  expect(refused.body['error']!['details']![0]!['code']).toBe('NoBackingApplicationObject');
  const { body } = await client.get(`/servicePrincipals(appId='${appId}')`);
  expect(body).toMatchObject({
    displayName: 'CORPDB1',
    accountEnabled: true,
    appRoleAssignmentRequired: false,
    servicePrincipalType: 'Application',
    servicePrincipalNames: [appId],
    appOwnerOrganizationId: client.tenant.tenantId,
  });
});

test('§6.1 a service principal is made by an upsert by appId', async () => {
  const client = await startClient();
  const { body } = await client.post('/applications', { displayName: 'A' });
  const path = `/servicePrincipals(appId='${body['appId']}')`;
  expect((await client.patch(path, { appRoleAssignmentRequired: true }, PREFER)).status).toBe(201);
  expect((await client.patch(path, { accountEnabled: false }, PREFER)).status).toBe(204);
  expect((await client.get(path)).body).toMatchObject({ appRoleAssignmentRequired: true, accountEnabled: false });
});

const withRoles = async (): Promise<{ client: Client; path: string; appId: string }> => {
  const client = await startClient();
  const { applicationId, appId } = await register(client);
  return { client, path: `/applications/${applicationId}`, appId };
};
const rolesAt = async (client: Client, path: string) =>
  ((await client.get(path)).body['appRoles'] as unknown as { displayName: string }[])
    .map(({ displayName }) => displayName)
    .sort();

test('§6.2 a change replaces all roles, and the service principal mirrors them', async () => {
  const { client, path, appId } = await withRoles();
  const third = role('33333333-3333-4333-8333-333333333333', 'Auditor');
  const all = [role(ROLE_A, 'Reader'), role(ROLE_B, 'Writer'), third];
  expect((await client.patch(path, { appRoles: all })).status).toBe(204);
  expect(await rolesAt(client, path)).toEqual(['Auditor', 'Reader', 'Writer']);
  expect(await rolesAt(client, `/servicePrincipals(appId='${appId}')`)).toEqual(['Auditor', 'Reader', 'Writer']);
  expect((await client.get(path)).body['appRoles']![0]).toMatchObject({ origin: 'Application' });
});

test('§6.2 an enabled role cannot be dropped; a disabled one can', async () => {
  const { client, path } = await withRoles();
  expect(errorOf(await client.patch(path, { appRoles: [role(ROLE_A, 'Reader')] }))).toEqual({
    status: 400,
    code: 'CannotDeleteOrUpdateEnabledEntitlement',
    message: 'Permission (scope or role) cannot be deleted or updated unless disabled first.',
  });
  const disabled = [role(ROLE_A, 'Reader'), role(ROLE_B, 'Writer', { isEnabled: false })];
  expect((await client.patch(path, { appRoles: disabled })).status).toBe(204);
  expect((await client.patch(path, { appRoles: [role(ROLE_A, 'Reader')] })).status).toBe(204);
  expect(await rolesAt(client, path)).toEqual(['Reader']);
});

test.each([
  ['the same value twice', [role(ROLE_A, 'A'), role(ROLE_B, 'B', { value: 'A' })], 'DuplicateValue'],
  ['the same id twice', [role(ROLE_A, 'A'), role(ROLE_A, 'B')], 'DuplicateValue'],
  ['no member types', [role(ROLE_A, 'A', { allowedMemberTypes: [] })], 'Request_BadRequest'],
  ['an unknown member type', [role(ROLE_A, 'A', { allowedMemberTypes: ['Group'] })], 'Request_BadRequest'],
  ['the empty id', [role('00000000-0000-0000-0000-000000000000', 'A')], 'Request_BadRequest'],
  ['an id that is none', [role('A', 'A')], 'Request_BadRequest'],
  ['no description', [role(ROLE_A, 'A', { description: '' })], 'Request_BadRequest'],
  ['a new role that is disabled', [role(ROLE_A, 'A', { isEnabled: false })], 'Request_BadRequest'],
  ['a blank in its value', [role(ROLE_A, 'A', { value: 'a b' })], 'Request_BadRequest'],
  ['a value that begins with a full stop', [role(ROLE_A, 'A', { value: '.a' })], 'Request_BadRequest'],
  ['a value of 121 letters', [role(ROLE_A, 'A', { value: 'x'.repeat(121) })], 'Request_BadRequest'],
  ['an origin', [role(ROLE_A, 'A', { origin: 'Application' })], 'Request_BadRequest'],
])('§6.2 roles with %s are refused', async (_, appRoles, code) => {
  const client = await startClient();
  expect(errorOf(await client.post('/applications', { displayName: 'A', appRoles }))).toMatchObject({
    status: 400,
    code,
  });
});

test('§6.2 a value takes all signs that it may have, or none at all', async () => {
  const client = await startClient();
  const value = ":!#$%&'()*+,-./;=?@[]^_{}~`".slice(0, 120);
  const appRoles = [role(ROLE_A, 'A', { value }), role(ROLE_B, 'B', { value: null })];
  expect((await client.post('/applications', { displayName: 'A', appRoles })).status).toBe(201);
});

test('§6.2 other roles cannot be written to the service principal', async () => {
  const { client, appId } = await withRoles();
  const refused = await client.patch(`/servicePrincipals(appId='${appId}')`, { appRoles: [role(ROLE_A, 'Other')] });
  expect(errorOf(refused).message).toContain('does not match the application object');
});

test('§6.3 a service principal shows its own tags and those of its application', async () => {
  const client = await startClient();
  const { applicationId, principalId } = await register(client);
  await client.patch(`/applications/${applicationId}`, { tags: [TAG] });
  await client.patch(`/servicePrincipals/${principalId}`, { tags: ['HideApp'] });
  const tags = async () =>
    ((await client.get(`/servicePrincipals/${principalId}`)).body['tags'] as unknown as string[]).toSorted();
  expect(await tags()).toEqual(['HideApp', TAG]);
  const filter = `/servicePrincipals?$filter=tags/any(t:t%20eq%20'${TAG}')`;
  expect(names(await client.get(filter))).toEqual(['CORPDB1']);
  await client.patch(`/servicePrincipals/${principalId}`, { tags: [] });
  expect(await tags()).toEqual([TAG]);
});

test.each([
  ['appRoleAssignmentRequired eq false'],
  ["notes eq 'x'"],
  ['appOwnerOrganizationId eq 11111111-1111-4111-8111-111111111111'],
  ["displayName ne 'x'"],
])('§6.1 service principals are found by %s in advanced queries alone', async (filter) => {
  const client = await startClient();
  await register(client);
  const path = `/servicePrincipals?$filter=${encodeURIComponent(filter)}`;
  expect(errorOf(await client.get(path))).toMatchObject({ status: 400, code: 'Request_UnsupportedQuery' });
  const advanced = await client.advanced(`${path}&$count=true`);
  expect([advanced.status, typeof advanced.body['@odata.count']]).toEqual([200, 'number']);
});

test.each([
  "/applications?$filter=nonsense%20eq%20'x'",
  "/applications?$filter=notes%20eq%20'x'",
  "/applications?$filter=contains(displayName,'x')",
  '/applications?$select=nonsense',
  '/applications?$orderby=displayName',
  '/applications?$expand=appRoleAssignedTo',
  '/applications?$top=1000',
  "/servicePrincipals?$filter=tags%20eq%20'x'",
  "/servicePrincipals?$filter=startsWith(appId,'x')",
  "/servicePrincipals?$filter=accountEnabled%20eq%20'true'",
  '/servicePrincipals?$search=%22displayName:x%22',
])('§6.2 %s is refused', async (path) => {
  const client = await startClient();
  expect((await client.get(path)).status).toBe(400);
});

test('§6.1 lists come in pages', async () => {
  const client = await startClient();
  for (let i = 0; i < 7; i += 1) await client.post('/applications', { displayName: `A${i}` });
  expect((await client.get('/applications?$top=3')).body['value']).toHaveLength(3);
  expect((await client.all('/applications?$top=3&$select=displayName')).map(({ displayName }) => displayName)).toEqual(
    Array.from({ length: 7 }, (_, i) => `A${i}`),
  );
  const sorted = await client.all('/applications?$top=3&$orderby=displayName%20desc&$count=true', {
    ConsistencyLevel: 'eventual',
  });
  expect(sorted[0]!['displayName']).toBe('A6');
});

test('§2.7 an application takes its service principal and the assignments with it', async () => {
  const client = await startClient();
  const { applicationId, principalId } = await register(client);
  expect((await client.delete(`/applications/${applicationId}`)).status).toBe(204);
  expect((await client.get(`/servicePrincipals/${principalId}`)).status).toBe(404);
});

test.each([
  ['/applications', { displayName: 'A', nonsense: 1 }],
  ['/applications', { displayName: 'A', appId: '11111111-1111-4111-8111-111111111111' }],
  ['/applications', { displayName: 'x'.repeat(257) }],
  ['/applications', { displayName: '' }],
  ['/applications', { displayName: 7 }],
  ['/applications', { displayName: 'A', tags: 'x' }],
  ['/applications', {}],
  ['/servicePrincipals', {}],
])('§6.1 POST %s %j is refused', async (path, body) => {
  const client = await startClient();
  expect(errorOf(await client.post(path, body))).toMatchObject({ status: 400, code: 'Request_BadRequest' });
});

test('§6.2 roles said at the service principal must be those of the application', async () => {
  const { client, path, appId } = await withRoles();
  const principal = `/servicePrincipals(appId='${appId}')`;
  const { appRoles } = (await client.get(principal)).body;
  expect((await client.patch(principal, { appRoles, notes: 'kept' })).status).toBe(204);
  expect(errorOf(await client.patch(principal, { appRoles: [] }))).toMatchObject({
    status: 400,
    message: 'Property appRoles on the service principal does not match the application object.',
  });
  expect((await client.get(principal)).body).toMatchObject({ notes: 'kept', appRoles });
  expect((await client.get(path)).body['appRoles']).toEqual(appRoles);
});

test('§6.2 the lists of an application hold 1,200 entries together', async () => {
  const { client, path } = await withRoles();
  const tags = (n: number) => Array.from({ length: n }, (_, i) => `tag${i}`);
  expect((await client.patch(path, { tags: tags(1198) })).status).toBe(204);
  expect(errorOf(await client.patch(path, { tags: tags(1199) }))).toMatchObject({ code: 'Directory_QuotaExceeded' });
  expect((await client.post('/applications', { displayName: 'A', tags: tags(1201) })).status).toBe(400);
});

test('§6.1 §7.1 what lies behind an object is reached by each of its keys', async () => {
  const client = await startClient();
  const { body } = await client.post('/applications', {
    displayName: 'A',
    uniqueName: 'a',
    appRoles: [role(ROLE_A, 'Reader')],
  });
  const { body: principal } = await client.post('/servicePrincipals', { appId: body['appId'] });
  await client.seed(person('ana'));
  const user = String((await client.get("/users('ana@contoso.com')?$select=id")).body['id']);
  const made = await client.post(`/servicePrincipals(appId='${body['appId']}')/appRoleAssignedTo`, {
    principalId: user,
    resourceId: principal['id'],
    appRoleId: ROLE_A,
  });
  expect(made.status).toBe(201);
  for (const path of [
    `/servicePrincipals(appId='${body['appId']}')/appRoleAssignedTo`,
    `/servicePrincipals('${principal['id']}')/appRoleAssignedTo`,
    "/users('ANA@contoso.com')/appRoleAssignments",
    "/users(userPrincipalName='ana@contoso.com')/appRoleAssignments",
    '/users/ana@contoso.com/appRoleAssignments',
  ])
    expect(await client.all(path), path).toHaveLength(1);
  await client.post("/applications(uniqueName='a')/owners/$ref", client.ref(user));
  expect(await client.all(`/applications(appId='${body['appId']}')/owners`)).toHaveLength(1);
  for (const path of ["/users(mail='ana@contoso.com')", "/servicePrincipals(uniqueName='a')", "/groups(mail='a')"])
    expect((await client.get(path)).status, path).toBe(400);
  expect((await client.get('/users/$ana')).status).toBe(400);
  expect((await client.get("/users('$ana@contoso.com')")).status).toBe(404);
});
