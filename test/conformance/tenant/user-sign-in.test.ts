// Signing in as a user, and what a user's token may do: FACTS 1.2, 1.3, 1.6, 1.7, 1.9 and 2.2.
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import type { RunningTenant } from '../../../src/tenant/server.ts';
import {
  deviceSignIn,
  errorOf,
  granted,
  newUser,
  person,
  ROLE_A,
  register,
  signedInAs,
  startClient,
  tokenRequest,
} from './support.ts';

const ANA = 'aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee';
const ADMIN = 'admin@contoso.com';
const REDIRECT = 'http://localhost:5000';

const DENIED = {
  status: 403,
  code: 'Authorization_RequestDenied',
  message: 'Insufficient privileges to complete the operation.',
};

const claimsOf = (token: unknown) => JSON.parse(Buffer.from(String(token).split('.')[1]!, 'base64url').toString());

const world = async (roles: readonly string[] = ['Global Administrator']) => {
  const client = await startClient({ administrators: { [ADMIN]: roles } });
  await client.seed(
    person('ana', { id: ANA, accountEnabled: true }),
    person('bo', { accountEnabled: true, userType: 'Guest' }),
    person('cy', { accountEnabled: false }),
  );
  return { client, tenant: client.tenant };
};

const oauthError = async (answer: Response) => {
  const { error, error_codes } = (await answer.json()) as { error: string; error_codes: number[] };
  return { status: answer.status, error, code: error_codes?.[0] };
};

test('§1.7 a user’s token has scp and wids, and no roles', async () => {
  const { tenant } = await world(['User Administrator']);
  const signedIn = await deviceSignIn(
    tenant,
    ADMIN,
    `${tenant.authority}/User.ReadWrite.All openid profile offline_access`,
  );
  const claims = claimsOf(signedIn['access_token']);
  expect(claims).toMatchObject({
    aud: tenant.authority,
    iss: `https://sts.windows.net/${tenant.tenantId}/`,
    tid: tenant.tenantId,
    appid: tenant.clientId,
    appidacr: '0',
    idtyp: 'user',
    upn: ADMIN,
    scp: 'User.ReadWrite.All openid profile',
    wids: ['fe930be7-5e62-47db-91af-98c3a49a38b1'],
    ver: '1.0',
  });
  expect(claims).not.toHaveProperty('roles');
  expect(claimsOf(signedIn['id_token'])).toMatchObject({
    aud: tenant.clientId,
    iss: `${tenant.authority}/${tenant.tenantId}/v2.0`,
    preferred_username: ADMIN,
    oid: claims.oid,
    ver: '2.0',
  });
  const info = JSON.parse(Buffer.from(String(signedIn['client_info']), 'base64url').toString());
  expect(info).toEqual({ uid: claims.oid, utid: tenant.tenantId });
  expect(signedIn).toMatchObject({ token_type: 'Bearer', expires_in: 3599, refresh_token: expect.any(String) });
});

test('§1.3 a refresh token comes with offline_access, an id token with openid, and each is refused once it is over', async () => {
  const { client, tenant } = await world();
  const plain = await deviceSignIn(tenant, 'ana@contoso.com', `${tenant.authority}/.default`);
  expect(plain).not.toHaveProperty('refresh_token');
  expect(plain).not.toHaveProperty('id_token');
  const { refresh_token } = await deviceSignIn(tenant, ANA, `${tenant.authority}/.default offline_access`);
  const refresh = (token: unknown) =>
    tokenRequest(tenant, { grant_type: 'refresh_token', client_id: tenant.clientId, refresh_token: String(token) });
  const again = (await (await refresh(refresh_token)).json()) as Record<string, unknown>;
  expect(claimsOf(again['access_token'])).toMatchObject({ upn: 'ana@contoso.com' });
  expect(await oauthError(await refresh('nonsense'))).toEqual({ status: 400, error: 'invalid_grant', code: 9002313 });
  await client.patch(`/users/${ANA}`, { accountEnabled: false });
  expect(await oauthError(await refresh(refresh_token))).toEqual({ status: 400, error: 'invalid_grant', code: 50057 });
  await client.patch(`/users/${ANA}`, { accountEnabled: true });
  await client.control('POST', 'clock', { advance: 'P91D' });
  expect(await oauthError(await refresh(refresh_token))).toEqual({ status: 400, error: 'invalid_grant', code: 700082 });
});

