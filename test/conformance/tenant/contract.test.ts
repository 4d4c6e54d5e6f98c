// The tenant's traffic against Graph's published metadata, by the contract checker; and the manual procedure against the
// tenant. Both lie beside the repository, in shared/; where they do not, these tests say so and are skipped.
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { DEFAULT_GRANT } from '../../../src/tenant/permissions.ts';
import { startTenant } from '../../../src/tenant/server.ts';
import {
  BO,
  createReview,
  currentInstance,
  DEFINITIONS,
  later,
  openReview,
  REVIEWER,
  REVIEWS,
  recurring,
  reviewer,
  reviewOf,
  reviewWorld,
  SECOND,
  settings,
} from './review-support.ts';
import {
  type Client,
  clientOf,
  idOf,
  newUser,
  person,
  ROLE_A,
  ROLE_B,
  register,
  role,
  securityGroup,
  signedInAs,
  where,
} from './support.ts';

const shared = (path: string): string => fileURLToPath(new URL(`../../../../shared/${path}`, import.meta.url));
const CHECKER = shared('graph/check-contract.mjs');
const PROCEDURE = shared('baseline/seed-procedure.mjs');
const run = promisify(execFile);

const folder = (): string => {
  const made = mkdtempSync(join(tmpdir(), 'rollcall-tenant-'));
  onTestFinished(() => rmSync(made, { recursive: true, force: true, maxRetries: 5 }));
  return made;
};

const tellWhySkipped = (file: string): boolean => {
  const isMissing = !existsSync(file);
  if (isMissing) console.log(`skipped: ${file} is not there`);
  return isMissing;
};

