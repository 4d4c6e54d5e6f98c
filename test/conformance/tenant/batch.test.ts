// $batch: FACTS 3.
import { expect, test } from 'vitest';
import { type Answer, errorOf, newUser, person, startClient, where } from './support.ts';

const get = (id: string, url: string, more: object = {}) => ({ id, method: 'GET', url, ...more });
const JSON_TYPE = { 'Content-Type': 'application/json' };

interface Item {
  readonly id: string;
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: Record<string, unknown>;
}
const itemsOf = ({ body }: Answer) => body['responses'] as unknown as Item[];
const byId = (answer: Answer) => new Map(itemsOf(answer).map((item) => [item.id, item]));

test('§3 each request is answered for itself, with its own status, headers and id', async () => {
  const client = await startClient();
  await client.seed(person('ana', { employeeType: 'x' }));
  const answer = await client.post('/$batch', {
    requests: [
      get('a', '/users/ana@contoso.com?$select=displayName'),
      get('b', 'users/nobody@contoso.com'),
      get('c', `${where("employeeType eq 'X'", '&$count=true&$select=displayName')}`, {
        headers: { ConsistencyLevel: 'eventual' },
      }),
      { id: 'd', method: 'POST', url: '/users', headers: JSON_TYPE, body: newUser('bo') },
      { id: 'e', method: 'PATCH', url: '/users/ana@contoso.com', headers: JSON_TYPE, body: { city: 'Lima' } },
      get('f', '/users/$count', { headers: { consistencylevel: 'eventual' } }),
    ],
  });
  expect(answer.status).toBe(200);
  const items = byId(answer);
  expect([...items.keys()].sort()).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
  expect(items.get('a')).toMatchObject({ status: 200, body: { displayName: 'ana' } });
  expect(items.get('b')).toMatchObject({ status: 404, body: { error: { code: 'Request_ResourceNotFound' } } });
  expect(items.get('c')).toMatchObject({ status: 200, body: { '@odata.count': 1 } });
  expect(items.get('d')).toMatchObject({ status: 201, body: { displayName: 'bo' } });
  expect(items.get('e')).toMatchObject({ status: 204 });
  expect(items.get('e')).not.toHaveProperty('body');
  expect(items.get('f')).toMatchObject({ status: 200, body: 2 });
  for (const { headers } of items.values()) expect(headers['x-ms-resource-unit']).toMatch(/^[1-9]$/);
  expect(new Set([...items.values()].map(({ headers }) => headers['request-id'])).size).toBe(6);
});

test('§3 answers do not come in the order of the requests', async () => {
  const client = await startClient();
  const answer = await client.post('/$batch', { requests: [get('1', '/organization'), get('2', '/organization')] });
  expect(itemsOf(answer).map(({ id }) => id)).not.toEqual(['1', '2']);
});

test.each([
  ['21 requests', { requests: Array.from({ length: 21 }, (_, i) => get(String(i), '/users')) }],
  ['no requests', { requests: [] }],
  ['something else', { nonsense: 1 }],
  ['a list', []],
  ['two ids that differ in case alone', { requests: [get('a', '/users'), get('A', '/users')] }],
  ['an id that is a number', { requests: [{ id: 1, method: 'GET', url: '/users' }] }],
  ['a request without an id', { requests: [{ method: 'GET', url: '/users' }] }],
  ['an absolute address', { requests: [get('1', 'https://graph.microsoft.com/v1.0/users')] }],
  ['an address with its version', { requests: [get('1', '/v1.0/users')] }],
  ['a batch in a batch', { requests: [{ ...get('1', '/$batch'), method: 'POST' }] }],
  ['a body without its type', { requests: [{ id: '1', method: 'POST', url: '/users', body: newUser('x') }] }],
  ['a dependency on nothing', { requests: [get('1', '/users', { dependsOn: ['2'] })] }],
  ['a dependency on a later one', { requests: [get('1', '/users', { dependsOn: ['2'] }), get('2', '/users')] }],
])('§3 an envelope with %s is refused as a whole', async (_, body) => {
  const client = await startClient();
  expect(errorOf(await client.post('/$batch', body))).toMatchObject({ status: 400 });
  expect(await client.all('/users')).toEqual([]);
});

