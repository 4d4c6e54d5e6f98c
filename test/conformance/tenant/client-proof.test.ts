// How a client proves who it is without a secret: FACTS 1.3 (certificates) and 1.4 (federated identity credentials).
import { constants, createPrivateKey, generateKeyPairSync, sign, X509Certificate } from 'node:crypto';
import { expect, test } from 'vitest';
import { makeClientCertificate } from '../../support/certificate.ts';
import { json, serve } from '../../support/http.ts';
import { clientOf, startClient, tokenRequest } from './support.ts';

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

const jwtOf = (header: Record<string, unknown>, claims: unknown, key: string): string => {
  const signed = `${part(header)}.${part(claims)}`;
  const padding = header['alg'] === 'PS256' ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 } : {};
  return `${signed}.${sign('sha256', Buffer.from(signed), { key: createPrivateKey(key), ...padding }).toString('base64url')}`;
};

const seconds = () => Math.floor(Date.now() / 1000);
const thumbprint = (hex: string) => Buffer.from(hex.replaceAll(':', ''), 'hex').toString('base64url');

const ask = async (tenant: Parameters<typeof tokenRequest>[0], assertion: string) => {
  const answer = await tokenRequest(tenant, {
    grant_type: 'client_credentials',
    client_id: tenant.clientId,
    scope: `${tenant.authority}/.default`,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: assertion,
  });
  const body = (await answer.json()) as { access_token?: string; error?: string; error_codes?: number[] };
  return { status: answer.status, error: body.error, code: body.error_codes?.[0], token: body.access_token };
};

const claimsOf = (token: string | undefined) => JSON.parse(Buffer.from(token!.split('.')[1]!, 'base64url').toString());

test('§1.3 a certificate signs in with PS256 and x5t#S256, or RS256 and x5t, for ten minutes, to this endpoint', async () => {
  const { certificate, key } = await makeClientCertificate();
  const { tenant } = await startClient({ certificates: [certificate] });
  const { fingerprint, fingerprint256 } = new X509Certificate(certificate);
  const { clientId } = tenant;
  const header = { alg: 'PS256', typ: 'JWT', 'x5t#S256': thumbprint(fingerprint256) };
  const claims = {
    aud: `${tenant.authority}/${tenant.tenantId}/oauth2/v2.0/token`,
    iss: clientId,
    sub: clientId,
    jti: crypto.randomUUID(),
    nbf: seconds(),
    exp: seconds() + 600,
  };
  const accepted = await ask(tenant, jwtOf(header, claims, key));
  expect(accepted.status).toBe(200);
  expect(claimsOf(accepted.token)).toMatchObject({ appidacr: '2', appid: clientId });
  const older = await ask(tenant, jwtOf({ alg: 'RS256', x5t: thumbprint(fingerprint) }, claims, key));
  expect(older.status).toBe(200);

  const other = await makeClientCertificate();
  const unknown = { ...header, 'x5t#S256': thumbprint(new X509Certificate(other.certificate).fingerprint256) };
  const refusals: readonly (readonly [string, string, number])[] = [
    ['another key', jwtOf(header, claims, other.key), 700027],
    ['a certificate that is not registered', jwtOf(unknown, claims, other.key), 700027],
    ['another audience', jwtOf(header, { ...claims, aud: 'https://login.example.com' }, key), 700023],
    ['another issuer', jwtOf(header, { ...claims, iss: crypto.randomUUID() }, key), 700021],
    ['another subject', jwtOf(header, { ...claims, sub: crypto.randomUUID() }, key), 700021],
    ['no id', jwtOf(header, { ...claims, jti: undefined }, key), 50027],
    ['a time that is over', jwtOf(header, { ...claims, exp: seconds() - 1 }, key), 700024],
    ['a time to come', jwtOf(header, { ...claims, nbf: seconds() + 3600 }, key), 700024],
    ['no token', 'nonsense', 50027],
    ['no algorithm', `${part({ ...header, alg: 'none' })}.${part(claims)}.AA`, 700027],
  ];
  for (const [name, assertion, code] of refusals)
    expect({ name, ...(await ask(tenant, assertion)) }).toMatchObject({ name, status: 400, code });
});

