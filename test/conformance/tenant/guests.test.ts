// Invited guests, federated domains, addresses that are somebody's, and how many objects fit: FACTS 2.5, 2.6.
import { expect, test } from 'vitest';
import { errorOf, idOf, newUser, person, register, securityGroup, startClient, startWithGroups } from './support.ts';

const invitation = (email: string, more: object = {}): object => ({
  invitedUserEmailAddress: email,
  inviteRedirectUrl: 'https://myapps.example.com',
  ...more,
});

test('§2.5 an invitation makes a guest whose acceptance is pending, under a name of the initial domain', async () => {
  const client = await startClient();
  const made = await client.post('/invitations', invitation('lea@partner.example', { invitedUserDisplayName: 'Lea' }));
  expect(made.status).toBe(201);
  expect(made.body).toMatchObject({
    '@odata.context': `${client.tenant.graph}/$metadata#invitations/$entity`,
    invitedUserEmailAddress: 'lea@partner.example',
    invitedUserType: 'Guest',
    status: 'PendingAcceptance',
    sendInvitationMessage: false,
  });
  const id = String(made.body['invitedUser']!['id']);
  const select = 'displayName,mail,userType,externalUserState,creationType,userPrincipalName,otherMails,proxyAddresses';
  expect((await client.get(`/users/${id}?$select=${select}`)).body).toMatchObject({
    displayName: 'Lea',
    mail: 'lea@partner.example',
    userType: 'Guest',
    externalUserState: 'PendingAcceptance',
    creationType: 'Invitation',
    userPrincipalName: 'lea_partner.example#EXT#@contoso.onmicrosoft.com',
    otherMails: ['lea@partner.example'],
    proxyAddresses: ['SMTP:lea@partner.example'],
  });
  const name = encodeURIComponent('lea_partner.example#EXT#@contoso.onmicrosoft.com');
  expect((await client.get(`/users/${name}?$select=id`)).body['id']).toBe(id);
  const again = await client.post('/invitations', invitation('LEA@partner.example', { sendInvitationMessage: true }));
  expect([again.status, again.body['invitedUser']!['id']]).toEqual([201, id]);
  expect(await client.all('/users')).toHaveLength(1);
  const events = await client.all(`/auditLogs/directoryAudits?$filter=targetResources/any(t:t/id%20eq%20'${id}')`);
  expect(events.map(({ activityDisplayName }) => activityDisplayName)).toEqual(['Invite external user']);
});

test('§2.5 who is here already, or of a domain of ours, cannot be invited, nor with properties that do not fit', async () => {
  const client = await startClient();
  await client.seed(person('ana', { mail: 'ana@partner.example' }));
  for (const body of [
    {},
    invitation('lea@partner.example', { inviteRedirectUrl: undefined }),
    invitation('lea'),
    invitation('léa@partner.example'),
    invitation('lea@partner.example', { inviteRedirectUrl: 'nowhere' }),
    invitation('lea@partner.example', { invitedUserType: 'Owner' }),
    invitation('lea@partner.example', { sendInvitationMessage: 'yes' }),
    invitation('lea@partner.example', { status: 'Completed' }),
    invitation('lea@contoso.com'),
    invitation('ana@contoso.com'),
    invitation('ana@partner.example'),
  ])
    expect(errorOf(await client.post('/invitations', body)), JSON.stringify(body)).toMatchObject({
      status: 400,
      code: 'Request_BadRequest',
    });
  expect(await client.all('/users')).toHaveLength(1);
});