test('§3 what depends on a failure fails with 424, and is not done', async () => {
  const client = await startClient();
  const create = (id: string, alias: string, dependsOn: string[]) => ({
    id,
    method: 'POST',
    url: '/users',
    headers: JSON_TYPE,
    body: newUser(alias),
    dependsOn,
  });
  const answer = await client.post('/$batch', {
    requests: [create('1', 'ana', []), create('2', 'ana', ['1']), create('3', 'bo', ['2']), create('4', 'cy', ['3'])],
  });
  const items = byId(answer);
  expect(['1', '2', '3', '4'].map((id) => items.get(id)!.status)).toEqual([201, 400, 424, 424]);
  expect((await client.all('/users')).map(({ displayName }) => displayName)).toEqual(['ana']);
});

const order = (...dependencies: readonly (readonly string[])[]) => ({
  requests: dependencies.map((dependsOn, i) => get(String.fromCharCode(97 + i), '/organization', { dependsOn })),
});

test.each([
  ['all independent', order([], [], [])],
  ['each behind the one before it', order([], ['a'], ['b'])],
  ['all behind one', order([], ['a'], ['a'])],
  ['named without regard to case', order([], ['A'], ['A'])],
])('§3 dependsOn takes requests that are %s', async (_, body) => {
  const client = await startClient();
  const items = itemsOf(await client.post('/$batch', body));
  expect(items.map(({ status }) => status)).toEqual([200, 200, 200]);
});

test.each([
  ['some independent beside a chain', order([], ['a'], [])],
  ['two chains', order([], ['a'], [], ['c'])],
  ['one behind two', order([], ['a'], ['a', 'b'])],
  ['a chain that forks', order([], ['a'], ['b'], ['b'])],
])('§3 dependsOn refuses %s', async (_, body) => {
  const client = await startClient();
  expect(errorOf(await client.post('/$batch', body))).toMatchObject({ status: 400, code: 'BadRequest' });
});

test('§3 what depends on the same failure fails with it', async () => {
  const client = await startClient();
  const items = byId(
    await client.post('/$batch', {
      requests: [
        get('1', '/users/nobody@contoso.com'),
        get('2', '/users', { dependsOn: ['1'] }),
        get('3', '/users', { dependsOn: ['1'] }),
      ],
    }),
  );
  expect(['1', '2', '3'].map((id) => items.get(id)!.status)).toEqual([404, 424, 424]);
  expect(items.get('2')!.body).toMatchObject({ error: { code: 'FailedDependency' } });
});

test('§3 headers are each request’s own, but for Authorization, which is the envelope’s', async () => {
  const client = await startClient();
  await client.seed(person('ana', { companyName: 'x' }));
  const advanced = where("companyName eq 'x'", '&$count=true');
  const answer = await client.post(
    '/$batch',
    {
      requests: [
        get('with', advanced, { headers: { consistencylevel: 'eventual' } }),
        get('without', advanced),
        get('other', '/users', { headers: { Authorization: 'Bearer nonsense' } }),
      ],
    },
    { ConsistencyLevel: 'eventual' },
  );
  const items = byId(answer);
  expect([...items.values()].map(({ id, status }) => [id, status]).sort()).toEqual([
    ['other', 200],
    ['with', 200],
    ['without', 400],
  ]);
  expect((await client.post('/$batch', { requests: [get('1', '/users')] }, { Authorization: 'x' })).status).toBe(401);
});

test('§3 a page inside a batch carries its own link to the next', async () => {
  const client = await startClient({ generate: 30 });
  const items = byId(
    await client.post('/$batch', {
      requests: [get('1', '/users?$top=20&$select=id'), get('2', 'users?$top=29&$select=id')],
    }),
  );
  for (const [id, left] of [
    ['1', 10],
    ['2', 1],
  ] as const) {
    const next = String(items.get(id)!.body['@odata.nextLink']);
    expect(next.startsWith(`${client.tenant.graph}/users?`)).toBe(true);
    expect((await client.get(next)).body['value']).toHaveLength(left);
  }
});

test('§3 only POST makes a batch', async () => {
  const client = await startClient();
  expect((await client.get('/$batch')).status).toBe(405);
});
