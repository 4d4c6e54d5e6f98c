// Groups, who is in them, and their roles: FACTS 6.1, 7.1 to 7.3, 11.2.
import { expect, test } from 'vitest';
import {
  type Client,
  errorOf,
  idOf,
  newUser,
  ROLE_A,
  ROLE_B,
  register,
  role,
  securityGroup,
  startWithGroups,
} from './support.ts';

const ids = (rows: readonly { readonly id?: unknown }[] | unknown): string[] =>
  (rows as { id: string }[]).map(({ id }) => id).sort();
const eventual = { ConsistencyLevel: 'eventual' };

test('§6.1 a group is made, found, changed and deleted, and a security group is gone for good', async () => {
  const client = await startWithGroups();
  const made = await client.post('/groups', securityGroup('Finance', { uniqueName: 'finance' }));
  expect(made.status).toBe(201);
  expect(made.body).toMatchObject({
    '@odata.context': `${client.tenant.graph}/$metadata#groups/$entity`,
    displayName: 'Finance',
    groupTypes: [],
    mail: null,
    proxyAddresses: [],
    securityEnabled: true,
    visibility: null,
  });
  expect(String(made.body['securityIdentifier'])).toMatch(/^S-1-12-1(-\d+){4}$/);
  const id = String(made.body['id']);
  expect((await client.get(`/groups/${id}?$select=id,displayName`)).body).toEqual({
    '@odata.context': `${client.tenant.graph}/$metadata#groups(id,displayName)/$entity`,
    id,
    displayName: 'Finance',
  });
  expect((await client.get("/groups(uniqueName='FINANCE')")).body['id']).toBe(id);
  expect(ids(await client.all("/groups?$filter=startsWith(displayName,'fin')"))).toEqual([id]);
  expect(ids(await client.all('/groups?$filter=securityEnabled%20eq%20false'))).toEqual([]);
  expect((await client.patch(`/groups/${id}`, { description: 'Pays', displayName: 'Money' })).status).toBe(204);
  expect((await client.get(`/groups/${id}`)).body).toMatchObject({ description: 'Pays', displayName: 'Money' });
  const changed = await client.patch(
    "/groups(uniqueName='finance')",
    { description: null },
    { Prefer: 'create-if-missing' },
  );
  expect(changed.status).toBe(204);
  const prefer = { Prefer: 'create-if-missing' };
  expect((await client.patch("/groups(uniqueName='other')", securityGroup('Other'), prefer)).status).toBe(201);
  expect(errorOf(await client.patch("/groups(uniqueName='third')", securityGroup('Third')))).toMatchObject({
    status: 404,
  });
  expect((await client.delete(`/groups/${id}`)).status).toBe(204);
  expect(errorOf(await client.get(`/groups/${id}`))).toMatchObject({ status: 404, code: 'Request_ResourceNotFound' });
  expect(await client.all('/directory/deletedItems/microsoft.graph.group')).toEqual([]);
});

test('§2.5 what a group cannot be is refused', async () => {
  const client = await startWithGroups();
  const office = { groupTypes: ['Unified'], mailEnabled: true, securityEnabled: false };
  const mailed = await client.post('/groups', securityGroup('Mailed', office));
  expect(mailed.body).toMatchObject({ mail: 'Mailed@contoso.com', proxyAddresses: ['SMTP:Mailed@contoso.com'] });
  await idOf(client, 'groups', securityGroup('Named', { uniqueName: 'named' }));
  const wrong: readonly object[] = [
    ...['displayName', 'mailEnabled', 'mailNickname', 'securityEnabled'].map((name) =>
      securityGroup('A', { [name]: undefined }),
    ),
    securityGroup('A', { mailEnabled: true }),
    securityGroup('A', { securityEnabled: false }),
    securityGroup('A', { mailNickname: 'a b' }),
    securityGroup('A', { displayName: 'x'.repeat(257) }),
    securityGroup('A', { groupTypes: ['DynamicMembership'], membershipRule: 'user.city -eq "Lima"' }),
    securityGroup('A', { nonsense: 1 }),
    securityGroup('A', { uniqueName: 'NAMED' }),
    securityGroup('A', { ...office, mailNickname: 'mailed' }),
    securityGroup('A', { 'members@odata.bind': Array.from({ length: 21 }, () => client.ref('x')) }),
  ];
  for (const body of wrong) {
    expect(errorOf(await client.post('/groups', body)), JSON.stringify(body)).toMatchObject({
      status: 400,
      code: 'Request_BadRequest',
    });
  }
  expect(await client.all('/groups')).toHaveLength(2);
});