test('§1.6 a device code is pending, then signed in, declined or expired', async () => {
  const { client, tenant } = await world();
  const begin = async () => {
    const body = new URLSearchParams({ client_id: tenant.clientId, scope: `${tenant.authority}/.default` });
    const answer = await fetch(`${tenant.authority}/organizations/oauth2/v2.0/devicecode`, { method: 'POST', body });
    return (await answer.json()) as Record<string, string>;
  };
  const poll = (device_code: string | undefined) =>
    tokenRequest(tenant, { grant_type: 'device_code', client_id: tenant.clientId, device_code: device_code! });
  const page = async (form: Record<string, string>) =>
    (await fetch(`${tenant.authority}/devicelogin`, { method: 'POST', body: new URLSearchParams(form) })).text();
  const pending = { status: 400, error: 'authorization_pending', code: 70016 };

  const one = await begin();
  expect(one).toMatchObject({ expires_in: 900, interval: 5, verification_uri: `${tenant.authority}/devicelogin` });
  expect(one['message']).toContain(one['user_code']);
  expect(one).not.toHaveProperty('verification_uri_complete');
  expect(await oauthError(await poll(one['device_code']))).toEqual(pending);
  expect(await page({ code: 'WRONGCODE', user: ADMIN, answer: 'accept' })).toContain('Check the code');
  expect(await page({ code: one['user_code']!, user: 'cy@contoso.com', answer: 'accept' })).toContain('AADSTS50057');
  expect(await page({ code: one['user_code']!, user: 'nobody@contoso.com', answer: 'accept' })).toContain(
    'AADSTS50034',
  );
  expect(await oauthError(await poll(one['device_code']))).toEqual(pending);
  expect(await page({ code: one['user_code']!.toLowerCase(), user: ADMIN, answer: 'accept' })).toContain(
    'You have signed in',
  );
  expect((await poll(one['device_code'])).status).toBe(200);
  const gone = { status: 400, error: 'bad_verification_code', code: 70018 };
  expect(await oauthError(await poll(one['device_code']))).toEqual(gone);

  const two = await begin();
  await page({ code: two['user_code']!, user: ADMIN, answer: 'decline' });
  const declined = { status: 400, error: 'authorization_declined', code: 65004 };
  expect(await oauthError(await poll(two['device_code']))).toEqual(declined);

  const three = await begin();
  await client.control('POST', 'clock', { advance: 'PT15M' });
  expect(await oauthError(await poll(three['device_code']))).toMatchObject({ error: 'expired_token' });
});

const authorizeUrl = ({ authority, tenantId, clientId }: RunningTenant, more: Record<string, string> = {}): string =>
  `${authority}/${tenantId}/oauth2/v2.0/authorize?${new URLSearchParams({
    client_id: clientId,
    response_type: 'code',
    redirect_uri: REDIRECT,
    scope: `${authority}/.default openid`,
    state: 'of mine',
    ...more,
  })}`;

const answerPage = (url: string, user: string, answer = 'accept') =>
  fetch(url, { method: 'POST', redirect: 'manual', body: new URLSearchParams({ user, answer }) });

