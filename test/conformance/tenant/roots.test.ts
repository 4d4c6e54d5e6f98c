// By which addresses the tenant is reached, and which its links carry: FACTS 1.1, 1.10 and 2.2.
import { request } from 'node:http';
import { expect, test } from 'vitest';
import { errorOf, person, startClient } from './support.ts';

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

test.each(['/beta/users', '/beta', '/v2.0/users'])('%s is no address of the tenant, and says so', async (path) => {
  const client = await startClient();
  const answer = await client.get(client.tenant.authority + path);
  expect(errorOf(answer)).toMatchObject({ status: 404, code: 'NotFound', message: expect.stringContaining('/v1.0') });
  expect(answer.body['error']!['innerError']).toMatchObject({ date: expect.any(String) });
});

test('/me is refused where no user is signed in', async () => {
  const client = await startClient();
  for (const path of ['/me', '/me?$select=id', '/me/appRoleAssignments'])
    expect(errorOf(await client.get(path))).toEqual({
      status: 400,
      code: 'BadRequest',
      message: '/me request is only valid with delegated authentication flow.',
    });
});
