// What can be asked of service principals and of assignments: FACTS 6.1 and 7.2.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTenant } from '../../../src/tenant/server.ts';
import { type Client, clientOf, errorOf, names, person, ROLE_A, register, startWithGroups } from './support.ts';

let client: Client;
let close: () => Promise<void>;
let corp: Awaited<ReturnType<typeof register>>;
const ANA = 'aaaaaaaa-0000-4000-8000-000000000001';

beforeAll(async () => {
  const tenant = await startTenant();
  close = () => tenant.close();
  client = await clientOf(tenant);
  await client.seed(person('ana', { id: ANA, displayName: 'Ana Ruiz' }));
  corp = await register(client, 'Corp Database');
  await register(client, 'Payroll');
  await client.patch(`/servicePrincipals/${corp.principalId}`, {
    appRoleAssignmentRequired: true,
    notes: 'n1',
    tags: ['WindowsAzureActiveDirectoryIntegratedApp'],
  });
  const assignment = { principalId: ANA, resourceId: corp.principalId, appRoleId: ROLE_A };
  await client.post(`/servicePrincipals/${corp.principalId}/appRoleAssignedTo`, assignment);
});
afterAll(() => close());

const ask = (path: string, filter: string, isAdvanced: boolean) => {
  const url = `${path}?$filter=${encodeURIComponent(filter)}`;
  return isAdvanced ? client.advanced(`${url}&$count=true`) : client.get(url);
};

const refusal = (property: string, resource: string) => ({
  status: 400,
  code: 'Request_UnsupportedQuery',
  message: `Unsupported or invalid query filter clause specified for property '${property}' of resource '${resource}'.`,
});

test.each([
  ['appId', (value: string) => `appId eq '${value}'`, 'D'],
  ['displayName', () => "displayName eq 'corp database'", 'D'],
  ['displayName', () => "startsWith(displayName,'CORP')", 'D'],
  ['accountEnabled', () => "accountEnabled eq true and displayName eq 'Corp Database'", 'D'],
  ['servicePrincipalType', () => "servicePrincipalType eq 'Application' and displayName eq 'Corp Database'", 'D'],
  ['tags', () => "tags/any(t:t eq 'WindowsAzureActiveDirectoryIntegratedApp')", 'D'],
  ['servicePrincipalNames', (value: string) => `servicePrincipalNames/any(n:n eq '${value}')`, 'D'],
  ['appRoleAssignmentRequired', () => 'appRoleAssignmentRequired eq true', 'A'],
  ['notes', () => "notes eq 'N1'", 'A'],
  ['homepage', () => "homepage eq 'x'", '-'],
  ['loginUrl', () => "startsWith(loginUrl,'x')", '-'],
] as const)('§6.1 service principals are filtered by %s', async (property, filterOf, level) => {
  const filter = filterOf(corp.appId);
  for (const isAdvanced of [false, true]) {
    const answer = await ask('/servicePrincipals', filter, isAdvanced);
    if (level === 'D' || (level === 'A' && isAdvanced)) expect(names(answer)).toEqual(['Corp Database']);
    else expect(errorOf(answer)).toEqual(refusal(property, 'ServicePrincipal'));
  }
});

test('§6.1 appOwnerOrganizationId is an unquoted GUID in an advanced query', async () => {
  const filter = `appOwnerOrganizationId eq ${client.tenant.tenantId}`;
  expect(errorOf(await ask('/servicePrincipals', filter, false))).toEqual(
    refusal('appOwnerOrganizationId', 'ServicePrincipal'),
  );
  expect(names(await ask('/servicePrincipals', filter, true))).toEqual(['Corp Database', 'Payroll']);
  const quoted = `appOwnerOrganizationId eq '${client.tenant.tenantId}'`;
  expect(errorOf(await ask('/servicePrincipals', quoted, true))).toMatchObject({ status: 400, code: 'BadRequest' });
});

test.each(['/servicePrincipals', '/applications'])(
  '§6.1 %s are searched and ordered in advanced queries',
  async (path) => {
    const search = `${path}?$search=${encodeURIComponent('"displayName:data"')}`;
    expect(errorOf(await client.get(search))).toMatchObject({ status: 400, code: 'Request_UnsupportedQuery' });
    expect(names(await client.advanced(search))).toEqual(['Corp Database']);
    expect((await client.advanced(`${path}?$search=${encodeURIComponent('"notes:n"')}`)).status).toBe(400);
    expect((await client.get(`${path}?$orderby=displayName`)).status).toBe(400);
    const sorted = await client.advanced(`${path}?$orderby=displayName%20desc&$count=true`);
    expect(
      (sorted.body['value'] as unknown as { displayName: string }[]).map(({ displayName }) => displayName),
    ).toEqual(['Payroll', 'Corp Database']);
  },
);

test('§2.4 a property of groups works only where a query is not advanced', async () => {
  const groups = await startWithGroups();
  const path = '/groups?$filter=hasMembersWithLicenseErrors%20eq%20true';
  expect((await groups.get(path)).body['value']).toEqual([]);
  expect(errorOf(await groups.advanced(`${path}&$count=true`))).toEqual(
    refusal('hasMembersWithLicenseErrors', 'Group'),
  );
});

test('§7.2 assignments to an application are filtered by the principal’s name alone', async () => {
  const path = `/servicePrincipals/${corp.principalId}/appRoleAssignedTo`;
  const count = async (filter: string, isAdvanced = false) =>
    ((await ask(path, filter, isAdvanced)).body['value'] as unknown as object[]).length;
  expect(await count("principalDisplayName eq 'ANA RUIZ'")).toBe(1);
  expect(await count("startsWith(principalDisplayName,'an')")).toBe(1);
  expect(await count("startsWith(principalDisplayName,'an')", true)).toBe(1);
  expect(await count("principalDisplayName eq 'x'")).toBe(0);
  for (const [property, filter] of [
    ['principalId', `principalId eq ${ANA}`],
    ['resourceId', `resourceId eq ${corp.principalId}`],
    ['appRoleId', `appRoleId eq ${ROLE_A}`],
    ['principalDisplayName', "endsWith(principalDisplayName,'z')"],
  ] as const)
    expect(errorOf(await ask(path, filter, false))).toEqual(refusal(property, 'AppRoleAssignment'));
  expect((await client.get(`${path}?$orderby=principalDisplayName`)).status).toBe(400);
});

test('§7.2 a user’s assignments are filtered by the resource, too, an unquoted GUID', async () => {
  const path = `/users/${ANA}/appRoleAssignments`;
  const count = async (filter: string) =>
    ((await ask(path, filter, false)).body['value'] as unknown as object[]).length;
  expect(await count(`resourceId eq ${corp.principalId}`)).toBe(1);
  expect(await count(`resourceId eq ${ANA}`)).toBe(0);
  expect(errorOf(await ask(path, `resourceId eq '${corp.principalId}'`, false))).toEqual({
    status: 400,
    code: 'BadRequest',
    message:
      "Invalid filter clause: A binary operator with incompatible types was detected. Found operand types 'Edm.Guid' and 'Edm.String' for operator kind 'Equal'.",
  });
  expect(errorOf(await ask(path, `principalId eq ${ANA}`, false))).toEqual(refusal('principalId', 'AppRoleAssignment'));
});