test('§1.2 a browser signs in by a code that only the one who asked can redeem, once', async () => {
  const { tenant } = await world();
  const verifier = 'a'.repeat(43);
  const code_challenge = createHash('sha256').update(verifier).digest('base64url');
  const url = authorizeUrl(tenant, { code_challenge, code_challenge_method: 'S256', nonce: 'n1' });
  const page = await fetch(url);
  expect(page.headers.get('content-type')).toContain('text/html');
  // The administrator is offered.
  expect(await page.text()).toContain(`value="${ADMIN}"`);

  const signIn = async () => new URL((await answerPage(url, ADMIN)).headers.get('location')!).searchParams.get('code')!;
  const redeem = (code: string, change: Record<string, string> = {}) =>
    tokenRequest(tenant, {
      grant_type: 'authorization_code',
      client_id: tenant.clientId,
      code,
      redirect_uri: REDIRECT,
      code_verifier: verifier,
      ...change,
    });
  const code = await signIn();
  const body = (await (await redeem(code)).json()) as Record<string, unknown>;
  expect(claimsOf(body['id_token'])).toMatchObject({ nonce: 'n1', preferred_username: ADMIN });
  expect(await oauthError(await redeem(code))).toMatchObject({ error: 'invalid_grant', code: 54005 });
  for (const [change, number] of [
    [{ code_verifier: 'b'.repeat(43) }, 501481],
    [{ code_verifier: '' }, 501481],
    [{ redirect_uri: 'http://localhost:5001' }, 500112],
    [{ client_secret: 'wrong' }, 7000215],
  ] as const)
    expect(await oauthError(await redeem(await signIn(), change))).toMatchObject({ code: number });
});

