// Delta queries: FACTS 2.8.
import { expect, test } from 'vitest';
import {
  type Answer,
  type Client,
  clientOf,
  errorOf,
  newUser,
  person,
  startClient,
  startWithGroups,
} from './support.ts';

type Entry = Readonly<Record<string, unknown>>;

/** Follows a round to its end: what came, and the link to the next round. */
const round = async (client: Client, path: string, headers: Record<string, string> = {}) => {
  const value: Entry[] = [];
  let pages = 0;
  for (let next: string = path; ; ) {
    const { status, body, text } = await client.get(next, headers);
    if (status !== 200) throw new Error(text);
    pages += 1;
    value.push(...(body['value'] as unknown as Entry[]));
    const [more, delta] = ['@odata.nextLink', '@odata.deltaLink'].map(
      (name) => body[name] as unknown as string | undefined,
    );
    expect([more, delta].filter((link) => link !== undefined)).toHaveLength(1);
    if (delta !== undefined) return { value, pages, delta };
    next = more!;
  }
};

const idOf = async (client: Client, alias: string): Promise<string> =>
  String((await client.get(`/users/${alias}@contoso.com?$select=id`)).body['id']);

test('§2.8 a first round tells of everybody in pages, and its last page has a deltaLink', async () => {
  const client = await startClient({ generate: 250 });
  const { value, pages, delta } = await round(client, '/users/delta?$select=displayName,accountEnabled');
  expect(pages).toBe(3);
  expect(new Set(value.map(({ id }) => id)).size).toBe(250);
  for (const user of value) expect(Object.keys(user).sort()).toEqual(['accountEnabled', 'displayName', 'id']);
  const query = new URL(delta).searchParams;
  expect([...query.keys()]).toEqual(['$deltatoken']);
  expect((await round(client, delta)).value).toEqual([]);
});

test('§2.8 later rounds tell of what was made, changed, deleted, restored and purged', async () => {
  const client = await startClient();
  await client.seed(person('ana'), person('bo'), person('cy', { department: 'IT' }));
  const [ana, bo] = [await idOf(client, 'ana'), await idOf(client, 'bo')];
  const first = await round(client, '/users/delta?$select=displayName,city');
  expect(first.value).toHaveLength(3);

  await client.patch(`/users/${ana}`, { city: 'Lima' });
  await client.patch('/users/cy@contoso.com', { department: 'HR' });
  await client.delete(`/users/${bo}`);
  const dana = String((await client.post('/users', newUser('dana'))).body['id']);
  await client.seed(person('eve'));
  const second = await round(client, first.delta);
  const eve = await idOf(client, 'eve');
  expect(second.value).toEqual([
    { id: ana, displayName: 'ana', city: 'Lima' },
    { id: bo, '@removed': { reason: 'changed' } },
    { id: dana, displayName: 'dana', city: null },
    { id: eve, displayName: 'eve', city: null },
  ]);
  // The same link tells the same again.
  expect((await round(client, first.delta)).value).toEqual(second.value);

  await client.post(`/directory/deletedItems/${bo}/restore`, {});
  await client.delete(`/users/${dana}`);
  await client.delete(`/directory/deletedItems/${dana}`);
  const third = await round(client, second.delta);
  expect(third.value).toEqual([
    { id: bo, displayName: 'bo', city: null },
    { id: dana, '@removed': { reason: 'deleted' } },
  ]);
  expect((await round(client, third.delta)).value).toEqual([]);
});

test('§2.8 what was deleted 30 days ago is told as deleted for good, whoever asked for what meanwhile', async () => {
  const client = await startClient();
  await client.seed(person('ana'));
  const ana = await idOf(client, 'ana');
  const first = await round(client, '/users/delta?$select=displayName');
  await client.delete(`/users/${ana}`);
  let { value, delta } = await round(client, first.delta);
  expect(value).toEqual([{ id: ana, '@removed': { reason: 'changed' } }]);
  for (let week = 0; week < 4; week += 1) {
    await client.control('POST', 'clock', { advance: 'P6D' });
    const later = await clientOf(client.tenant);
    ({ value, delta } = await round(later, delta));
    expect(value).toEqual([]);
  }
  await client.control('POST', 'clock', { advance: 'P6DT1S' });
  const last = await clientOf(client.tenant);
  await last.get('/organization');
  expect((await round(last, delta)).value).toEqual([{ id: ana, '@removed': { reason: 'deleted' } }]);
});

