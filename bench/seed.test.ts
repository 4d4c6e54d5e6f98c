import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { runSeed } from './seed.ts';

const ROLE_ID = 'role-1';
const USERS: Readonly<Record<string, readonly { id: string; accountEnabled: boolean }[]>> = {
  'ann@contoso.com': [{ id: 'u1', accountEnabled: true }],
  "o'neil@contoso.com": [{ id: 'u2', accountEnabled: false }],
  'twins@contoso.com': [
    { id: 'u3', accountEnabled: true },
    { id: 'u4', accountEnabled: true },
  ],
};

let server: Server;
let asked: string[] = [];
let assigned: string[] = [];
let throttleNext = false;

/** A directory just good enough for the procedure: Ann has her role already. */
const listen = async (): Promise<string> => {
  asked = [];
  assigned = [];
  throttleNext = false;
  server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    const answer = (status: number, body: unknown, headers = {}) => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
    };
    asked.push(`${request.method} ${decodeURIComponent(url.pathname + url.search)}`);
    if (throttleNext) {
      throttleNext = false;
      answer(429, {}, { 'retry-after': '0' });
    } else if (request.method === 'POST') {
      let body = '';
      request.on('data', (chunk) => {
        body += chunk;
      });
      request.on('end', () => {
        assigned.push(JSON.parse(body).principalId);
        answer(201, {});
      });
    } else if (url.pathname === '/v1.0/users') {
      const filter = url.searchParams.get('$filter') ?? '';
      const value = /eq '(.*)'$/.exec(filter)?.[1]?.replaceAll("''", "'") ?? '';
      if (value.startsWith('broken')) answer(400, { error: { code: 'BadRequest' } });
      else answer(200, { value: USERS[value] ?? [] });
    } else if (url.pathname === '/v1.0/servicePrincipals') {
      const appRoles = [{ id: ROLE_ID, displayName: 'General', allowedMemberTypes: ['User'] }];
      answer(200, { value: [{ id: 'sp1', appRoles }] });
    } else answer(200, { value: [{ principalId: 'u1' }] });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1.0`;
};

afterEach(() => new Promise((resolve) => server.close(resolve)));

const CSV = [
  'Name,EMail',
  '"Ann, the first",ann@contoso.com',
  "Pat,o'neil@contoso.com",
  'Twin,twins@contoso.com',
  'Nobody,nobody@contoso.com',
  'No address,',
  'Ann again,ANN@contoso.com',
  'Broken,broken@contoso.com',
].join('\r\n');

const seed = (graph: string, more: { limit?: number; matchOnly?: boolean } = {}) =>
  runSeed({
    graph,
    token: 'none',
    csv: CSV,
    column: 'EMail',
    attribute: 'userPrincipalName',
    app: 'A',
    role: 'General',
    ...more,
  });

test('each row is counted once, by what the procedure says of it', async () => {
  const { rows, counts } = await seed(await listen());
  expect({ rows, ...counts }).toEqual({
    rows: 7,
    matched: 2,
    notEnabled: 1,
    ambiguous: 1,
    notMatched: 1,
    notQueried: 1,
    duplicate: 1,
    failed: 1,
    assigned: 1,
  });
});

test('each new value costs one request, and who has the role already is not assigned again', async () => {
  const { requests, matchRequests } = await seed(await listen());
  expect(matchRequests).toBe(5);
  // The service principal, its assignments, and one write.
  expect(requests).toBe(8);
  expect(asked).toHaveLength(8);
  expect(assigned).toEqual(['u2']);
});

test('matching alone writes nothing, and a limit cuts the list', async () => {
  const result = await seed(await listen(), { limit: 2, matchOnly: true });
  expect(result.rows).toBe(2);
  expect(result.seconds.assign).toBeUndefined();
  expect(asked).toHaveLength(2);
});

test('a throttled lookup is sent again, and both count', async () => {
  const graph = await listen();
  throttleNext = true;
  const result = await seed(graph, { limit: 1, matchOnly: true });
  expect(result.counts.matched).toBe(1);
  expect(result.requests).toBe(2);
});
