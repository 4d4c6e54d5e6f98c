// The audit log, the organization and its licences: FACTS 11.
import { expect, test } from 'vitest';
import { type Client, clientOf, errorOf, newUser, person, ROLE_A, register, startClient } from './support.ts';

interface Event {
  readonly activityDisplayName: string;
  readonly activityDateTime: string;
  readonly category: string;
  readonly result: string;
  readonly resultReason: string;
  readonly targetResources: readonly { readonly id: string }[];
}

const events = async (client: Client, filter = ''): Promise<readonly Event[]> =>
  (await client.all(
    `/auditLogs/directoryAudits${filter && `?$filter=${encodeURIComponent(filter)}`}`,
  )) as unknown as readonly Event[];

test('§11.2 each write leaves an event under its exact name, newest first', async () => {
  const client = await startClient();
  const { applicationId, principalId } = await register(client);
  const id = String((await client.post('/users', newUser('ana'))).body['id']);
  await client.patch(`/users/${id}`, { city: 'Lima' });
  await client.patch(`/users/${id}`, { accountEnabled: true });
  await client.patch(`/users/${id}`, { accountEnabled: false });
  const list = `/servicePrincipals/${principalId}/appRoleAssignedTo`;
  const { body } = await client.post(list, { principalId: id, resourceId: principalId, appRoleId: ROLE_A });
  await client.delete(`${list}/${body['id']}`);
  await client.patch(`/servicePrincipals/${principalId}`, { appRoleAssignmentRequired: true });
  await client.patch(`/applications/${applicationId}`, { notes: 'x' });
  await client.delete(`/users/${id}`);
  await client.delete(`/servicePrincipals/${principalId}`);
  await client.delete(`/applications/${applicationId}`);

  const all = await events(client);
  expect(all.map(({ activityDisplayName }) => activityDisplayName).reverse()).toEqual([
    'Add application',
    'Add service principal',
    'Add user',
    'Update user',
    'Enable account',
    'Disable account',
    'Add app role assignment grant to user',
    'Remove app role assignment from user',
    'Update service principal',
    'Update application',
    'Delete user',
    'Remove service principal',
    'Delete application',
  ]);
  for (const event of all) {
    expect(event).toMatchObject({
      loggedByService: 'Core Directory',
      result: 'success',
      initiatedBy: { app: { appId: client.tenant.clientId }, user: null },
    });
    expect(event.category).toBe(
      /user|account/.test(event.activityDisplayName) ? 'UserManagement' : 'ApplicationManagement',
    );
  }
});

test('§11.2 a refused assignment leaves a failure with its reason, about the user and the application', async () => {
  const client = await startClient();
  await client.seed(person('ana', { id: 'aaaaaaaa-0000-4000-8000-000000000001' }));
  const { principalId } = await register(client);
  const body = { principalId: 'aaaaaaaa-0000-4000-8000-000000000001', resourceId: principalId, appRoleId: ROLE_A };
  await client.post(`/servicePrincipals/${principalId}/appRoleAssignedTo`, body);
  await client.post(`/servicePrincipals/${principalId}/appRoleAssignedTo`, body);
  for (const target of [body.principalId, principalId]) {
    const about = await events(client, `targetResources/any(t:t/id eq '${target}')`);
    expect(about.find(({ result }) => result === 'failure')).toMatchObject({
      activityDisplayName: 'Add app role assignment grant to user',
      resultReason: 'Permission being assigned already exists on the object',
    });
  }
});

test('§11.1 one event is got by its id, whole or in part', async () => {
  const client = await startClient();
  await client.post('/users', newUser('ana'));
  const [event] = (await client.all('/auditLogs/directoryAudits')) as unknown as { id: string }[];
  const { body } = await client.get(`/auditLogs/directoryAudits/${event!.id}`);
  expect(body).toEqual({ ...event, '@odata.context': expect.stringContaining('directoryAudits/$entity') });
  const part = await client.get(`/auditLogs/directoryAudits/${event!.id}?$select=activityDisplayName`);
  expect(part.body).toMatchObject({ activityDisplayName: 'Add user' });
  expect(part.body['id']).toBeUndefined();
  expect((await client.get('/auditLogs/directoryAudits/Directory_none')).status).toBe(404);
});

