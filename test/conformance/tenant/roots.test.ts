// By which addresses the tenant is reached, and which its links carry: FACTS 1.1, 1.10 and 2.2.
import { request } from 'node:http';
import { expect, test } from 'vitest';
import { errorOf, person, signedInAs, startClient } from './support.ts';

/** A request under another name, as it comes through a proxy or a name of a national cloud. */
const under = (host: string, url: string, token: string): Promise<Record<string, string>> =>
  new Promise((resolve, reject) => {
    request(url, { headers: { Host: host, Authorization: `Bearer ${token}` } }, (answer) => {
      let text = '';
      answer.on('data', (piece) => {
        text += piece;
      });
      answer.on('end', () => resolve(JSON.parse(text)));
    })
      .on('error', reject)
      .end();
  });

test('§1.1 links and contexts carry the root that the client used', async () => {
  const { tenant, token, seed } = await startClient();
  await seed(person('ana'), person('bo'));
  const url = `${tenant.graph}/users?$top=1&$select=id`;
  for (const host of ['graph.microsoft.us', 'microsoftgraph.chinacloudapi.cn:8443', new URL(tenant.graph).host]) {
    const body = await under(host, url, token);
    expect(body['@odata.context']).toBe(`http://${host}/v1.0/$metadata#users(id)`);
    expect(body['@odata.nextLink']).toMatch(`http://${host}/v1.0/users?`);
  }
  const odd = await under('x/../y', url, token);
  expect(odd['@odata.context']).toBe(`${tenant.graph}/$metadata#users(id)`);
});

test.each(['/beta/users', '/beta', '/v2.0/users'])(
  '§1.10 %s is no address of the tenant, and says so',
  async (path) => {
    const client = await startClient();
    const answer = await client.get(client.tenant.authority + path);
    expect(errorOf(answer)).toMatchObject({ status: 404, code: 'NotFound', message: expect.stringContaining('/v1.0') });
    expect(answer.body['error']!['innerError']).toMatchObject({ date: expect.any(String) });
  },
);

test('§1.10 /me is refused where no user is signed in', async () => {
  const client = await startClient();
  for (const path of ['/me', '/me?$select=id', '/me/appRoleAssignments'])
    expect(errorOf(await client.get(path))).toEqual({
      status: 400,
      code: 'BadRequest',
      message: '/me request is only valid with delegated authentication flow.',
    });
});

test('§1.10 each refusal has its status, its code, its text and what support asks for', async () => {
  const client = await startClient();
  const id = 'aaaaaaaa-0000-4000-8000-000000000001';
  const cases = [
    [
      await client.get(`/users/${id}`),
      404,
      'Request_ResourceNotFound',
      `Resource '${id}' does not exist or one of its queried reference-property objects are not present.`,
    ],
    [
      await client.delete('/users'),
      405,
      'Request_BadRequest',
      'Specified HTTP method is not allowed for the request target.',
    ],
    [await client.get('/users?$select=aboutMe'), 501, 'NotImplemented', 'This operation target is not yet supported.'],
    [await client.get('/users?$top=0'), 400, 'Request_BadRequest', expect.any(String)],
    [await client.get('/users', { Authorization: 'x' }), 401, 'InvalidAuthenticationToken', expect.any(String)],
  ] as const;
  for (const [answer, status, code, message] of cases) {
    expect(errorOf(answer)).toEqual({ status, code, message });
    expect(answer.body['error']!['innerError']).toEqual({
      date: expect.stringMatching(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}$/),
      'request-id': answer.headers.get('request-id'),
      'client-request-id': answer.headers.get('client-request-id'),
    });
  }
});

test('§1.10 answers carry the headers that support asks for', async () => {
  const client = await startClient();
  const { headers } = await client.get('/users', { 'client-request-id': 'abc' });
  expect(headers.get('client-request-id')).toBe('abc');
  expect(headers.get('cache-control')).toBe('no-cache');
  for (const name of ['request-id', 'x-ms-ags-diagnostic', 'x-ms-resource-unit', 'date', 'strict-transport-security'])
    expect(headers.get(name)).toBeTruthy();
});

test('§2.1 /me is the signed-in user, selected and changed as under the own id', async () => {
  const client = await startClient({ administrators: { 'admin@contoso.com': ['Global Administrator'] } });
  await client.seed(person('ana', { city: 'Lima', accountEnabled: true }));
  const me = await signedInAs(client.tenant, 'ana@contoso.com');
  const { body } = await me.get('/me');
  expect(body).toMatchObject({
    '@odata.context': `${client.tenant.graph}/$metadata#users/$entity`,
    userPrincipalName: 'ana@contoso.com',
  });
  expect((await me.get('/me?$select=city')).body['city']).toBe('Lima');
  expect((await me.get('/me?$select=nonsense')).status).toBe(400);
  const admin = await signedInAs(client.tenant, 'admin@contoso.com');
  expect((await admin.patch('/me', { city: 'Oslo' })).status).toBe(204);
  expect((await admin.get('/me?$select=city')).body['city']).toBe('Oslo');
});