test('§2.8 with Prefer: return=minimal only what changed is told', async () => {
  const client = await startClient();
  await client.seed(person('ana'));
  const ana = await idOf(client, 'ana');
  const { delta } = await round(client, '/users/delta?$select=displayName,city,country');
  await client.patch(`/users/${ana}`, { city: 'Lima', employeeId: '7' });
  expect((await round(client, delta, { Prefer: 'return=minimal' })).value).toEqual([{ id: ana, city: 'Lima' }]);
  expect((await round(client, delta)).value).toEqual([{ id: ana, displayName: 'ana', city: 'Lima', country: null }]);
});

test('§2.8 many changes come in pages, and what happens meanwhile in the next round', async () => {
  const client = await startClient({ generate: 230 });
  const { delta } = await round(client, '/users/delta?$select=id,city');
  const ids = (await client.all('/users?$select=id&$top=999')).map(({ id }) => String(id));
  for (const id of ids) await client.patch(`/users/${id}`, { city: 'Lima' });
  const first = await client.get(delta);
  expect(first.body['value']).toHaveLength(100);
  await client.patch(`/users/${ids[0]}`, { city: 'Oslo' });
  const rest = await round(client, String(first.body['@odata.nextLink']));
  const told = [...(first.body['value'] as unknown as Entry[]), ...rest.value];
  expect(new Set(told.map(({ id }) => id)).size).toBe(230);
  expect((await round(client, rest.delta)).value).toEqual([{ id: ids[0], city: 'Oslo' }]);
});

test('§2.8 $deltaToken=latest answers an empty page with a link', async () => {
  const client = await startClient({ generate: 5 });
  const { body } = await client.get('/users/delta?$deltaToken=latest&$select=city');
  expect(body['value']).toEqual([]);
  const [user] = await client.all('/users?$select=id&$top=1');
  await client.patch(`/users/${user!['id']}`, { city: 'Lima' });
  expect((await round(client, String(body['@odata.deltaLink']))).value).toEqual([{ id: user!['id'], city: 'Lima' }]);
});

test('§2.8 a filter names up to 50 objects by id', async () => {
  const client = await startClient({ generate: 60 });
  const ids = (await client.all('/users?$select=id')).map(({ id }) => String(id));
  const path = (n: number) =>
    `/users/delta?$select=city&$filter=${encodeURIComponent(
      ids
        .slice(0, n)
        .map((id) => `id eq '${id}'`)
        .join(' or '),
    )}`;
  const { value, delta } = await round(client, path(50));
  expect(value.map(({ id }) => id).sort()).toEqual(ids.slice(0, 50).sort());
  await client.patch(`/users/${ids[1]}`, { city: 'Lima' });
  await client.patch(`/users/${ids[55]}`, { city: 'Lima' });
  expect((await round(client, delta)).value).toEqual([{ id: ids[1], city: 'Lima' }]);
  expect((await client.get(path(51))).status).toBe(400);
});

test.each([
  '$top=5',
  '$orderby=displayName',
  '$expand=manager',
  "$filter=displayName%20eq%20'x'",
  "$filter=id%20in%20('x')",
  '$select=nonsense',
  '$skiptoken=nonsense',
  '$deltatoken=bm9uc2Vuc2U',
  '$deltatoken=eyJraW5kIjoidXNlciJ9',
])('§2.8 a delta query refuses %s', async (query) => {
  const client = await startClient();
  expect((await client.get(`/users/delta?${query}`)).status).toBe(400);
});

