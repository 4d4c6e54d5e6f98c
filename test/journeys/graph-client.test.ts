// A program with Microsoft's own Graph client, as it is, works in the local tenant over TLS: lists, pages, filters, batches, writes.
import { readFileSync } from 'node:fs';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { ClientSecretCredential } from '@azure/identity';
import {
  BatchRequestContent,
  BatchResponseContent,
  Client,
  GraphError,
  PageIterator,
} from '@microsoft/microsoft-graph-client';
import { TokenCredentialAuthenticationProvider } from '@microsoft/microsoft-graph-client/authProviders/azureTokenCredentials/index.js';
import { expect, onTestFinished, test } from 'vitest';
import { type RunningTenant, startTenant } from '../../src/tenant/server.ts';
import { recordTo } from './support/world.ts';

const connect = ({ authority, tenantId, clientId, clientSecret, caFile }: RunningTenant): Client => {
  const before = getCACertificates('default');
  setDefaultCACertificates([...before, readFileSync(caFile!, 'utf8')]);
  onTestFinished(() => setDefaultCACertificates(before));
  const options = { authorityHost: authority, disableInstanceDiscovery: true };
  const credential = new ClientSecretCredential(tenantId, clientId, clientSecret, options);
  return Client.initWithMiddleware({
    baseUrl: `${authority}/`,
    customHosts: new Set(['127.0.0.1']),
    authProvider: new TokenCredentialAuthenticationProvider(credential, { scopes: [`${authority}/.default`] }),
  });
};

interface Named {
  readonly id: string;
  readonly displayName: string;
  readonly userPrincipalName: string;
}

test('it lists, pages, filters, batches, creates and assigns', async () => {
  const tenant = await startTenant({ tls: true, generate: 250, randomSeed: 7, ...recordTo('graph-client') });
  onTestFinished(() => tenant.close());
  const client = connect(tenant);

  const first = await client.api('/users').select(['id', 'displayName', 'userPrincipalName']).top(100).get();
  expect(first.value).toHaveLength(100);
  const all: Named[] = [];
  await new PageIterator(client, first, (user: Named) => {
    all.push(user);
    return true;
  }).iterate();
  expect(new Set(all.map(({ id }) => id)).size).toBe(250);

  const { userPrincipalName } = all[123]!;
  const found = await client.api('/users').filter(`userPrincipalName eq '${userPrincipalName}'`).get();
  expect(found.value).toMatchObject([{ id: all[123]!.id }]);
  const counted = await client
    .api('/users')
    .header('ConsistencyLevel', 'eventual')
    .count(true)
    .filter("endsWith(userPrincipalName,'@contoso.com')")
    .top(1)
    .get();
  expect(counted['@odata.count']).toBe(250);

  const batch = new BatchRequestContent([
    { id: '1', request: new Request(`https://graph.microsoft.com/users/${all[0]!.id}`) },
    { id: '2', request: new Request('https://graph.microsoft.com/users/nobody@contoso.com') },
    { id: '3', request: new Request('https://graph.microsoft.com/organization') },
  ]);
  const answers = new BatchResponseContent(await client.api('/$batch').post(await batch.getContent()));
  expect(['1', '2', '3'].map((id) => answers.getResponseById(id).status)).toEqual([200, 404, 200]);
  expect(await answers.getResponseById('1').json()).toMatchObject({ id: all[0]!.id });

  const role = {
    id: crypto.randomUUID(),
    displayName: 'Reader',
    description: 'Reads',
    value: 'Reader',
    isEnabled: true,
    allowedMemberTypes: ['User'],
  };
  const application = await client.api('/applications').post({ displayName: 'CORPDB1', appRoles: [role] });
  const principal = await client.api('/servicePrincipals').post({ appId: application.appId });
  const user = await client.api('/users').post({
    accountEnabled: false,
    displayName: 'Ana Ruiz',
    mailNickname: 'ana.ruiz.new',
    userPrincipalName: 'ana.ruiz.new@contoso.com',
    passwordProfile: { password: 'Trial-Pass-2026', forceChangePasswordNextSignIn: true },
  });
  const list = `/servicePrincipals/${principal.id}/appRoleAssignedTo`;
  const assignment = { principalId: user.id, resourceId: principal.id, appRoleId: role.id };
  const made = await client.api(list).post(assignment);
  expect((await client.api(list).get()).value).toMatchObject([{ id: made.id, principalDisplayName: 'Ana Ruiz' }]);
  const again = await client
    .api(list)
    .post(assignment)
    .catch((error: GraphError) => error);
  expect(again).toMatchObject({
    statusCode: 400,
    code: 'Request_BadRequest',
    message: 'Permission being assigned already exists on the object',
  });
  await client.api(`/users/${user.id}`).update({ department: 'Sales' });
  await client.api(`${list}/${made.id}`).delete();
  expect((await client.api(list).get()).value).toEqual([]);
});

test('it tells what the permissions do not cover', async () => {
  const tenant = await startTenant({ tls: true, grant: ['User.Read.All'] });
  onTestFinished(() => tenant.close());
  const refused = connect(tenant).api('/applications').get();
  await expect(refused).rejects.toBeInstanceOf(GraphError);
  await expect(refused).rejects.toMatchObject({ statusCode: 403, code: 'Authorization_RequestDenied' });
});