test('§1.4 a workload signs in with a token of its own issuer, if issuer, subject and audience are equal', async () => {
  const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const key = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const keys = [{ ...pair.publicKey.export({ format: 'jwk' }), kid: 'one' }];
  const issuer = 'https://issuer.example.com';
  const subject = 'repo:contoso/roster:ref:refs/heads/main';
  const { origin } = await serve((_, response) => json(response, 200, { keys }));
  const { tenant } = await startClient({
    federated: [
      { issuer, subject, keys },
      { issuer, subject: 'elsewhere', keys: `${origin}/keys` },
    ],
  });
  const header = { alg: 'RS256', kid: 'one' };
  const claims = { iss: issuer, sub: subject, aud: 'api://AzureADTokenExchange', exp: seconds() + 600 };
  expect((await ask(tenant, jwtOf(header, claims, key))).status).toBe(200);
  expect((await ask(tenant, jwtOf(header, { ...claims, sub: 'elsewhere' }, key))).status).toBe(200);

  const otherKey = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  const refusals: readonly (readonly [string, string, number])[] = [
    ['another issuer', jwtOf(header, { ...claims, iss: `${issuer}/` }, key), 70021],
    ['a subject that is longer', jwtOf(header, { ...claims, sub: `${subject}s` }, key), 70021],
    ['a subject in another case', jwtOf(header, { ...claims, sub: subject.toUpperCase() }, key), 70021],
    ['another audience', jwtOf(header, { ...claims, aud: 'api://other' }, key), 700212],
    ['two audiences', jwtOf(header, { ...claims, aud: [claims.aud, 'api://other'] }, key), 700212],
    ['PS256, which is not supported', jwtOf({ ...header, alg: 'PS256' }, claims, key), 50013],
    ['a key that the issuer does not have', jwtOf({ ...header, kid: 'two' }, claims, key), 50013],
    [
      'somebody else’s signature',
      jwtOf(header, claims, otherKey.export({ type: 'pkcs8', format: 'pem' }).toString()),
      50013,
    ],
    ['a time that is over', jwtOf(header, { ...claims, exp: seconds() - 1 }, key), 700024],
  ];
  for (const [name, assertion, code] of refusals)
    expect({ name, ...(await ask(tenant, assertion)) }).toMatchObject({
      name,
      status: 400,
      error: 'invalid_client',
      code,
    });
});

test('§1.4 a credential with blanks around its issuer, and two of one issuer and subject, are refused at the start', async () => {
  const one = { issuer: 'https://issuer.example.com', subject: 's', keys: [] };
  await expect(startClient({ federated: [{ ...one, issuer: ` ${one.issuer}` }] })).rejects.toThrow('blanks');
  await expect(startClient({ federated: [one, one] })).rejects.toThrow('of its own');
  const remote = { ...one, keys: 'https://keys.example.com/' };
  await expect(startClient({ federated: [remote] })).rejects.toThrow('this machine');
});

test('§1.5 a managed identity gets its token, all numbers as text, where the header is sent and nowhere else', async () => {
  const client = await startClient({ managedIdentity: true });
  const { tenant } = client;
  const at = (query: Record<string, string>, headers: Record<string, string> = { Metadata: 'true' }) =>
    fetch(`${tenant.authority}/metadata/identity/oauth2/token?${new URLSearchParams(query)}`, { headers });
  const good = { 'api-version': '2018-02-01', resource: tenant.authority };
  const body = (await (await at(good)).json()) as Record<string, unknown>;
  expect(body).toMatchObject({
    token_type: 'Bearer',
    resource: tenant.authority,
    expires_in: '3599',
    refresh_token: '',
    expires_on: expect.stringMatching(/^\d+$/),
    not_before: expect.stringMatching(/^\d+$/),
  });
  expect(claimsOf(String(body['access_token']))).toMatchObject({ idtyp: 'app', appid: tenant.clientId });
  expect((await at({ ...good, client_id: tenant.clientId })).status).toBe(200);
  const refused = async (query: Record<string, string>, headers?: Record<string, string>) => {
    const answer = await at(query, headers);
    return [answer.status, ((await answer.json()) as { error: string }).error];
  };
  expect(await refused(good, {})).toEqual([400, 'bad_request_102']);
  expect(await refused(good, { Metadata: 'True' })).toEqual([400, 'bad_request_102']);
  expect(await refused({ ...good, 'api-version': '1' })).toEqual([400, 'bad_request_101']);
  expect(await refused({ ...good, resource: 'https://other.example.com' })).toEqual([400, 'invalid_resource']);
  expect(await refused({ ...good, client_id: crypto.randomUUID() })).toEqual([400, 'invalid_request']);

  const without = await startClient();
  const address = `${without.tenant.authority}/metadata/identity/oauth2/token?${new URLSearchParams(good)}`;
  expect((await fetch(address, { headers: { Metadata: 'true' } })).status).toBe(404);
  expect((await (await clientOf(tenant)).get('/users')).status).toBe(200);
});