test('§2.8 a token lives seven days by the tenant’s clock, and another directory’s is gone', async () => {
  const client = await startClient();
  await client.seed(person('ana'));
  const { delta } = await round(client, '/users/delta?$select=city');
  await client.patch('/users/ana@contoso.com', { city: 'Lima' });
  const later = async (advance: string): Promise<Answer> => {
    await client.control('POST', 'clock', { advance });
    const fresh = await clientOf(client.tenant);
    return fresh.get(delta);
  };
  expect((await later('P6DT23H')).body['value']).toHaveLength(1);
  expect(errorOf(await later('PT1H'))).toMatchObject({
    status: 400,
    code: 'syncStateNotFound',
    message: expect.stringContaining('must be synchronized again'),
  });
  const other = await startClient();
  const gone = await other.get(delta.replace(client.tenant.graph, other.tenant.graph));
  expect([gone.status, gone.headers.get('location')]).toEqual([410, `${other.tenant.graph}/users/delta`]);
});

test('§2.8 managers and members are told under @delta', async () => {
  const client = await startWithGroups();
  await client.seed(person('ana'), person('bo'), person('cy'));
  const [ana, bo, cy] = [await idOf(client, 'ana'), await idOf(client, 'bo'), await idOf(client, 'cy')];
  const reference = (id: string) => ({ '@odata.id': `${client.tenant.graph}/directoryObjects/${id}` });
  const type = '#microsoft.graph.user';
  await client.put(`/users/${ana}/manager/$ref`, reference(bo));
  const users = await round(client, '/users/delta?$select=displayName,manager');
  expect(users.value.find(({ id }) => id === ana)).toEqual({
    id: ana,
    displayName: 'ana',
    'manager@delta': [{ '@odata.type': type, id: bo }],
  });
  await client.put(`/users/${ana}/manager/$ref`, reference(cy));
  await client.put(`/users/${bo}/manager/$ref`, reference(cy));
  await client.delete(`/users/${bo}/manager/$ref`);
  expect((await round(client, users.delta)).value).toEqual([
    { id: ana, displayName: 'ana', 'manager@delta': [{ '@odata.type': type, id: cy }] },
    {
      id: bo,
      displayName: 'bo',
      'manager@delta': [{ '@odata.type': type, id: cy, '@removed': { reason: 'deleted' } }],
    },
  ]);

  const group = String(
    (
      await client.post('/groups', {
        displayName: 'Readers',
        mailEnabled: false,
        mailNickname: 'readers',
        securityEnabled: true,
        'members@odata.bind': [`${client.tenant.graph}/directoryObjects/${ana}`],
      })
    ).body['id'],
  );
  const groups = await round(client, '/groups/delta?$select=displayName,members');
  expect(groups.value).toEqual([
    { id: group, displayName: 'Readers', 'members@delta': [{ '@odata.type': type, id: ana }] },
  ]);
  await client.post(`/groups/${group}/members/$ref`, reference(bo));
  await client.delete(`/groups/${group}/members/${ana}/$ref`);
  const [changed] = (await round(client, groups.delta)).value;
  expect(changed).toEqual({
    id: group,
    displayName: 'Readers',
    'members@delta': expect.arrayContaining([
      { '@odata.type': type, id: bo },
      { '@odata.type': type, id: ana, '@removed': { reason: 'deleted' } },
    ]),
  });
});

test('§2.8 a change that readers do not see yet is told when they do', async () => {
  const client = await startClient({ replicationDelayMs: 60_000 });
  await client.seed(person('ana'));
  await client.control('POST', 'clock', { advance: 'PT2M' });
  const first = await round(client, '/users/delta?$select=city');
  expect(first.value).toHaveLength(1);
  await client.patch('/users/ana@contoso.com', { city: 'Lima' });
  await client.post('/users', newUser('bo'));
  const second = await round(client, first.delta);
  expect(second.value).toEqual([]);
  await client.control('POST', 'clock', { advance: 'PT2M' });
  expect((await round(client, second.delta)).value.map(({ city }) => city)).toEqual(['Lima', null]);
});