test.skipIf(tellWhySkipped(CHECKER))('well-formed traffic has no violation of the contract', async () => {
  const record = join(folder(), 'traffic.ndjson');
  const tenant = await startTenant({ record, generate: 150, grant: [...DEFAULT_GRANT, 'Group.ReadWrite.All'] });
  const client = await clientOf(tenant);
  const eventual = { ConsistencyLevel: 'eventual' };
  const body = { 'Content-Type': 'application/json' };

  await client.seed(person('synced', { onPremisesSamAccountName: 's', proxyAddresses: ['SMTP:s@contoso.com'] }));
  await client.all('/users?$top=60');
  await client.all('/users?$top=999&$select=id,userPrincipalName,accountEnabled,proxyAddresses,createdDateTime');
  await client.all('/users?$orderby=displayName%20desc&$select=id,displayName&$top=100');
  await client.all(where("department eq 'Sales' or startsWith(surname,'M')", '&$top=30'));
  await client.all(where("proxyAddresses/any(p:p eq 'smtp:s@contoso.com')", '&$select=id,proxyAddresses'));
  await client.all(`${where("onPremisesSamAccountName eq 's'")}&$count=true&$select=id`, eventual);
  await client.all(`${where('mail eq null')}&$count=true&$select=id,mail`, eventual);
  await client.get('/users/$count', eventual);
  await client.all(
    `/users?$search=${encodeURIComponent('"displayName:an" OR "mail:b"')}&$count=true&$top=30`,
    eventual,
  );
  await client.all("/users?$filter=identities/any(i:i/issuerAssignedId%20eq%20'a'%20and%20i/issuer%20eq%20'b.com')");
  await client.all('/users?$select=id,signInActivity,identities,assignedLicenses,employeeOrgData&$top=500');
  await client.get(
    '/users/synced@contoso.com?$select=id,aboutMe,birthday,skills,mailboxSettings,customSecurityAttributes',
  );
  await client.all('/users/delta?$select=displayName,manager');
  const { body: latest } = await client.get('/users/delta?$deltatoken=latest&$select=displayName');
  await client.get('/users/synced@contoso.com');
  const id = String(
    (await client.post('/users', newUser('ana', { employeeId: '1', otherMails: ['a@example.com'] }))).body['id'],
  );
  await client.patch(`/users/${id}`, { city: 'Lima', onPremisesExtensionAttributes: { extensionAttribute1: 'x' } });
  await client.get(`/users/${id}?$select=id,city,onPremisesExtensionAttributes,businessPhones`);
  await client.get(String(latest['@odata.deltaLink']), { Prefer: 'return=minimal' });

  await client.patch(
    "/applications(uniqueName='corpdb1')",
    { displayName: 'CORPDB1' },
    { Prefer: 'create-if-missing' },
  );
  await client.patch("/applications(uniqueName='corpdb1')", { tags: ['HideApp'] }, { Prefer: 'create-if-missing' });
  const { applicationId, appId, principalId } = await register(client, 'OTHER');
  await client.patch(`/applications/${applicationId}`, {
    appRoles: [role(ROLE_A, 'Reader'), role(ROLE_B, 'Writer'), role('33333333-3333-4333-8333-333333333333', 'Third')],
    tags: ['WindowsAzureActiveDirectoryIntegratedApp'],
  });
  await client.patch(`/servicePrincipals/${principalId}`, { appRoleAssignmentRequired: true });
  await client.get(`/applications/${applicationId}`);
  await client.get(`/applications(appId='${appId}')?$select=id,appRoles,web,requiredResourceAccess`);
  await client.get(`/servicePrincipals(appId='${appId}')`);
  await client.all('/applications?$top=1');
  await client.all("/servicePrincipals?$filter=tags/any(t:t%20eq%20'WindowsAzureActiveDirectoryIntegratedApp')");
  await client.all('/servicePrincipals?$filter=appRoleAssignmentRequired%20eq%20true&$count=true', eventual);

  const list = `/servicePrincipals/${principalId}/appRoleAssignedTo`;
  const assignment = { principalId: id, resourceId: principalId, appRoleId: ROLE_A };
  const { body: made } = await client.post(list, assignment);
  await client.post(`/users/${id}/appRoleAssignments`, { ...assignment, appRoleId: ROLE_B });
  await client.get(`${list}/${made['id']}`);
  await client.all(`${list}?$top=1`);
  await client.all(`/users/${id}/appRoleAssignments?$filter=resourceId%20eq%20${principalId}`);
  await client.post('/$batch', {
    requests: [
      {
        id: '1',
        method: 'GET',
        url: where("userPrincipalName in ('ana@contoso.com','x')", '&$select=id,accountEnabled'),
      },
      { id: '2', method: 'POST', url: '/users', headers: body, body: newUser('bo') },
      { id: '3', method: 'GET', url: '/users/nobody@contoso.com' },
      { id: '4', method: 'DELETE', url: `${list}/${made['id']}` },
      { id: '5', method: 'GET', url: '/users/$count', headers: eventual },
    ],
  });
  await client.post('/$batch', {
    requests: [
      { id: '1', method: 'GET', url: '/users/nobody@contoso.com' },
      { id: '2', method: 'GET', url: '/users/ana@contoso.com', dependsOn: ['1'] },
    ],
  });
  await objectsAndRelations(client, { user: id, applicationId, appId, principalId });
  await client.delete(`/users/${id}`);
  await client.all('/directory/deletedItems/microsoft.graph.user');
  await client.get(`/directory/deletedItems/${id}`);
  await client.post(`/directory/deletedItems/${id}/restore`, { newUserPrincipalName: 'ana.ruiz@contoso.com' });
  await client.delete(`/users/${id}`);
  await client.delete(`/directory/deletedItems/${id}`);
  await client.all('/auditLogs/directoryAudits?$top=10');
  await client.all(`/auditLogs/directoryAudits?$filter=targetResources/any(t:t/id%20eq%20'${id}')`);
  await client.all('/organization');
  await client.all('/organization?$select=id,verifiedDomains');
  await client.all('/subscribedSkus');
  await client.get(`/organization/${tenant.tenantId}`);
  await client.all('/domains');
  await client.get('/domains/contoso.com?$select=id,isDefault');
  await client.post('/invitations', {
    invitedUserEmailAddress: 'lea@partner.example',
    inviteRedirectUrl: 'https://myapps.example.com',
    sendInvitationMessage: false,
  });
  await client.patch(`/users/bo@contoso.com`, { mail: 'bo@contoso.com' });
  await client.delete(`/servicePrincipals/${principalId}`);
  await client.delete(`/applications/${applicationId}`);
  const { requests } = tenant.stats();
  await tenant.close();

  const { stdout } = await run(process.execPath, [CHECKER, record]).catch((error: { stdout: string }) => error);
  expect(stdout).toBe(`${requests} exchanges, 0 violations, 0 warnings\n`);
  expect(requests).toBeGreaterThan(40);
});