const world = async () => {
  const client = await startWithGroups();
  const [ana, bo] = [await idOf(client, 'users', newUser('ana')), await idOf(client, 'users', newUser('bo'))];
  const { principalId, applicationId } = await register(client);
  const [outer, inner] = [
    await idOf(
      client,
      'groups',
      securityGroup('Outer', { 'owners@odata.bind': [`${client.tenant.graph}/users/${bo}`] }),
    ),
    await idOf(
      client,
      'groups',
      securityGroup('Inner', { 'members@odata.bind': [`${client.tenant.graph}/directoryObjects/${ana}`] }),
    ),
  ];
  return { client, ana, bo, principalId, applicationId, outer, inner };
};

test('§2.1 members and owners are added and taken away by reference, and listed with their types', async () => {
  const { client, ana, bo, principalId, applicationId, outer, inner } = await world();
  const members = `/groups/${outer}/members`;
  for (const other of [client.ref(inner), client.ref(bo, 'users'), client.ref(principalId, 'servicePrincipals')])
    expect((await client.post(`${members}/$ref`, other)).status).toBe(204);
  const listed = await client.get(members);
  expect(listed.body['@odata.context']).toBe(`${client.tenant.graph}/$metadata#directoryObjects`);
  expect(
    (listed.body['value'] as unknown as object[]).map((one) => (one as Record<string, unknown>)['@odata.type']),
  ).toEqual(['#microsoft.graph.group', '#microsoft.graph.user', '#microsoft.graph.servicePrincipal']);
  expect(listed.body['value']![1]).not.toHaveProperty('accountEnabled');
  expect((await client.get(`${members}?$select=userPrincipalName`)).body['value']).toEqual([
    { '@odata.type': '#microsoft.graph.group' },
    { '@odata.type': '#microsoft.graph.user', userPrincipalName: 'bo@contoso.com' },
    { '@odata.type': '#microsoft.graph.servicePrincipal' },
  ]);
  expect(ids(await client.all(`${members}?$top=1&$select=id`))).toEqual(
    ids([{ id: inner }, { id: bo }, { id: principalId }]),
  );
  expect(ids((await client.get(`/groups/${outer}/owners`)).body['value'])).toEqual([bo]);
  expect(ids(await client.all(`/users/${bo}/ownedObjects`))).toEqual([outer]);
  expect((await client.advanced(`${members}/$count`)).text).toBe('3');
  expect(errorOf(await client.get(`${members}/$count`))).toMatchObject({ status: 400 });
  expect(ids((await client.advanced(`${members}/microsoft.graph.user`)).body['value'])).toEqual([bo]);
  const filtered = await client.advanced(`${members}?$count=true&$filter=startsWith(displayName,'b')`);
  expect([filtered.body['@odata.count'], ids(filtered.body['value'])]).toEqual([1, [bo]]);
  expect(ids((await client.advanced(`${members}?$search="displayName:bo"`)).body['value'])).toEqual([bo]);
  expect((await client.get(`${members}?$search="displayName:bo"`)).status).toBe(400);
  expect(ids((await client.advanced('/groups?$search="displayName:inn"')).body['value'])).toEqual([inner]);
  expect((await client.advanced('/groups/$count')).text).toBe('2');
  expect((await client.advanced("/applications/$count?$filter=displayName%20eq%20'CORPDB1'")).text).toBe('1');
  expect((await client.get('/servicePrincipals/$count')).status).toBe(400);
  expect(errorOf(await client.get(`${members}?$filter=displayName%20eq%20'bo'`))).toMatchObject({
    code: 'Request_UnsupportedQuery',
  });
  expect(errorOf(await client.get(`${members}?$select=nonsense`))).toMatchObject({ status: 400 });

  expect(errorOf(await client.post(`${members}/$ref`, client.ref(bo)))).toEqual({
    status: 400,
    code: 'Request_BadRequest',
    message: "One or more added object references already exist for the following modified properties: 'members'.",
  });
  const nobody = '99999999-9999-4999-8999-999999999999';
  for (const [body, status] of [
    [client.ref(nobody), 404],
    [client.ref(ana, 'groups'), 404],
    [client.ref(applicationId), 400],
    [client.ref(outer), 400],
    [{ '@odata.id': 'ana' }, 400],
    [{}, 400],
  ] as const)
    expect(errorOf(await client.post(`${members}/$ref`, body)), JSON.stringify(body)).toMatchObject({ status });
  expect(errorOf(await client.post(`/groups/${outer}/owners/$ref`, client.ref(inner)))).toMatchObject({ status: 400 });

  expect((await client.delete(`${members}/${bo}/$ref`)).status).toBe(204);
  expect(errorOf(await client.delete(`${members}/${bo}/$ref`))).toMatchObject({ status: 404 });
  expect(
    (
      await client.patch(`/groups/${outer}`, {
        'members@odata.bind': [`${client.tenant.graph}/directoryObjects/${ana}`],
      })
    ).status,
  ).toBe(204);
  expect(ids(await client.all(members))).toEqual(ids([{ id: inner }, { id: principalId }, { id: ana }]));
});

