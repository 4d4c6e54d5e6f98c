// App role assignments: FACTS 6.4 and 7.
import { expect, test } from 'vitest';
import { errorOf, person, ROLE_A, ROLE_B, register, role, startClient } from './support.ts';

const DEFAULT_ROLE = '00000000-0000-0000-0000-000000000000';
const NOBODY = '99999999-9999-4999-8999-999999999999';
const ANA = 'aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee';

const world = async () => {
  const client = await startClient();
  await client.seed(person('ana', { id: ANA, displayName: 'Ana Ruiz' }));
  const { applicationId, principalId } = await register(client);
  const list = `/servicePrincipals/${principalId}/appRoleAssignedTo`;
  const body = { principalId: ANA, resourceId: principalId, appRoleId: ROLE_A };
  return { client, applicationId, principalId, list, body };
};

test('§7.1 an assignment tells who, what and which role, under an id of 43 characters', async () => {
  const { client, principalId, list, body } = await world();
  const created = await client.post(list, body);
  expect(created.status).toBe(201);
  expect(created.body).toMatchObject({
    '@odata.context': `${client.tenant.graph}/$metadata#servicePrincipals('${principalId}')/appRoleAssignedTo/$entity`,
    appRoleId: ROLE_A,
    deletedDateTime: null,
    principalDisplayName: 'Ana Ruiz',
    principalId: ANA,
    principalType: 'User',
    resourceDisplayName: 'CORPDB1',
    resourceId: principalId,
  });
  const id = String(created.body['id']);
  expect(id).toMatch(/^[A-Za-z0-9_-]{43}$/);
  // The principal's GUID as .NET writes its bytes.
  expect(Buffer.from(id, 'base64url').subarray(0, 16).toString('hex')).toBe('aaaaaaaabbbbcc4c8dddeeeeeeeeeeee');
  const { '@odata.context': _, ...row } = created.body as unknown as Record<string, unknown>;
  expect(await client.all(list)).toEqual([row]);
  expect(await client.all(`/users/${ANA}/appRoleAssignments`)).toEqual([row]);
  expect((await client.get(`${list}/${id}`)).body).toMatchObject(row);
});

test('§7.4 a user can hold several roles, each once', async () => {
  const { client, list, body } = await world();
  expect((await client.post(list, body)).status).toBe(201);
  expect((await client.post(list, { ...body, appRoleId: ROLE_B })).status).toBe(201);
  expect(errorOf(await client.post(list, { ...body, appRoleId: ROLE_B.toUpperCase() }))).toEqual({
    status: 400,
    code: 'Request_BadRequest',
    message: 'Permission being assigned already exists on the object',
  });
  expect(await client.all(list)).toHaveLength(2);
});

test('§7.1 it can be made from the principal’s side, too', async () => {
  const { client, list, body } = await world();
  expect((await client.post(`/users/${ANA}/appRoleAssignments`, body)).status).toBe(201);
  expect(await client.all(list)).toHaveLength(1);
});

test('§7.4 what does not fit together is refused as Graph refuses it', async () => {
  const { client, applicationId, principalId, list, body } = await world();
  const refused = async (path: string, more: object) => errorOf(await client.post(path, { ...body, ...more }));
  expect(await refused(list, { resourceId: NOBODY })).toEqual({
    status: 400,
    code: 'Request_BadRequest',
    message: 'Not a valid reference update.',
  });
  expect(await refused(list, { resourceId: applicationId })).toMatchObject({
    message: 'Not a valid reference update.',
  });
  expect(await refused(`/applications/${applicationId}/appRoleAssignedTo`, {})).toMatchObject({
    status: 400,
    message: 'This request is currently not supported in the target entity group',
  });
  expect(await refused(list, { principalId: NOBODY })).toMatchObject({ status: 404, code: 'Request_ResourceNotFound' });
  expect(await refused(list, { appRoleId: NOBODY })).toMatchObject({ status: 400, code: 'Request_BadRequest' });
  expect(await refused(list, { appRoleId: undefined })).toMatchObject({ status: 400 });
  expect(await refused(list, { appRoleId: 'Reader' })).toMatchObject({ status: 400 });
  expect(await refused(list, { principalType: 'User' })).toMatchObject({ status: 400 });
  expect((await client.patch(`${list}/x`, body)).status).toBe(405);
  expect(await client.all(`/servicePrincipals/${principalId}/appRoleAssignedTo`)).toEqual([]);
});

