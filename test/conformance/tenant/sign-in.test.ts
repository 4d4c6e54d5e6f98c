// Signing in, and what a request without a valid token gets: FACTS 1.3, 1.7 and 1.10.
import { createPublicKey, verify } from 'node:crypto';
import { expect, test } from 'vitest';
import { clientOf, errorOf, goodForm, startClient, tokenRequest } from './support.ts';

const claimsOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString());

test('§1.3 a client secret, in the form or as HTTP Basic, gets an app-only token', async () => {
  const { tenant } = await startClient();
  const form = goodForm(tenant);
  const answer = await tokenRequest(tenant, form);
  const body = (await answer.json()) as Record<string, unknown>;
  expect([answer.status, body['token_type'], body['expires_in']]).toEqual([200, 'Bearer', 3599]);
  expect(claimsOf(String(body['access_token']))).toMatchObject({
    aud: tenant.authority,
    tid: tenant.tenantId,
    appid: tenant.clientId,
    appidacr: '1',
    idtyp: 'app',
    ver: '1.0',
    roles: expect.arrayContaining(['User.ReadWrite.All', 'AppRoleAssignment.ReadWrite.All', 'AuditLog.Read.All']),
  });
  expect(claimsOf(String(body['access_token']))).not.toHaveProperty('scp');

  const pair = [tenant.clientId, tenant.clientSecret].map(encodeURIComponent).join(':');
  const basic = await fetch(`${tenant.authority}/contoso.com/oauth2/v2.0/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', scope: form['scope']! }),
  });
  expect(basic.status).toBe(200);
});

test('§1.2 a token is signed by the key that the discovery document leads to', async () => {
  const { tenant, token } = await startClient();
  const discovery = (await (
    await fetch(`${tenant.authority}/${tenant.tenantId}/v2.0/.well-known/openid-configuration`)
  ).json()) as Record<string, string>;
  expect(discovery['token_endpoint']).toBe(`${tenant.authority}/${tenant.tenantId}/oauth2/v2.0/token`);
  const { keys } = (await (await fetch(discovery['jwks_uri']!)).json()) as { keys: Record<string, string>[] };
  const [header, claims, signature] = token.split('.') as [string, string, string];
  const key = createPublicKey({ key: keys[0]!, format: 'jwk' });
  expect(verify('sha256', Buffer.from(`${header}.${claims}`), key, Buffer.from(signature, 'base64url'))).toBe(true);
});

test.each([
  ['another tenant', {}, 'nobody.example', 'invalid_request', 90002],
  ['another grant', { grant_type: 'password' }, undefined, 'unsupported_grant_type', 70003],
  [
    'an unknown client',
    { client_id: '00000000-0000-4000-8000-000000000000' },
    undefined,
    'unauthorized_client',
    700016,
  ],
  ['a wrong secret', { client_secret: 'wrong' }, undefined, 'invalid_client', 7000215],
  ['no secret', { client_secret: '' }, undefined, 'invalid_client', 7000215],
  ['another resource', { scope: 'https://other.example.com/.default' }, undefined, 'invalid_scope', 70011],
])('§1.3 %s is refused with the authority’s own error', async (_, change, tenantName, error, code) => {
  const { tenant } = await startClient();
  const answer = await tokenRequest(tenant, { ...goodForm(tenant), ...change }, tenantName);
  const body = (await answer.json()) as Record<string, unknown>;
  expect(answer.status).toBe(400);
  expect(body).toMatchObject({ error, error_codes: [code] });
  expect(body['error_description']).toMatch(new RegExp(`^AADSTS${code}: `));
  for (const name of ['timestamp', 'trace_id', 'correlation_id']) expect(body[name]).toEqual(expect.any(String));
});

test('§1.10 a request without a token, with a wrong one or one that was changed is unauthorised', async () => {
  const { tenant, token } = await startClient();
  const other = await startClient();
  const [header, claims, signature] = token.split('.') as [string, string, string];
  const more = Buffer.from(JSON.stringify({ ...claimsOf(token), exp: 4_000_000_000 })).toString('base64url');
  for (const authorization of [
    undefined,
    'Bearer ',
    'Bearer nonsense',
    `Basic ${token}`,
    `Bearer ${header}.${more}.${signature}`,
    `Bearer ${header}.${claims}.`,
    `Bearer ${other.token}`,
  ]) {
    const answer = await fetch(`${tenant.graph}/users`, { headers: authorization ? { authorization } : {} });
    const { error } = (await answer.json()) as { error: Record<string, unknown> };
    expect({ authorization, status: answer.status, code: error['code'] }).toEqual({
      authorization,
      status: 401,
      code: 'InvalidAuthenticationToken',
    });
  }
});

test('§1.7 a token expires by the tenant’s clock', async () => {
  const client = await startClient();
  await client.control('POST', 'clock', { advance: 'PT59M' });
  expect((await client.get('/users')).status).toBe(200);
  await client.control('POST', 'clock', { advance: 'PT1M' });
  expect(errorOf(await client.get('/users'))).toMatchObject({ status: 401, code: 'InvalidAuthenticationToken' });
  expect((await (await clientOf(client.tenant)).get('/users')).status).toBe(200);
});

test('§1.10 an error carries code, message and the ids that support asks for', async () => {
  const client = await startClient();
  const answer = await client.get('/users/nobody', { 'client-request-id': 'my-own-id' });
  expect(answer.body['error']).toMatchObject({
    code: 'Request_ResourceNotFound',
    innerError: {
      date: expect.stringMatching(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}$/),
      'request-id': answer.headers.get('request-id'),
      'client-request-id': 'my-own-id',
    },
  });
  expect(answer.headers.get('client-request-id')).toBe('my-own-id');
  for (const name of ['x-ms-ags-diagnostic', 'x-ms-resource-unit', 'date']) expect(answer.headers.has(name)).toBe(true);
  expect(answer.headers.get('cache-control')).toBe('no-cache');
});

test('§1.10 what is not there is told apart from what is not allowed', async () => {
  const client = await startClient();
  for (const path of ['/nonsense', '/constructor', '/users/x/nonsense', '/directory/nonsense'])
    expect({ path, status: (await client.get(path)).status }).toEqual({ path, status: 400 });
  const answer = await client.patch('/users', {});
  expect(errorOf(answer)).toEqual({
    status: 405,
    code: 'Request_BadRequest',
    message: 'Specified HTTP method is not allowed for the request target.',
  });
});