test('§11.1 events are found by what the documentation lists, and by nothing else', async () => {
  const client = await startClient();
  await client.post('/users', newUser('ana'));
  await client.control('POST', 'clock', { advance: 'PT10M' });
  await client.post('/users', newUser('bo'));
  await client.patch('/users/bo@contoso.com', { city: 'Lima' });
  const [latest] = await events(client);
  const find = async (filter: string) => (await events(client, filter)).length;
  expect(await find("activityDisplayName eq 'Add user'")).toBe(2);
  expect(await find("startsWith(activityDisplayName,'Update')")).toBe(1);
  expect(await find(`activityDateTime ge ${latest!.activityDateTime}`)).toBe(1);
  expect(await find(`activityDateTime le ${latest!.activityDateTime}`)).toBe(3);
  expect(await find("category eq 'UserManagement' and loggedByService eq 'Core Directory'")).toBe(3);
  expect(await find(`initiatedBy/app/appId eq '${client.tenant.clientId}'`)).toBe(3);
  expect(await find("targetResources/any(t:startsWith(t/displayName,'b'))")).toBe(2);
  for (const filter of ["result eq 'failure'", "resultReason eq 'x'", "nonsense eq 'x'", "category gt 'a'"])
    expect((await client.get(`/auditLogs/directoryAudits?$filter=${encodeURIComponent(filter)}`)).status).toBe(400);
});

test('§11.1 each filterable property takes its operators, and no others', async () => {
  const client = await startClient();
  const { principalId } = await register(client);
  const id = String((await client.post('/users', newUser('ana'))).body['id']);
  const list = `/servicePrincipals/${principalId}/appRoleAssignedTo`;
  await client.control('POST', 'clock', { advance: 'PT10M' });
  await client.post(list, { principalId: id, resourceId: principalId, appRoleId: ROLE_A });
  const [latest] = (await client.all('/auditLogs/directoryAudits')) as unknown as readonly Record<string, string>[];
  const { correlationId, activityDateTime } = latest!;
  const { clientId } = client.tenant;
  const count = async (filter: string) => {
    const answer = await client.get(`/auditLogs/directoryAudits?$filter=${encodeURIComponent(filter)}`);
    return answer.status === 200 ? (answer.body['value'] as unknown as object[]).length : answer.status;
  };
  const cases: readonly (readonly [string, number])[] = [
    [`activityDateTime eq ${activityDateTime}`, 1],
    [`activityDateTime ge ${activityDateTime}`, 1],
    [`activityDateTime le ${activityDateTime}`, 4],
    [`activityDateTime gt ${activityDateTime}`, 400],
    [`activityDateTime lt ${activityDateTime}`, 400],
    [`activityDateTime ge '${activityDateTime}'`, 400],
    ["activityDisplayName eq 'Add user'", 1],
    ["startsWith(activityDisplayName,'Add ')", 4],
    ["endsWith(activityDisplayName,'user')", 400],
    ["contains(activityDisplayName,'user')", 400],
    ["activityDisplayName ne 'Add user'", 400],
    ["not(activityDisplayName eq 'Add user')", 400],
    ["activityDisplayName in ('Add user','Add application')", 400],
    ['activityDisplayName eq null', 400],
    ["category eq 'UserManagement'", 2],
    ["startsWith(category,'User')", 400],
    ["loggedByService eq 'Core Directory'", 4],
    [`correlationId eq '${correlationId}'`, 1],
    [`initiatedBy/app/appId eq '${clientId}'`, 4],
    ["initiatedBy/app/displayName eq 'Rollcall'", 4],
    ["startsWith(initiatedBy/app/displayName,'Roll')", 400],
    ["initiatedBy/user/id eq 'x'", 0],
    ["initiatedBy/user/displayName eq 'x'", 0],
    ["startsWith(initiatedBy/user/displayName,'x')", 400],
    ["initiatedBy/user/userPrincipalName eq 'x'", 0],
    ["startsWith(initiatedBy/user/userPrincipalName,'x')", 0],
    ["initiatedBy/user/ipAddress eq 'x'", 400],
    [`targetResources/any(t:t/id eq '${id}')`, 2],
    [`targetResources/any(t:startsWith(t/id,'${id.slice(0, 4)}'))`, 400],
    ["targetResources/any(t:t/displayName eq 'ana')", 2],
    ["targetResources/any(t:startsWith(t/displayName,'an'))", 2],
    ["targetResources/any(t:t/type eq 'User')", 400],
    [`activityDateTime ge ${activityDateTime} and targetResources/any(t:t/id eq '${id}')`, 1],
  ];
  for (const [filter, found] of cases) expect([filter, await count(filter)]).toEqual([filter, found]);
});