test('§2.9 membership through other groups shows in the transitive relations alone, and round trips end', async () => {
  const { client, ana, outer, inner } = await world();
  await client.post(`/groups/${outer}/members/$ref`, client.ref(inner));
  await client.post(`/groups/${inner}/members/$ref`, client.ref(outer));
  expect(ids(await client.all(`/groups/${outer}/members`))).toEqual([inner]);
  expect(ids(await client.all(`/groups/${outer}/transitiveMembers`))).toEqual(ids([{ id: inner }, { id: ana }]));
  expect(ids(await client.all(`/groups/${outer}/transitiveMembers?$top=1`))).toEqual(ids([{ id: inner }, { id: ana }]));
  expect(ids(await client.all(`/users/${ana}/memberOf`))).toEqual([inner]);
  expect(ids(await client.all('/users/ana@contoso.com/transitiveMemberOf'))).toEqual(
    ids([{ id: inner }, { id: outer }]),
  );
  const groups = await client.post(`/users/${ana}/getMemberGroups`, { securityEnabledOnly: true });
  expect((groups.body['value'] as unknown as string[]).toSorted()).toEqual(ids([{ id: inner }, { id: outer }]));
  const checked = await client.post(`/directoryObjects/${ana}/checkMemberGroups`, { groupIds: [outer, ana] });
  expect(checked.body['value']).toEqual([outer]);
  expect(
    (await client.all(`/groups/${outer}/transitiveMembers/microsoft.graph.user?$count=true`, eventual)).length,
  ).toBe(1);
});

const heldBy = async (client: Client, path: string): Promise<unknown[]> =>
  (await client.all(`${path}/appRoleAssignments`)).map(({ appRoleId }) => appRoleId);

test('§7.1 §7.3 a group is assigned a role from either side; its members, nested ones least of all, are not', async () => {
  const { client, ana, principalId, applicationId, outer, inner } = await world();
  await client.post(`/groups/${outer}/members/$ref`, client.ref(inner));
  const list = `/servicePrincipals/${principalId}/appRoleAssignedTo`;
  const body = { principalId: outer, resourceId: principalId, appRoleId: ROLE_A };
  const made = await client.post(list, body);
  expect(made.body).toMatchObject({ principalType: 'Group', principalDisplayName: 'Outer', principalId: outer });
  const other = await client.post(`/groups/${outer}/appRoleAssignments`, { ...body, appRoleId: ROLE_B });
  expect(other.body['@odata.context']).toBe(
    `${client.tenant.graph}/$metadata#groups('${outer}')/appRoleAssignments/$entity`,
  );
  expect(errorOf(await client.post(`/groups/${outer}/appRoleAssignments`, body))).toMatchObject({
    message: 'Permission being assigned already exists on the object',
  });
  expect(await heldBy(client, `/groups/${outer}`)).toEqual([ROLE_A, ROLE_B]);
  expect(await heldBy(client, `/groups/${inner}`)).toEqual([]);
  expect(await heldBy(client, `/users/${ana}`)).toEqual([]);
  expect((await client.all(list)).map(({ principalType }) => principalType)).toEqual(['Group', 'Group']);
  const only = role('33333333-3333-4333-8333-333333333333', 'Daemon', { allowedMemberTypes: ['Application'] });
  await client.patch(`/applications/${applicationId}`, {
    appRoles: [role(ROLE_A, 'Reader'), role(ROLE_B, 'Writer'), only],
  });
  expect((await client.post(list, { ...body, appRoleId: '33333333-3333-4333-8333-333333333333' })).status).toBe(400);
  expect((await client.delete(`${list}/${made.body['id']}`)).status).toBe(204);
  expect((await client.delete(`/groups/${outer}`)).status).toBe(204);
  expect(await client.all(list)).toEqual([]);
});

test('§11.2 what is done to groups is told under its own names', async () => {
  const { client, ana, principalId, outer } = await world();
  await client.post(`/groups/${outer}/members/$ref`, client.ref(ana));
  await client.delete(`/groups/${outer}/members/${ana}/$ref`);
  const assignments = `/groups/${outer}/appRoleAssignments`;
  const { body } = await client.post(assignments, { principalId: outer, resourceId: principalId, appRoleId: ROLE_A });
  await client.delete(`${assignments}/${body['id']}`);
  await client.delete(`/groups/${outer}`);
  const about = await client.all(`/auditLogs/directoryAudits?$filter=targetResources/any(t:t/id%20eq%20'${outer}')`);
  expect(about.map(({ activityDisplayName, category }) => [activityDisplayName, category]).reverse()).toEqual(
    [
      'Add group',
      'Add owner to group',
      'Add member to group',
      'Remove member from group',
      'Add app role assignment to group',
      'Remove app role assignment from group',
      'Delete group',
    ].map((activity) => [activity, 'GroupManagement']),
  );
});
