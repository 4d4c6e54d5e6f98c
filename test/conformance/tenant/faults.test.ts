// Faults on the wire, by script and by chance: what FACTS 1.10, 2.2, 3 and 4.4 say that a client must live with.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type Client, clientOf, errorOf, type Json, newUser, person, startClient } from './support.ts';

const arm = (client: Client, ...faults: readonly object[]): Promise<Json> =>
  client.control('POST', 'faults', { faults });

const fired = async (client: Client): Promise<unknown> => (await client.control('GET', 'faults'))['fired'];

const namesIn = async (client: Client): Promise<unknown[]> =>
  (await client.all('/users?$select=displayName')).map(({ displayName }) => displayName);

/** Everything that a connection carries until it ends, as bytes come. */
const raw = (client: Client, path: string): Promise<string> =>
  new Promise((resolve) => {
    const { port } = new URL(client.tenant.authority);
    const socket = connect(Number(port), '127.0.0.1');
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(text));
    socket.write(
      `GET /v1.0${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${client.token}\r\nConnection: close\r\n\r\n`,
    );
  });

const twenty = (n: number) =>
  Array.from({ length: n }, (_, i) => ({ id: String(i), method: 'GET', url: '/organization' }));

test('§4.4 a refusal can come after the work was done, and a 429 or 503 without Retry-After', async () => {
  const client = await startClient();
  const post = { method: 'POST', path: '^/users$', do: 'status' };
  await arm(client, { ...post, status: 504, workDone: true }, { ...post, nth: 2, status: 503, workDone: true });
  expect(errorOf(await client.post('/users', newUser('ana')))).toMatchObject({ status: 504 });
  expect(errorOf(await client.post('/users', newUser('bo')))).toMatchObject({
    status: 503,
    code: 'ServiceUnavailable',
  });
  expect(await namesIn(client)).toEqual(['ana', 'bo']);

  await arm(client, { ...post, status: 429, retryAfter: null }, { ...post, nth: 2, status: 429 });
  const silent = await client.post('/users', newUser('cy'));
  expect([silent.status, silent.headers.get('retry-after')]).toEqual([429, null]);
  const told = await client.post('/users', newUser('cy'));
  expect([told.status, told.headers.get('retry-after')]).toEqual([429, '1']);
  expect(await namesIn(client)).toEqual(['ana', 'bo']);
  expect(await fired(client)).toBe(2);
});

test('§3 an item of a batch can be refused after its work was done', async () => {
  const client = await startClient();
  await arm(client, { path: '^/users$', do: 'status', status: 503, workDone: true });
  const headers = { 'Content-Type': 'application/json' };
  const requests = ['ana', 'bo'].map((id) => ({ id, method: 'POST', url: '/users', headers, body: newUser(id) }));
  const { body } = await client.post('/$batch', { requests });
  const statuses = (body['responses'] as unknown as { id: string; status: number }[]).map(({ id, status }) => [
    id,
    status,
  ]);
  expect(Object.fromEntries(statuses)).toEqual({ ana: 503, bo: 201 });
  expect(await namesIn(client)).toEqual(['ana', 'bo']);
});

test('§1.10 a 401 in the middle of a run makes the token useless, with a claims challenge if told so', async () => {
  const client = await startClient();
  await arm(client, { path: '/organization', do: 'unauthorized' });
  expect((await client.get('/users')).status).toBe(200);
  expect(errorOf(await client.get('/organization'))).toMatchObject({ status: 401, code: 'InvalidAuthenticationToken' });
  expect((await client.get('/users')).status).toBe(401);

  const renewed = await clientOf(client.tenant);
  expect((await renewed.get('/users')).status).toBe(200);
  await arm(client, { path: '/organization', do: 'unauthorized', claims: true });
  const challenged = await renewed.get('/organization');
  const challenge = challenged.headers.get('www-authenticate') ?? '';
  expect(challenge).toContain('error="insufficient_claims"');
  const claims = JSON.parse(Buffer.from(/claims="([^"]*)"/.exec(challenge)![1]!, 'base64').toString());
  expect(claims.access_token.nbf.essential).toBe(true);
});