test('§1.2 the answer goes back as the client asked: in the query, the fragment or a form', async () => {
  const { tenant } = await world();
  const query = await answerPage(authorizeUrl(tenant), ADMIN);
  expect(query.status).toBe(302);
  expect(query.headers.get('location')).toMatch(/^http:\/\/localhost:5000\/\?code=[\w-]+&state=of\+mine$/);
  const fragment = await answerPage(authorizeUrl(tenant, { response_mode: 'fragment' }), ADMIN);
  expect(fragment.headers.get('location')).toMatch(/^http:\/\/localhost:5000\/#code=[\w-]+&state=of\+mine$/);
  const form = await answerPage(authorizeUrl(tenant, { response_mode: 'form_post' }), ADMIN);
  expect(await form.text()).toMatch(/action="http:\/\/localhost:5000".*name="code".*name="state" value="of mine"/s);
});

test('§1.2 what goes wrong is told to the client, or to the person where the client is not known', async () => {
  const { tenant } = await world();
  const page = async (more: Record<string, string>) => {
    const answer = await fetch(authorizeUrl(tenant, more), { redirect: 'manual' });
    return { status: answer.status, text: await answer.text() };
  };
  for (const [more, number] of [
    [{ redirect_uri: 'https://app.example.com/' }, 50011],
    [{ redirect_uri: 'http://localhost.example.com/' }, 50011],
    [{ redirect_uri: 'javascript:alert(1)' }, 50011],
    [{ client_id: crypto.randomUUID() }, 700016],
  ] as const)
    expect(await page(more)).toEqual({ status: 400, text: expect.stringContaining(`AADSTS${number}`) });

  const back = async (more: Record<string, string>) => {
    const { headers } = await fetch(authorizeUrl(tenant, more), { redirect: 'manual' });
    return Object.fromEntries(new URL(headers.get('location')!).searchParams);
  };
  expect(await back({ response_type: 'token' })).toMatchObject({
    error: 'unsupported_response_type',
    state: 'of mine',
  });
  expect(await back({ prompt: 'none' })).toMatchObject({ error: 'login_required' });
  expect(await back({ scope: 'Nonsense.Read' })).toMatchObject({ error: 'invalid_scope' });
  const declined = await answerPage(authorizeUrl(tenant), ADMIN, 'decline');
  expect(declined.headers.get('location')).toContain('error=access_denied');
  expect(await (await answerPage(authorizeUrl(tenant), 'cy@contoso.com')).text()).toContain('AADSTS50057');
  const typed = await (await answerPage(authorizeUrl(tenant), '"><script>')).text();
  expect(typed).not.toContain('<script>');
});

test('§1.2 an administrator consents for all, and nobody else does', async () => {
  const { tenant } = await world();
  const query = new URLSearchParams({ client_id: tenant.clientId, state: 's', redirect_uri: REDIRECT });
  const url = `${tenant.authority}/contoso.com/adminconsent?${query}`;
  expect(await (await fetch(url)).text()).toContain('User.ReadWrite.All');
  const to = (await answerPage(url, ADMIN)).headers.get('location')!;
  expect(Object.fromEntries(new URL(to).searchParams)).toEqual({
    admin_consent: 'True',
    tenant: tenant.tenantId,
    state: 's',
  });
  expect(await (await answerPage(url, 'ana@contoso.com')).text()).toContain('is no administrator');
  expect((await answerPage(url, ADMIN, 'decline')).headers.get('location')).toContain('error=access_denied');
});

test('§1.2 discovery tells the endpoints of a tenant by id, by domain, and of any tenant', async () => {
  const { tenant } = await world();
  const { authority, tenantId } = tenant;
  const discovery = (name: string) => fetch(`${authority}/${name}/v2.0/.well-known/openid-configuration`);
  for (const name of [tenantId, 'contoso.com'])
    expect(await (await discovery(name)).json()).toMatchObject({
      issuer: `${authority}/${tenantId}/v2.0`,
      authorization_endpoint: `${authority}/${tenantId}/oauth2/v2.0/authorize`,
      end_session_endpoint: `${authority}/${tenantId}/oauth2/v2.0/logout`,
    });
  for (const name of ['organizations', 'common'])
    expect(await (await discovery(name)).json()).toMatchObject({
      issuer: `${authority}/{tenantid}/v2.0`,
      token_endpoint: `${authority}/${name}/oauth2/v2.0/token`,
    });
  expect(await oauthError(await discovery('nobody.example'))).toMatchObject({ status: 400, code: 90002 });
  expect(await (await fetch(`${authority}/common/discovery/instance?api-version=1.1`)).json()).toMatchObject({
    tenant_discovery_endpoint: `${authority}/common/v2.0/.well-known/openid-configuration`,
  });
  const logout = `${authority}/${tenantId}/oauth2/v2.0/logout`;
  expect((await fetch(logout)).status).toBe(200);
  const back = await fetch(`${logout}?post_logout_redirect_uri=${encodeURIComponent(REDIRECT)}`, {
    redirect: 'manual',
  });
  expect(back.headers.get('location')).toBe(`${REDIRECT}/`);
});

test('§1.9 a user’s writes take an administrator’s role besides the permission', async () => {
  const { client, tenant } = await world(['Application Administrator']);
  const { applicationId, principalId } = await register(client);
  const assignment = { principalId: ANA, resourceId: principalId, appRoleId: ROLE_A };
  const admin = await signedInAs(tenant, ADMIN);
  expect((await admin.post(`/servicePrincipals/${principalId}/appRoleAssignedTo`, assignment)).status).toBe(201);
  expect((await admin.patch(`/applications/${applicationId}`, { description: 'x' })).status).toBe(204);
  expect(errorOf(await admin.post('/users', newUser('dee')))).toEqual(DENIED);
  expect((await client.control('POST', 'roles', { user: ADMIN, roles: ['User Administrator'] })).status).toBe(200);
  // A token keeps the roles that it was issued with.
  expect((await admin.post('/users', newUser('dee'))).status).toBe(403);
  const again = await signedInAs(tenant, ADMIN);
  expect((await again.post('/users', newUser('dee'))).status).toBe(201);
  expect(errorOf(await again.patch(`/applications/${applicationId}`, { description: 'y' }))).toEqual(DENIED);

  const ana = await signedInAs(tenant, 'ana@contoso.com');
  expect((await ana.get('/users')).status).toBe(200);
  for (const refused of [
    await ana.post('/users', newUser('eve')),
    await ana.post('/applications', { displayName: 'Mine' }),
    await ana.post(`/servicePrincipals/${principalId}/appRoleAssignedTo`, assignment),
    await ana.get('/auditLogs/directoryAudits'),
  ])
    expect(errorOf(refused)).toEqual(DENIED);
  expect(await client.control('POST', 'roles', { user: ADMIN, roles: ['King'] })).toMatchObject({ status: 400 });
  expect(await client.control('POST', 'roles', { user: 'nobody', roles: [] })).toMatchObject({ status: 400 });
});

test('§1.9 a member who owns the resource application assigns its roles, without any role of an administrator', async () => {
  const { client, tenant } = await world();
  const { applicationId, principalId } = await register(client);
  const list = `/servicePrincipals/${principalId}/appRoleAssignedTo`;
  const assignment = { principalId: ANA, resourceId: principalId, appRoleId: ROLE_A };
  const ana = await signedInAs(tenant, 'ana@contoso.com');
  expect(errorOf(await ana.post(list, assignment))).toEqual(DENIED);
  for (const path of [`/servicePrincipals/${principalId}`, `/applications/${applicationId}`]) {
    const owner = { '@odata.id': `${tenant.graph}/directoryObjects/${ANA}` };
    expect((await client.post(`${path}/owners/$ref`, owner)).status).toBe(204);
  }
  const made = await ana.post(list, assignment);
  expect(made.status).toBe(201);
  expect((await ana.delete(`${list}/${made.body['id']}`)).status).toBe(204);
  expect((await ana.patch(`/applications/${applicationId}`, { description: 'x' })).status).toBe(204);
  const bo = await signedInAs(tenant, 'bo@contoso.com');
  expect(errorOf(await bo.post(list, assignment))).toEqual(DENIED);
});

test('§2.2 guests cannot list users; §2.1 everybody reads the own user with User.Read', async () => {
  const { client, tenant } = await world();
  const bo = await signedInAs(tenant, 'bo@contoso.com');
  expect(errorOf(await bo.get('/users'))).toEqual(DENIED);
  await granted(client, 'User.Read');
  const ana = await signedInAs(tenant, 'ana@contoso.com');
  expect((await ana.get('/users/ana@contoso.com')).status).toBe(200);
  expect((await ana.get(`/users/${ANA}`)).status).toBe(200);
  expect(errorOf(await ana.get(`/users/${ADMIN}`))).toEqual(DENIED);
  expect(errorOf(await ana.get('/users'))).toEqual(DENIED);
});

test('§1.3 consent is implicit for what was granted, and for nothing else', async () => {
  const { tenant } = await world();
  const begin = async (scope: string) => {
    const body = new URLSearchParams({ client_id: tenant.clientId, scope });
    const url = `${tenant.authority}/${tenant.tenantId}/oauth2/v2.0/devicecode`;
    return oauthError(await fetch(url, { method: 'POST', body }));
  };
  expect(await begin('User.ReadWrite.All openid')).toMatchObject({ status: 200 });
  // It is included in what was granted, and was not consented to itself.
  expect(await begin('User.Read.All')).toEqual({ status: 400, error: 'invalid_grant', code: 65001 });
  expect(await begin('User.Raed.All')).toEqual({ status: 400, error: 'invalid_scope', code: 70011 });
  // Of applications alone.
  expect(await begin('Application.ReadWrite.OwnedBy')).toMatchObject({ code: 70011 });
});

test('§1.3 what a client may not ask for is refused by name', async () => {
  const { tenant } = await world();
  const ask = async (form: Record<string, string>, name?: string) =>
    oauthError(await tokenRequest(tenant, { client_id: tenant.clientId, ...form }, name));
  expect(await ask({ grant_type: 'password', username: ADMIN, password: 'x' })).toMatchObject({
    error: 'unsupported_grant_type',
  });
  expect(await ask({ grant_type: 'authorization_code' })).toMatchObject({ error: 'invalid_request', code: 900144 });
  expect(await ask({ grant_type: 'client_credentials', scope: 'x' })).toMatchObject({ code: 7000215 });
  expect(await ask({ grant_type: 'client_credentials' }, 'common')).toMatchObject({ code: 90002 });
});
