// What a server has to stand: bodies that are no JSON or too long, methods that Graph lacks, clients that hang up, many at once.
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { startTenant } from '../../../src/tenant/server.ts';
import { type Client, clientOf, errorOf, goodForm, newUser, person, startClient, tokenRequest } from './support.ts';

const send = (client: Client, method: string, path: string, body?: string, headers: Record<string, string> = {}) =>
  fetch(`${client.tenant.graph}${path}`, {
    method,
    headers: { authorization: `Bearer ${client.token}`, ...headers },
    ...(body !== undefined && { body }),
  });

const JSON_TYPE = { 'content-type': 'application/json' };

test('§1.10 a body that is no JSON, or is not said to be, is refused', async () => {
  const client = await startClient();
  const good = JSON.stringify(newUser('ana'));
  for (const [body, headers] of [
    ['{"displayName":', JSON_TYPE],
    [good, { 'content-type': 'text/plain' }],
  ] as const) {
    const answer = await send(client, 'POST', '/users', body, headers);
    const { error } = (await answer.json()) as { error: { code: string; message: string } };
    expect([answer.status, error.code]).toEqual([400, 'BadRequest']);
    expect(error.message).toContain('Unable to read JSON request payload');
  }
  expect(errorOf(await client.post('/users', undefined))).toMatchObject({ code: 'Request_BadRequest' });
  expect((await send(client, 'POST', '/users', good, JSON_TYPE)).status).toBe(201);
});

test('a body that is too long is a 413, and the server goes on', async () => {
  const client = await startClient();
  const long = JSON.stringify(newUser('ana', { aboutMe: 'x'.repeat(5 * 1024 * 1024) }));
  const answer = await send(client, 'POST', '/users', long, JSON_TYPE);
  expect(answer.status).toBe(413);
  expect(((await answer.json()) as { error: object }).error).toMatchObject({ code: 'RequestEntityTooLarge' });
  expect((await client.get('/organization')).status).toBe(200);
});

test('§1.10 what Graph does not know as a method is a 405, and counts for no write', async () => {
  const client = await startClient();
  for (const method of ['HEAD', 'OPTIONS', 'PUT']) expect((await send(client, method, '/users')).status).toBe(405);
  expect(await client.control('GET', 'stats')).toMatchObject({ requests: 3, writes: 1 });
});

test('headers that are too long are refused, and the server goes on', async () => {
  const client = await startClient();
  const answer = await send(client, 'GET', '/users', undefined, { 'x-long': 'x'.repeat(20_000) });
  expect(answer.status).toBe(431);
  expect((await client.get('/organization')).status).toBe(200);
});

test('clients that hang up, in the middle of a request or of an answer, do no harm', async () => {
  const client = await startClient({ latencyMs: 20 });
  await client.seed(...Array.from({ length: 500 }, (_, i) => person(`p${i}`)));
  const port = Number(new URL(client.tenant.authority).port);
  const head = (method: string, more: string) =>
    `${method} /v1.0/users?$top=500 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${client.token}\r\n${more}\r\n`;
  const texts = [
    head('POST', 'Content-Type: application/json\r\nContent-Length: 1000\r\n').concat('{"half'),
    head('GET', ''),
    'GET /v1.0/us',
    'nonsense\r\n\r\n',
  ];
  for (let i = 0; i < 40; i += 1) {
    await new Promise<void>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.write(texts[i % texts.length]!);
        setTimeout(() => socket.destroy(), i);
      });
      socket.on('error', () => undefined);
      socket.on('close', () => resolve());
    });
  }
  expect((await client.get('/organization')).status).toBe(200);
});

test('it ends promptly although clients wait for answers', async () => {
  const tenant = await startTenant({ latencyMs: 30_000 });
  const waiting = fetch(`${tenant.graph}/organization`).catch((error: unknown) => error);
  while (tenant.stats().requests === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  const from = performance.now();
  await tenant.close();
  expect(await waiting).toBeInstanceOf(Error);
  expect(performance.now() - from).toBeLessThan(10_000);
});

test("§1.3 a token ends by the tenant's clock, and says when by the clock on the wall", async () => {
  const client = await startClient({ timeScale: 100 });
  const { expires_in: seconds } = (await (await tokenRequest(client.tenant, goodForm(client.tenant))).json()) as {
    expires_in: number;
  };
  expect(seconds).toBe(35);
  expect((await client.get('/organization')).status).toBe(200);
  await client.control('POST', 'clock', { advance: 'PT1H1M' });
  expect(errorOf(await client.get('/organization'))).toMatchObject({ status: 401, code: 'InvalidAuthenticationToken' });
  expect((await (await clientOf(client.tenant)).get('/organization')).status).toBe(200);
});

test('many clients at once lose no write and get no error', async () => {
  const client = await startClient();
  const statuses = await Promise.all(
    Array.from({ length: 200 }, async (_, i) => {
      const { status } = await client.post('/users', newUser(`p${i}`));
      return [status, (await client.get(`/users/p${i}@contoso.com`)).status];
    }),
  );
  expect(statuses.filter(([post, get]) => post !== 201 || get !== 200)).toEqual([]);
  expect(await client.all('/users')).toHaveLength(200);
});