test('§6.4 the default role is assigned only where the application has no roles', async () => {
  const { client, list, body } = await world();
  expect(errorOf(await client.post(list, { ...body, appRoleId: DEFAULT_ROLE }))).toMatchObject({ status: 400 });
  const { body: application } = await client.post('/applications', { displayName: 'Plain' });
  const { body: plain } = await client.post('/servicePrincipals', { appId: application['appId'] });
  const answer = await client.post(`/servicePrincipals/${plain['id']}/appRoleAssignedTo`, {
    principalId: ANA,
    resourceId: plain['id'],
    appRoleId: DEFAULT_ROLE,
  });
  expect(answer.status).toBe(201);
});

test('§7.3 a role is assigned to its own kind of principal, while it is enabled', async () => {
  const { client, applicationId, principalId, list, body } = await world();
  const roles = [
    role(ROLE_A, 'Reader', { isEnabled: false }),
    role(ROLE_B, 'Writer', { allowedMemberTypes: ['Application'] }),
  ];
  await client.patch(`/applications/${applicationId}`, { appRoles: roles });
  expect((await client.post(list, body)).status).toBe(400);
  expect((await client.post(list, { ...body, appRoleId: ROLE_B })).status).toBe(400);
  const own = await client.post(list, { ...body, principalId, appRoleId: ROLE_B });
  expect(own.body).toMatchObject({ principalType: 'ServicePrincipal', principalDisplayName: 'CORPDB1' });
});

test('§7.4 an assignment is taken back by its id, once, and from its own side', async () => {
  const { client, list, body } = await world();
  const other = await register(client, 'OTHER');
  const id = String((await client.post(list, body)).body['id']);
  expect(errorOf(await client.delete(`${list}/${ROLE_A}`))).toMatchObject({
    status: 400,
    message: 'Invalid resource identifier for EntitlementGrant.',
  });
  const gone = { status: 400, message: 'EntitlementGrant being updated or deleted is not found.' };
  const wrongSide = `/servicePrincipals/${other.principalId}/appRoleAssignedTo/${id}`;
  expect(errorOf(await client.delete(wrongSide))).toMatchObject(gone);
  expect((await client.delete(`${list}/${id}`)).status).toBe(204);
  expect(errorOf(await client.delete(`${list}/${id}`))).toMatchObject(gone);
  expect((await client.post(list, body)).status).toBe(201);
});

test('§7.2 a list of many comes in pages of 100, or as many as asked for, and can be filtered', async () => {
  const { client, principalId, list } = await world();
  const users = Array.from({ length: 250 }, (_, i) => person(`user${i}`));
  await client.seed(...users);
  const ids = (await client.all("/users?$select=id&$top=999&$filter=startsWith(displayName,'user')")).map(
    ({ id }) => id,
  );
  for (let at = 0; at < ids.length; at += 20) {
    await client.post('/$batch', {
      requests: ids.slice(at, at + 20).map((id, i) => ({
        id: String(i),
        method: 'POST',
        url: list,
        headers: { 'Content-Type': 'application/json' },
        body: { principalId: id, resourceId: principalId, appRoleId: ROLE_A },
      })),
    });
  }
  const sizes: number[] = [];
  for (let next: string | undefined = list; next !== undefined; ) {
    const { body } = await client.get(next);
    sizes.push((body['value'] as unknown as object[]).length);
    next = body['@odata.nextLink'] as unknown as string | undefined;
  }
  expect(sizes).toEqual([100, 100, 50]);
  expect(new Set((await client.all(`${list}?$top=77`)).map(({ principalId: id }) => id)).size).toBe(250);
  const filter = encodeURIComponent("startsWith(principalDisplayName,'USER24')");
  expect(await client.all(`${list}?$filter=${filter}&$top=4`)).toHaveLength(11);
  const counted = await client.advanced(`${list}?$filter=${filter}&$count=true&$top=4`);
  expect(counted.body['@odata.count']).toBe(11);
  expect((await client.get(`${list}?$filter=${encodeURIComponent(`principalId eq ${ANA}`)}`)).status).toBe(400);
});

