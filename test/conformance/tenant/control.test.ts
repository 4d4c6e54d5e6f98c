// The control plane and the hooks: faults by script, the clock, users by the thousand, and where tests strike.
import { expect, test } from 'vitest';
import type { TenantOptions } from '../../../src/tenant/server.ts';
import { errorOf, newUser, person, startClient } from './support.ts';

const item = (id: string, alias: string) => ({
  id,
  method: 'POST',
  url: '/users',
  headers: { 'Content-Type': 'application/json' },
  body: newUser(alias),
});

test('a fault strikes the n-th request that fits, as often as told, and is reported', async () => {
  const client = await startClient();
  await client.control('POST', 'faults', {
    faults: [{ method: 'GET', path: '^/users\\?', nth: 2, times: 2, do: 'status', status: 429, retryAfter: 7 }],
  });
  const statuses: number[] = [];
  for (let i = 0; i < 5; i += 1) statuses.push((await client.get('/users?$top=1')).status);
  expect(statuses).toEqual([200, 429, 429, 200, 200]);
  expect((await client.get('/organization')).status).toBe(200);
  const report = await client.control('GET', 'faults');
  expect(report['faults']![0]).toMatchObject({ matched: 5, fired: 2 });
  expect(await client.control('GET', 'stats')).toMatchObject({ throttled: 2 });
});

test('a refusal by a fault is not done, and carries what it was told to', async () => {
  const client = await startClient();
  const fault = { method: 'POST', do: 'status', status: 403, code: 'Authorization_RequestDenied', message: 'no' };
  await client.control('POST', 'faults', { faults: [fault] });
  const refused = await client.post('/users', newUser('ana'));
  expect(errorOf(refused)).toEqual({ status: 403, code: 'Authorization_RequestDenied', message: 'no' });
  expect(await client.all('/users')).toEqual([]);
});

test('a fault strikes a single item of a batch', async () => {
  const client = await startClient();
  const fault = { path: '^/users$', nth: 2, do: 'status', status: 429 };
  await client.control('POST', 'faults', { faults: [fault] });
  const answer = await client.post('/$batch', { requests: [item('1', 'ana'), item('2', 'bo'), item('3', 'cy')] });
  expect(answer.status).toBe(200);
  const items = answer.body['responses'] as unknown as { id: string; status: number; headers: object }[];
  expect(items.filter(({ status }) => status === 201)).toHaveLength(2);
  expect(items.find(({ status }) => status === 429)).toMatchObject({ id: '2', headers: { 'Retry-After': '1' } });
});

test('a reply that is dropped leaves the work done; a reset leaves it undone', async () => {
  const client = await startClient();
  await client.control('POST', 'faults', { faults: [{ method: 'POST', path: '^/users$', do: 'dropReply' }] });
  await expect(client.post('/users', newUser('ana'))).rejects.toThrow();
  await client.control('POST', 'faults', { faults: [{ method: 'POST', path: '^/users$', do: 'reset' }] });
  await expect(client.post('/users', newUser('bo'))).rejects.toThrow();
  await client.control('POST', 'faults', { faults: [{ path: '^/users$', nth: 2, do: 'reset' }] });
  const requests = [item('1', 'cy'), item('2', 'di'), item('3', 'ed')];
  await expect(client.post('/$batch', { requests })).rejects.toThrow();
  const names = (await client.all('/users?$select=displayName')).map(({ displayName }) => displayName);
  expect(names).toEqual(['ana', 'cy']);
});

test('a delay lets the answer come later', async () => {
  const client = await startClient();
  await client.control('POST', 'faults', { faults: [{ path: '/organization', do: 'delay', ms: 60 }] });
  const from = performance.now();
  expect((await client.get('/organization')).status).toBe(200);
  expect(performance.now() - from).toBeGreaterThan(50);
});

test.each([
  [{ faults: [{ do: 'nonsense' }] }],
  [{ faults: [{ do: 'status', nonsense: 1 }] }],
  [{ faults: [{ do: 'status', path: '(' }] }],
  [{ faults: 'x' }],
  [{}],
])('a script that cannot be understood is refused: %j', async (script) => {
  const client = await startClient();
  expect(await client.control('POST', 'faults', script)).toMatchObject({ status: 400 });
});

test('the clock goes forward by durations, for all that the tenant stamps', async () => {
  const client = await startClient();
  const before = Date.parse(String((await client.control('GET', 'clock'))['now']));
  const after = Date.parse(String((await client.control('POST', 'clock', { advance: 'P1W2DT3H4M5S' }))['now']));
  const advanced = (((9 * 24 + 3) * 60 + 4) * 60 + 5) * 1000;
  expect(after - before).toBeGreaterThanOrEqual(advanced);
  expect(after - before).toBeLessThan(advanced + 60_000);
  for (const advance of ['P', 'PT', '14D', 'P-1D', 'P1Y', 5])
    expect({ advance, ...(await client.control('POST', 'clock', { advance })) }).toMatchObject({
      advance,
      status: 400,
    });
});

test('users come in by JSON and by lines, as they are, and what is wrong is named', async () => {
  const client = await startClient();
  await client.seed(person('ana', { proxyAddresses: ['SMTP:ana@contoso.com'] }));
  const lines = [person('bo'), person('cy')].map((user) => JSON.stringify(user)).join('\r\n');
  expect(await client.control('POST', 'users', `${lines}\n\n`)).toMatchObject({ added: 2 });
  expect(await client.all('/users')).toHaveLength(3);
  const refused = async (body: unknown) =>
    String((await client.control('POST', 'users', body))['error']?.['message'] as unknown);
  expect(await refused({ users: [{ displayName: 'x' }] })).toContain('userPrincipalName');
  expect(await refused({ users: [person('di', { nonsense: 1 })] })).toContain('nonsense');
  expect(await refused({ users: [person('ana')] })).toContain('ana@contoso.com');
  expect(await refused(`${JSON.stringify(person('di'))}\n{"x"`)).toContain(':2');
  expect(await client.all('/users')).toHaveLength(3);
});

test('what the control plane lacks is a 404', async () => {
  const client = await startClient();
  expect(await client.control('GET', 'nonsense')).toMatchObject({ status: 404 });
  expect(await client.control('POST', 'stats', {})).toMatchObject({ status: 404 });
});

test('a test is told of each exchange before its work and after it, and is waited for', async () => {
  const told: string[] = [];
  const options: TenantOptions = {
    onExchange: async ({ method, url, requestNumber, status }, phase) => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      told.push(`${requestNumber} ${phase} ${method} ${url} ${status ?? '-'}`);
    },
  };
  const client = await startClient(options);
  await client.get('/organization');
  await client.control('GET', 'stats');
  await client.get('/users/nobody');
  expect(told).toEqual([
    '1 received GET /v1.0/organization -',
    '1 answered GET /v1.0/organization 200',
    '2 received GET /v1.0/users/nobody -',
    '2 answered GET /v1.0/users/nobody 404',
  ]);
});

test('latency comes once for a request, however many items a batch has', async () => {
  const client = await startClient({ latencyMs: 60 });
  const requests = Array.from({ length: 20 }, (_, i) => ({ id: String(i), method: 'GET', url: '/organization' }));
  const from = performance.now();
  await client.post('/$batch', { requests });
  const took = performance.now() - from;
  expect(took).toBeGreaterThan(50);
  expect(took).toBeLessThan(600);
});