test('§11.1 text is compared letter by letter', async () => {
  const client = await startClient();
  await client.post('/users', newUser('Ana'));
  const find = async (filter: string) => (await events(client, filter)).length;
  expect(await find("activityDisplayName eq 'Add user'")).toBe(1);
  expect(await find("activityDisplayName eq 'add user'")).toBe(0);
  expect(await find("targetResources/any(t:t/displayName eq 'Ana')")).toBe(1);
  expect(await find("targetResources/any(t:startsWith(t/displayName,'an'))")).toBe(0);
});

test('§11.1 events show late, and are kept for 30 days', async () => {
  const client = await startClient({ auditDelayMs: 120_000 });
  await client.post('/users', newUser('ana'));
  expect(await events(client)).toHaveLength(0);
  await client.control('POST', 'clock', { advance: 'PT3M' });
  expect(await events(client)).toHaveLength(1);
  for (const [advance, count] of [
    ['P29D', 1],
    ['P1D', 0],
  ] as const) {
    await client.control('POST', 'clock', { advance });
    expect(await events(await clientOf(client.tenant))).toHaveLength(count);
  }
});

test('§11.1 a page holds up to 1,000 events', async () => {
  const client = await startClient();
  expect((await client.get('/auditLogs/directoryAudits?$top=1000')).status).toBe(200);
  expect(errorOf(await client.get('/auditLogs/directoryAudits?$top=1001'))).toMatchObject({ status: 400 });
});

test('§11.1 events come in pages, and oldest first if asked', async () => {
  const client = await startClient();
  for (let i = 0; i < 5; i += 1) await client.post('/users', newUser(`u${i}`));
  const newest = await client.all('/auditLogs/directoryAudits?$top=2');
  const oldest = await client.all('/auditLogs/directoryAudits?$top=2&$orderby=activityDateTime');
  expect(newest).toHaveLength(5);
  expect(oldest.map(({ id }) => id)).toEqual(newest.map(({ id }) => id).reverse());
  expect((await client.get('/auditLogs/directoryAudits?$orderby=category')).status).toBe(400);
});

test('§11.3 the organization names its domains, the licences their plans', async () => {
  const client = await startClient();
  const [organization] = await client.all('/organization');
  expect(organization).toMatchObject({ id: client.tenant.tenantId });
  const domains = organization!['verifiedDomains'] as unknown as { name: string; isDefault: boolean }[];
  expect(domains.map(({ name }) => name)).toEqual([
    'contoso.com',
    'example.com',
    'fabrikam.com',
    'contoso.onmicrosoft.com',
  ]);
  expect(domains.filter(({ isDefault }) => isDefault)).toHaveLength(1);
  const [sku] = await client.all('/subscribedSkus');
  const plans = sku!['servicePlans'] as unknown as { servicePlanName: string; provisioningStatus: string }[];
  expect(plans.map(({ servicePlanName }) => servicePlanName)).toEqual(
    expect.arrayContaining(['AAD_PREMIUM_P2', 'Entra_Identity_Governance']),
  );
  expect(sku).toMatchObject({ capabilityStatus: 'Enabled' });
});

test('§11.3 there are seats for everybody in the directory, unless it is said how many', async () => {
  const seats = async (client: Awaited<ReturnType<typeof startClient>>) =>
    (await client.all('/subscribedSkus')).map(({ prepaidUnits }) => prepaidUnits!['enabled']);
  expect(await seats(await startClient({ generate: 1200 }))).toEqual([1200]);
  expect(await seats(await startClient({ seats: 40 }))).toEqual([40]);
  expect(await seats(await startClient({ seats: 0 }))).toEqual([]);
});