/** Groups, members, owners, managers, and objects by their ids. */
const objectsAndRelations = async (
  client: Client,
  { user, applicationId, appId, principalId }: Record<'user' | 'applicationId' | 'appId' | 'principalId', string>,
): Promise<void> => {
  const eventual = { ConsistencyLevel: 'eventual' };
  const bound = [`${client.tenant.graph}/users/${user}`];
  const group = await idOf(client, 'groups', securityGroup('Finance', { 'members@odata.bind': bound }));
  const office = { groupTypes: ['Unified'], mailEnabled: true, securityEnabled: false };
  const outer = await idOf(client, 'groups', securityGroup('Office', office));
  await client.patch("/groups(uniqueName='hr')", securityGroup('HR'), { Prefer: 'create-if-missing' });
  await client.patch(`/groups/${group}`, { description: 'Pays' });
  await client.get(`/groups/${group}`);
  await client.all("/groups?$filter=startsWith(displayName,'f')&$top=1&$select=id,displayName");
  await client.post(`/groups/${group}/members/$ref`, client.ref(principalId));
  await client.post(`/groups/${group}/owners/$ref`, client.ref(user, 'users'));
  await client.all(`/groups/${group}/members?$top=1`);
  await client.all(`/groups/${group}/members?$select=id,displayName`);
  await client.all(`/groups/${group}/members/microsoft.graph.user?$count=true`, eventual);
  await client.all(`/groups/${group}/transitiveMembers?$top=1`);
  await client.get(`/groups/${group}/members/$count`, eventual);
  await client.all(`/users/${user}/memberOf`);
  await client.all(`/users('ana@contoso.com')/transitiveMemberOf`);
  await client.post(`/users/${user}/getMemberGroups`, { securityEnabledOnly: false });
  await client.post(`/users/${user}/checkMemberGroups`, { groupIds: [group] });
  await client.put(`/users/${user}/manager/$ref`, client.ref(user, 'users'));
  await client.get(`/users/${user}/manager?$select=id,displayName`);
  await client.all(`/users/${user}/directReports`);
  await client.all('/users?$select=id,displayName&$expand=manager($select=id,displayName)&$top=100');
  await client.get(`/users/${user}?$expand=memberOf`);
  await client.get(`/groups/${group}?$select=id&$expand=members($select=id,displayName)`);
  await client.get(`/servicePrincipals/${principalId}?$expand=appRoleAssignedTo`);
  await client.delete(`/users/${user}/manager/$ref`);
  await client.post(`/applications/${applicationId}/owners/$ref`, client.ref(user));
  await client.all(`/applications(appId='${appId}')/owners`);
  await client.delete(`/applications/${applicationId}/owners/${user}/$ref`);
  await client.post(`/groups/${group}/appRoleAssignments`, {
    principalId: group,
    resourceId: principalId,
    appRoleId: ROLE_A,
  });
  await client.all(`/groups/${group}/appRoleAssignments`);
  await client.post('/directoryObjects/getByIds', { ids: [user, group, principalId], types: ['user', 'group'] });
  await client.post('/directoryObjects/getByIds?$select=id', { ids: [user, group, principalId] });
  await client.get(`/directoryObjects/${group}`);
  await client.delete(`/groups/${outer}`);
  await client.all('/directory/deletedItems/microsoft.graph.group');
  await client.post(`/directory/deletedItems/${outer}/restore`, {});
  await client.delete(`/groups/${group}/members/${principalId}/$ref`);
  await client.delete(`/groups/${group}`);
};

