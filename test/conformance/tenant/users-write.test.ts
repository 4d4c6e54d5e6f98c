// Writing users: FACTS 2.5 to 2.7.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startTenant } from '../../../src/tenant/server.ts';
import { clientOf, errorOf, granted, newUser, person, ROLE_A, register, startClient } from './support.ts';

test('§2.5 a creation answers 201 with the default properties alone', async () => {
  const client = await startClient();
  const { status, body } = await client.post('/users', newUser('ana', { employeeId: '7' }));
  expect(status).toBe(201);
  expect(body['@odata.context']).toBe(`${client.tenant.graph}/$metadata#users/$entity`);
  expect(body['displayName']).toBe('ana');
  expect(body).not.toHaveProperty('accountEnabled');
  const read = await client.get(`/users/${body['id']}?$select=accountEnabled,employeeId,userType,createdDateTime`);
  expect(read.body).toMatchObject({ accountEnabled: false, employeeId: '7', userType: 'Member' });
  expect(String(read.body['createdDateTime'])).toMatch(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/);
});

test.each(['accountEnabled', 'displayName', 'mailNickname', 'userPrincipalName', 'passwordProfile'])(
  'a user cannot be created without %s (2.5)',
  async (property) => {
    const client = await startClient();
    const { [property]: _, ...body } = newUser('ana') as Record<string, unknown>;
    expect(errorOf(await client.post('/users', body))).toEqual({
      status: 400,
      code: 'Request_BadRequest',
      message: `A value is required for property '${property}' of resource 'User'.`,
    });
  },
);

test.each([
  ['an unknown property', { nonsense: 'x' }],
  ['a name of JavaScript', JSON.parse('{"__proto__":"x"}')],
  ['a read-only property', { proxyAddresses: ['SMTP:a@contoso.com'] }],
  ['an on-premises name', { onPremisesSamAccountName: 'ana' }],
  ['its own id', { id: '11111111-1111-4111-8111-111111111111' }],
  ['a number for a text', { department: 7 }],
  ['a text for a list', { otherMails: 'a@example.com' }],
  ['a text for a switch', { accountEnabled: 'false' }],
  ['an empty text', { department: '' }],
  ['a display name of 257 letters', { displayName: 'x'.repeat(257) }],
  ['an employee id of 17 letters', { employeeId: 'x'.repeat(17) }],
  ['a department of 65 letters', { department: 'x'.repeat(65) }],
  ['a nickname with a blank', { mailNickname: 'a b' }],
  ['a nickname with an @', { mailNickname: 'a@b' }],
  ['a sixteenth extension attribute', { onPremisesExtensionAttributes: { extensionAttribute16: 'x' } }],
  [
    'an extension attribute of 1,025 letters',
    { onPremisesExtensionAttributes: { extensionAttribute1: 'x'.repeat(1025) } },
  ],
  ['251 other addresses', { otherMails: Array.from({ length: 251 }, (_, i) => `a${i}@example.com`) }],
  ['a name without a domain', { userPrincipalName: 'ana' }],
  ['a name with a blank', { userPrincipalName: 'a na@contoso.com' }],
  ['a name with an accent', { userPrincipalName: 'aná@contoso.com' }],
  ['a full stop before the @', { userPrincipalName: 'ana.@contoso.com' }],
  ['65 letters before the @', { userPrincipalName: `${'a'.repeat(65)}@contoso.com` }],
  ['a name with two @', { userPrincipalName: 'ana@x@contoso.com' }],
])('§2.5 a user with %s is refused, and none is made', async (_, more) => {
  const client = await startClient();
  const refused = await client.post('/users', newUser('ana', more));
  expect(errorOf(refused)).toMatchObject({ status: 400, code: 'Request_BadRequest' });
  expect(await client.all('/users')).toEqual([]);
});

test('§2.6 a domain that is not verified is refused', async () => {
  const client = await startClient({ domains: ['fabrikam.com'] });
  const refused = errorOf(await client.post('/users', newUser('ana')));
  expect(refused).toMatchObject({ status: 400, code: 'Request_BadRequest' });
  expect(refused.message).toContain('domain portion of the userPrincipalName property is invalid');
  expect((await client.post('/users', newUser('bo', { userPrincipalName: 'bo@FABRIKAM.com' }))).status).toBe(201);
});

test.each([
  ['seven characters', 'Abc-123'],
  ['two kinds of characters', 'abcdefgh12345'],
  ['another script', 'Пароль-2026-abc'],
  ['257 characters', `Aa1${'x'.repeat(254)}`],
  ['nothing', ''],
])('§2.5 a password of %s does not comply', async (_, password) => {
  const client = await startClient();
  const refused = errorOf(await client.post('/users', newUser('ana', { passwordProfile: { password } })));
  expect(refused).toMatchObject({ status: 400, code: 'Request_BadRequest' });
  expect(refused.message).toContain('does not comply with password complexity requirements');
});