test('§7.2 a user’s assignments can be filtered by the resource, an unquoted GUID', async () => {
  const { client, principalId, list, body } = await world();
  await client.post(list, body);
  const path = (filter: string) => `/users/${ANA}/appRoleAssignments?$filter=${encodeURIComponent(filter)}`;
  expect(await client.all(path(`resourceId eq ${principalId}`))).toHaveLength(1);
  expect(await client.all(path(`resourceId eq ${NOBODY}`))).toHaveLength(0);
  expect((await client.get(path(`resourceId eq '${principalId}'`))).status).toBe(400);
});

test('§7.3 a principal holds at most 1,500 assignments, over all roles and applications', async () => {
  const { client } = await world();
  const guid = (n: number) => `11111111-1111-4111-8111-${String(n).padStart(12, '0')}`;
  let last = '';
  for (let app = 0; app < 2; app += 1) {
    const appRoles = Array.from({ length: 800 }, (_, i) => role(guid(i), `R${i}`));
    const { body: application } = await client.post('/applications', { displayName: `Big${app}`, appRoles });
    const { body: principal } = await client.post('/servicePrincipals', { appId: application['appId'] });
    last = String(principal['id']);
    const rows = app === 0 ? 800 : 700;
    for (let at = 0; at < rows; at += 20) {
      const { body } = await client.post('/$batch', {
        requests: Array.from({ length: 20 }, (_, i) => ({
          id: String(i),
          method: 'POST',
          url: `/servicePrincipals/${last}/appRoleAssignedTo`,
          headers: { 'Content-Type': 'application/json' },
          body: { principalId: ANA, resourceId: last, appRoleId: guid(at + i) },
        })),
      });
      expect((body['responses'] as unknown as { status: number }[]).every(({ status }) => status === 201)).toBe(true);
    }
  }
  const over = { principalId: ANA, resourceId: last, appRoleId: guid(750) };
  expect(errorOf(await client.post(`/servicePrincipals/${last}/appRoleAssignedTo`, over))).toMatchObject({
    status: 400,
    code: 'Directory_QuotaExceeded',
  });
});

test('§7.1 a new display name shows in the assignments', async () => {
  const { client, list, body } = await world();
  await client.post(list, body);
  await client.patch(`/users/${ANA}`, { displayName: 'Ana Vega' });
  expect((await client.all(list))[0]).toMatchObject({ principalDisplayName: 'Ana Vega' });
});

test('§6.2 assignments of a role that is removed stay, and can be taken back', async () => {
  const { client, applicationId, list, body } = await world();
  const id = String((await client.post(list, body)).body['id']);
  const path = `/applications/${applicationId}`;
  await client.patch(path, { appRoles: [role(ROLE_A, 'Reader', { isEnabled: false }), role(ROLE_B, 'Writer')] });
  expect((await client.patch(path, { appRoles: [role(ROLE_B, 'Writer')] })).status).toBe(204);
  expect((await client.all(list)).map(({ appRoleId }) => appRoleId)).toEqual([ROLE_A]);
  expect((await client.delete(`/users/${ANA}/appRoleAssignments/${id}`)).status).toBe(204);
  expect(await client.all(list)).toEqual([]);
});