test('§1.7 after a claims challenge no token that was issued before it will do, and one that is asked for then does', async () => {
  const client = await startClient();
  const cached = await clientOf(client.tenant);
  await client.control('POST', 'clock', { advance: 'PT2S' });
  await arm(client, { path: '/organization', do: 'unauthorized', claims: true });
  expect((await client.get('/organization')).status).toBe(401);
  for (const used of [client, cached]) expect((await used.get('/users')).status).toBe(401);
  expect((await cached.get('/users')).headers.get('www-authenticate')).toContain('error="insufficient_claims"');
  expect((await (await clientOf(client.tenant)).get('/users')).status).toBe(200);
});

test('a proxy answers with its own page, as 502 or as 200, without the work or after it', async () => {
  const client = await startClient();
  const post = { method: 'POST', path: '^/users$', do: 'html' };
  await arm(client, post, { ...post, nth: 2, status: 200 }, { ...post, nth: 3, status: 200, workDone: true });
  const answers = [];
  for (const alias of ['ana', 'bo', 'cy']) answers.push(await client.post('/users', newUser(alias)));
  expect(answers.map(({ status }) => status)).toEqual([502, 200, 200]);
  for (const { headers, text } of answers) {
    expect(headers.get('content-type')).toBe('text/html');
    expect(headers.get('request-id')).toBeNull();
    expect(text).toContain('<html>');
  }
  expect(await namesIn(client)).toEqual(['cy']);

  await arm(client, { path: '^/organization$', nth: 2, do: 'html' });
  expect((await client.post('/$batch', { requests: twenty(3) })).status).toBe(502);
});

test('an answer can end in the middle: fewer bytes than told, or chunks without their end', async () => {
  const client = await startClient();
  await client.seed(person('ana'));
  await arm(client, { path: '/users', do: 'halfBody' }, { path: '/users', nth: 2, do: 'halfBody', chunked: true });
  const [head = '', body = ''] = (await raw(client, '/users')).split('\r\n\r\n');
  const length = Number(/content-length: (\d+)/i.exec(head)![1]);
  expect(Buffer.byteLength(body)).toBeLessThan(length);
  expect(Buffer.byteLength(body)).toBeGreaterThan(0);
  const chunked = await raw(client, '/users');
  expect(chunked).toMatch(/transfer-encoding: chunked/i);
  expect(chunked).not.toMatch(/\r\n0\r\n/);
  await arm(client, { path: '/users', do: 'halfBody' }, { path: '/users', nth: 2, do: 'halfBody', chunked: true });
  await expect(client.get('/users')).rejects.toThrow();
  await expect(client.get('/users')).rejects.toThrow();
  expect(await fired(client)).toBe(2);
});

test('§2.2 a page can be empty and have a link, which leads to what the page should have been', async () => {
  const client = await startClient();
  await client.seed(...Array.from({ length: 5 }, (_, i) => person(`p${i}`)));
  await arm(client, { path: '/users', do: 'emptyPage', times: 2 }, { path: '/users', nth: 4, do: 'emptyPage' });
  const links: string[] = [];
  const found: unknown[] = [];
  for (let next: string | undefined = '/users?$top=2&$select=displayName'; next !== undefined; ) {
    const { body } = await client.get(next);
    found.push(...(body['value'] as unknown as Json[]).map(({ displayName }) => displayName));
    next = body['@odata.nextLink'] as unknown as string | undefined;
    if (next !== undefined) links.push(next);
  }
  expect(found).toEqual(['p0', 'p1', 'p2', 'p3', 'p4']);
  expect(new Set(links).size).toBe(5);
  expect(await fired(client)).toBe(3);
});

test('§2.2 a link can lead to the same page again', async () => {
  const client = await startClient();
  await client.seed(...Array.from({ length: 5 }, (_, i) => person(`p${i}`)));
  await arm(client, { path: '/users', nth: 2, do: 'repeatLink' });
  const first = (await client.get('/users?$top=2')).body['@odata.nextLink'] as unknown as string;
  const second = await client.get(first);
  expect(second.body['@odata.nextLink']).toBe(first);
  expect((await client.get(first)).body['@odata.nextLink']).not.toBe(first);
});