test('§2.5 a password is kept nowhere: not in the data file, not in the recording', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-tenant-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const [data, record] = [join(folder, 'tenant.db'), join(folder, 'traffic.ndjson')];
  const tenant = await startTenant({ data, record });
  const client = await clientOf(tenant);
  const secret = 'Marked-Secret-4711';
  const body = newUser('ana', { passwordProfile: { password: secret } });
  const item = { id: '1', method: 'POST', url: '/users', headers: { 'Content-Type': 'application/json' }, body };
  expect((await client.post('/$batch', { requests: [item] })).body['responses']![0]!['status']).toBe(201);
  const privileged = await granted(client, 'User-PasswordProfile.ReadWrite.All');
  const change = { passwordProfile: { password: secret, forceChangePasswordNextSignIn: true } };
  expect((await privileged.patch('/users/ana@contoso.com', change)).status).toBe(204);
  await fetch(`${tenant.graph}/users`, {
    method: 'POST',
    headers: { authorization: `Bearer ${client.token}` },
    body: `{"password":"${secret}" and no JSON`,
  });
  await tenant.close();
  for (const file of [data, record]) {
    const text = readFileSync(file, 'latin1');
    expect(text.length).toBeGreaterThan(100);
    for (const hidden of [secret, client.token, tenant.clientSecret]) expect(text.includes(hidden)).toBe(false);
  }
});

test('§2.6 a name that is taken is refused, in any case, on creation and on change', async () => {
  const client = await startClient();
  await client.seed(person('ana'), person('bo'));
  const message = 'Another object with the same value for property userPrincipalName already exists.';
  for (const refused of [
    await client.post('/users', newUser('x', { userPrincipalName: 'ANA@contoso.com' })),
    await client.patch('/users/bo@contoso.com', { userPrincipalName: 'Ana@Contoso.com' }),
  ]) {
    expect(errorOf(refused)).toEqual({ status: 400, code: 'Request_BadRequest', message });
    expect(refused.body['error']!['details']).toEqual([
      { code: 'ObjectConflict', message, target: 'userPrincipalName' },
    ]);
  }
  expect((await client.patch('/users/ana@contoso.com', { userPrincipalName: 'ANA@contoso.com' })).status).toBe(204);
});

test('§2.1 a change sets and clears what it names, and is found at once by its new values', async () => {
  const client = await startClient();
  await client.seed(
    person('ana', {
      department: 'Sales',
      city: 'Lima',
      onPremisesExtensionAttributes: { extensionAttribute1: 'a', extensionAttribute2: 'b' },
    }),
  );
  const change = {
    department: 'IT',
    city: null,
    otherMails: ['new@example.com'],
    onPremisesExtensionAttributes: { extensionAttribute2: 'c' },
  };
  expect((await client.patch('/users/ana@contoso.com', change)).status).toBe(204);
  const select = '$select=department,city,otherMails,onPremisesExtensionAttributes';
  expect((await client.get(`/users/ana@contoso.com?${select}`)).body).toMatchObject({
    department: 'IT',
    city: null,
    otherMails: ['new@example.com'],
    onPremisesExtensionAttributes: { extensionAttribute1: 'a', extensionAttribute2: 'c' },
  });
  const found = async (filter: string) => (await client.all(`/users?$filter=${encodeURIComponent(filter)}`)).length;
  expect(await found("department eq 'it'")).toBe(1);
  expect(await found("department eq 'sales'")).toBe(0);
  expect(await found("otherMails/any(m:m eq 'NEW@example.com')")).toBe(1);
  expect(errorOf(await client.patch('/users/ana@contoso.com', { displayName: null }))).toMatchObject({ status: 400 });
  expect(errorOf(await client.patch('/users/nobody@contoso.com', { city: 'x' }))).toMatchObject({ status: 404 });
});

test('§2.5 a user whom an on-premises directory masters is changed there', async () => {
  const client = await startClient();
  await client.seed(person('ana', { onPremisesSyncEnabled: true }));
  expect(errorOf(await client.patch('/users/ana@contoso.com', { department: 'IT' }))).toMatchObject({ status: 400 });
  expect((await client.patch('/users/ana@contoso.com', { usageLocation: 'PE' })).status).toBe(204);
});

test('§2.7 a deletion is soft, frees the name, takes the assignments along, and is forgotten after 30 days', async () => {
  const client = await startClient();
  const id = String((await client.post('/users', newUser('ana'))).body['id']);
  const { principalId } = await register(client);
  const assignment = { principalId: id, resourceId: principalId, appRoleId: ROLE_A };
  expect((await client.post(`/servicePrincipals/${principalId}/appRoleAssignedTo`, assignment)).status).toBe(201);

  expect((await client.delete(`/users/${id}`)).status).toBe(204);
  expect((await client.get(`/users/${id}`)).status).toBe(404);
  expect(await client.all(`/servicePrincipals/${principalId}/appRoleAssignedTo`)).toEqual([]);
  const deleted = '/directory/deletedItems/microsoft.graph.user?$select=id,userPrincipalName,deletedDateTime';
  expect(await client.all(deleted)).toEqual([
    {
      id,
      userPrincipalName: `${id.replaceAll('-', '')}ana@contoso.com`,
      deletedDateTime: expect.stringMatching(/Z$/),
    },
  ]);
  expect((await client.post('/users', newUser('ana'))).status).toBe(201);

  await client.control('POST', 'clock', { advance: 'P31D' });
  const later = await clientOf(client.tenant);
  expect(await later.all(deleted)).toEqual([]);
});