test.skipIf(tellWhySkipped(CHECKER))('§8 the traffic of reviews has no violation of the contract', async () => {
  const record = join(folder(), 'reviews.ndjson');
  const { client, principalId } = await reviewWorld({ record });
  const recurrence = recurring({ type: 'weekly' }, { startDate: new Date().toISOString().slice(0, 10) });
  const stage = (n: number) => ({
    stageId: String(n),
    dependsOn: n === 1 ? [] : [String(n - 1)],
    durationInDays: 2,
    recommendationsEnabled: true,
    reviewers: [reviewer(`/users/${REVIEWER}`)],
    fallbackReviewers: [],
    decisionsThatWillMoveToNextStage: ['Approve', 'NotReviewed'],
  });
  const body = { settings: settings({ recurrence, instanceDurationInDays: 5, autoApplyDecisionsEnabled: true }) };
  const {
    review,
    at,
    client: opened,
  } = await openReview(client, reviewOf(principalId, { ...body, stageSettings: [stage(1), stage(2)] }));
  const other = await createReview(opened, reviewOf(principalId));
  await opened.all(DEFINITIONS);
  await opened.all(`${DEFINITIONS}?$top=1&$filter=status eq 'InProgress'&$select=id,status`);
  await opened.all(`${DEFINITIONS}?$filter=contains(scope/microsoft.graph.accessReviewQueryScope/query,'/groups')`);
  const { '@odata.context': _, ...shown } = (await opened.get(review)).body as unknown as Record<string, unknown>;
  await opened.put(review, { ...shown, displayName: 'Weekly' });
  await opened.get(at);
  await opened.all(`${at}/contactedReviewers`);
  const [first] = await opened.all(`${at}/stages`);
  await opened.get(`${at}/stages/${first!['id']}`);
  const [item] = await opened.all(`${at}/stages/${first!['id']}/decisions`);
  await opened.all(`${at}/decisions?$filter=decision eq 'NotReviewed'&$orderby=decision&$select=id,decision,principal`);
  await opened.get(`${at}/decisions/${item!['id']}`);
  const reviewing = await signedInAs(opened.tenant, 'reviewer@contoso.com');
  const own = "filterByCurrentUser(on='reviewer')";
  for (const path of [DEFINITIONS, `${review}/instances`, `${at}/stages`, `${at}/decisions`])
    await reviewing.all(`${path}/${own}`);
  await reviewing.patch(`${at}/decisions/${item!['id']}`, { decision: 'Approve', justification: 'Needed' });
  await reviewing.post(`${at}/acceptRecommendations`, undefined);
  await opened.post(`${at}/resetDecisions`, undefined);
  await opened.post(`${at}/batchRecordDecisions`, { decision: 'Approve', justification: 'All' });
  await opened.post(`${at}/sendReminder`, undefined);
  await opened.post(`${at}/stages/${first!['id']}/stop`, undefined);
  await opened.post(`${at}/batchRecordDecisions`, { decision: 'Deny', justification: 'All', principalId: BO });
  const ofOther = await currentInstance(opened, other);
  const then = await later(opened, 'PT2M');
  await then.patch(ofOther.at, { reviewers: [reviewer(`/users/${SECOND}`)] });
  await then.post(`${ofOther.at}/stop`, undefined);
  const ended = await later(then, 'PT2M');
  await ended.post(`${ofOther.at}/applyDecisions`, undefined);
  const { body: history } = await ended.post(`${REVIEWS}/historyDefinitions`, {
    displayName: 'All',
    decisions: ['approve', 'deny'],
    reviewHistoryPeriodStartDateTime: '2020-01-01T00:00:00Z',
    reviewHistoryPeriodEndDateTime: '2040-01-01T00:00:00Z',
    scopes: [
      {
        '@odata.type': '#microsoft.graph.accessReviewQueryScope',
        queryType: 'MicrosoftGraph',
        query: '/identityGovernance/accessReviews/definitions',
      },
    ],
  });
  const last = await later(ended, 'P9D');
  await last.all(`${at}/decisions`);
  await last.all(`${review}/instances`);
  await last.all(`${REVIEWS}/historyDefinitions`);
  await last.get(`${REVIEWS}/historyDefinitions/${history['id']}`);
  const instances = `${REVIEWS}/historyDefinitions/${history['id']}/instances`;
  const [report] = await last.all(instances);
  await last.post(`${instances}/${report!['id']}/generateDownloadUri`, undefined);
  await last.get(`${instances}/${report!['id']}`);
  await last.post(`${review}/stop`, undefined);
  await last.delete(review);
  const { requests } = last.tenant.stats();
  const { stdout } = await run(process.execPath, [CHECKER, record]).catch((failed: { stdout: string }) => failed);
  expect(stdout).toBe(`${requests} exchanges, 0 violations, 0 warnings\n`);
  expect(requests).toBeGreaterThan(40);
});

test.skipIf(tellWhySkipped(PROCEDURE))('the published manual procedure runs against the tenant', async () => {
  const csv = join(folder(), 'users.csv');
  const tenant = await startTenant();
  onTestFinished(() => tenant.close());
  const client = await clientOf(tenant);
  await client.seed(person('ana'), person("o'neil"), person('bo', { accountEnabled: false }));
  await register(client);
  writeFileSync(
    csv,
    'Name,EMail\nAna,ana@contoso.com\nON,"o\'neil@contoso.com"\nBo,bo@contoso.com\nAna,ANA@contoso.com\nX,x@contoso.com\nY,\n',
  );
  const options = { graph: tenant.graph, token: client.token, csv, column: 'EMail', app: 'CORPDB1', role: 'Reader' };
  const { stdout } = await run(process.execPath, [
    PROCEDURE,
    ...Object.entries({ ...options, attribute: 'userPrincipalName' }).flatMap(([name, value]) => [`--${name}`, value]),
  ]);
  expect(JSON.parse(stdout).counts).toEqual({
    notQueried: 1,
    duplicate: 1,
    notMatched: 1,
    ambiguous: 0,
    failed: 0,
    notEnabled: 1,
    matched: 3,
    assigned: 3,
  });
});