test('§3 a batch can be answered without one of its items, and in whatever order', async () => {
  const client = await startClient();
  await arm(client, { path: 'batch', do: 'missingItem' }, { path: 'batch', nth: 2, do: 'otherOrder' });
  const ids = async () =>
    ((await client.post('/$batch', { requests: twenty(5) })).body['responses'] as unknown as Json[]).map(({ id }) =>
      Number(id),
    );
  const [missing, other, usual] = [await ids(), await ids(), await ids()];
  expect(missing).toHaveLength(4);
  expect(other).not.toEqual(usual);
  expect(other.toSorted()).toEqual([0, 1, 2, 3, 4]);
});

test('§4.4 an answer can come late although the work is done', async () => {
  const client = await startClient();
  await arm(client, { method: 'POST', path: '^/users$', do: 'delay', ms: 80, workDone: true });
  const from = performance.now();
  const late = client.post('/users', newUser('ana'));
  while ((await namesIn(client)).length === 0);
  expect((await late).status).toBe(201);
  expect(performance.now() - from).toBeGreaterThan(70);
});

test('faults by chance strike the same requests for the same seed, and are counted by kind', async () => {
  const kinds = ['throttled', 'unavailable', 'gatewayTimeout', 'internalError'];
  const run = async (seed: number) => {
    const client = await startClient({ faults: { rate: 0.3, seed, kinds } });
    const statuses: number[] = [];
    for (let i = 0; i < 60; i += 1) statuses.push((await client.get('/organization')).status);
    return { statuses, report: await client.control('GET', 'faults') };
  };
  const [one, again, other] = [await run(1), await run(1), await run(2)];
  expect(again.statuses).toEqual(one.statuses);
  expect(other.statuses).not.toEqual(one.statuses);
  const struck = one.statuses.filter((status) => status !== 200).length;
  expect(struck).toBeGreaterThan(5);
  expect(struck).toBeLessThan(35);
  expect(one.report).toMatchObject({ rate: 0.3, seed: 1, fired: struck });
  expect(Object.keys(one.report['kinds']!)).toEqual(kinds);
});

test('every kind of fault comes up by chance, on requests, items and lists alike', async () => {
  const client = await startClient();
  await client.seed(...Array.from({ length: 5 }, (_, i) => person(`p${i}`)));
  await client.control('POST', 'faults', { rate: 0.9, seed: 3 });
  let current = client;
  for (let round = 0; round < 30; round += 1) {
    const asked = Array.from({ length: 10 }, (_, i) =>
      i % 3 === 0 ? current.get('/users?$top=1') : current.post('/$batch', { requests: twenty(2) }),
    );
    const answers = await Promise.allSettled(asked);
    if (answers.some((answer) => answer.status === 'fulfilled' && answer.value.status === 401))
      current = await clientOf(client.tenant);
  }
  const { kinds } = (await client.control('GET', 'faults')) as unknown as { kinds: Record<string, number> };
  expect(Object.entries(kinds).filter(([, count]) => count === 0)).toEqual([]);
  expect(Object.keys(kinds).length).toBeGreaterThan(18);
});

test('what was made to go wrong is marked in the record', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-tenant-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  const record = join(folder, 'traffic.ndjson');
  const client = await startClient({ record });
  await arm(client, { path: '/organization', do: 'status', status: 503 });
  for (let i = 0; i < 2; i += 1) await client.get('/organization');
  const lines = readFileSync(record, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines.map(({ faults }) => faults)).toEqual([['status'], undefined]);
});

test.each([
  [{ rate: 2 }],
  [{ rate: 0.1, kinds: ['nonsense'] }],
  [{ rate: 0.1, seed: 'x' }],
  [{ rate: 0.1, nonsense: 1 }],
  [[]],
])('chance that cannot be understood is refused: %j', async (script) => {
  const client = await startClient();
  expect(await client.control('POST', 'faults', script)).toMatchObject({ status: 400 });
});