test('§2.6 a nickname or an address that another user has is refused by the property’s name', async () => {
  const client = await startClient();
  await client.seed(person('ana', { proxyAddresses: ['SMTP:ana@contoso.com', 'smtp:ruiz@contoso.com'] }), person('bo'));
  const taken = (property: string) => {
    const message = `Another object with the same value for property ${property} already exists.`;
    return { code: 'Request_BadRequest', message, details: [{ code: 'ObjectConflict', message, target: property }] };
  };
  const cem = newUser('cem', { mailNickname: 'ANA' });
  expect((await client.post('/users', cem)).body['error']).toMatchObject(taken('mailNickname'));
  const mailed = await client.post('/users', newUser('cem', { mail: 'Ruiz@contoso.com' }));
  expect(mailed.body['error']).toMatchObject(taken('proxyAddresses'));
  const changed = await client.patch('/users/bo@contoso.com', { mail: 'ana@contoso.com' });
  expect(changed.body['error']).toMatchObject(taken('proxyAddresses'));
  expect((await client.patch('/users/bo@contoso.com', { mailNickname: 'ana' })).status).toBe(400);
  expect((await client.patch('/users/ana@contoso.com', { mailNickname: 'ana', mail: 'ruiz@contoso.com' })).status).toBe(
    204,
  );
  expect((await client.get('/users/ana@contoso.com?$select=mail,proxyAddresses')).body).toMatchObject({
    mail: 'ruiz@contoso.com',
    proxyAddresses: ['SMTP:ruiz@contoso.com', 'smtp:ana@contoso.com'],
  });
});

test('§2.5 a user of a federated domain has an anchor in place of a password', async () => {
  const client = await startClient({ domains: ['contoso.com', 'fabrikam.com'], federatedDomains: ['Fabrikam.com'] });
  const federated = (more: object): object =>
    newUser('ana', { userPrincipalName: 'ana@FABRIKAM.com', passwordProfile: undefined, ...more });
  expect(errorOf(await client.post('/users', federated({})))).toEqual({
    status: 400,
    code: 'Request_BadRequest',
    message: "A value is required for property 'onPremisesImmutableId' of resource 'User'.",
  });
  for (const onPremisesImmutableId of ['a_b', 'a$b', ''])
    expect((await client.post('/users', federated({ onPremisesImmutableId }))).status).toBe(400);
  expect((await client.post('/users', federated({ onPremisesImmutableId: 'ab12' }))).status).toBe(201);
  expect((await client.post('/users', newUser('bo', { passwordProfile: undefined }))).status).toBe(400);
  const { body } = await client.get('/domains/fabrikam.com?$select=id,authenticationType,isDefault');
  expect(body).toMatchObject({ id: 'fabrikam.com', authenticationType: 'Federated', isDefault: false });
  expect((await client.all('/domains')).map(({ authenticationType }) => authenticationType)).toEqual([
    'Managed',
    'Federated',
  ]);
  expect((await client.get('/domains/example.com')).status).toBe(404);
});

test('§2.5 a directory takes no more objects than its quota, and a deleted one counts a quarter', async () => {
  const client = await startWithGroups({ objectQuota: 4 });
  await register(client);
  const id = await idOf(client, 'users', newUser('ana'));
  await idOf(client, 'groups', securityGroup('Finance'));
  const full = { status: 400, code: 'Directory_QuotaExceeded' };
  expect(errorOf(await client.post('/users', newUser('bo')))).toMatchObject(full);
  expect(errorOf(await client.post('/groups', securityGroup('HR')))).toMatchObject(full);
  expect(errorOf(await client.post('/applications', { displayName: 'A' }))).toMatchObject(full);
  await client.delete(`/users/${id}`);
  expect(errorOf(await client.post('/users', newUser('bo')))).toMatchObject(full);
  await client.delete(`/directory/deletedItems/${id}`);
  expect((await client.post('/users', newUser('bo'))).status).toBe(201);
});

test('§11.3 the tenant and what it has paid for are found by their ids, and are not filtered', async () => {
  const client = await startClient();
  const { tenantId } = client.tenant;
  expect((await client.get(`/organization/${tenantId}?$select=id,tenantType`)).body).toMatchObject({
    id: tenantId,
    tenantType: 'AAD',
  });
  expect((await client.get('/organization/11111111-1111-4111-8111-111111111111')).status).toBe(404);
  const [sku] = await client.all('/subscribedSkus?$select=id,skuPartNumber');
  expect((await client.get(`/subscribedSkus/${sku!['id']}`)).body).toMatchObject({
    skuPartNumber: 'Microsoft_Entra_Suite',
    capabilityStatus: 'Enabled',
  });
  expect((await client.get("/subscribedSkus?$filter=skuPartNumber%20eq%20'EMS'")).status).toBe(400);
  expect((await client.get('/organization?$select=nonsense')).status).toBe(400);
});
