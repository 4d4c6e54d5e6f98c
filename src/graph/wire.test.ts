// The whole way of a request, over real HTTP.
import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { handClock } from '../../test/support/graph.ts';
import { json, serve } from '../../test/support/http.ts';
import { DirectoryError } from '../model/errors.ts';
import { connect } from './connect.ts';

const TOKEN = 'marked-token.e30.x';

const connected = (origin: string, notices: string[] = []) => {
  const clock = handClock();
  const credential = { getToken: async () => ({ token: TOKEN, expiresOnTimestamp: clock.now() + 3_600_000 }) };
  return connect({ graph: `${origin}/v1.0/`, credential, clock, onNotice: (text) => notices.push(text) });
};

const read = async (pages: AsyncIterable<readonly unknown[]>): Promise<readonly unknown[]> => {
  const all: unknown[] = [];
  for await (const page of pages) all.push(...page);
  return all;
};

test('a request carries the token, an id and a name; values arrive as they are', async () => {
  const server = await serve((_, response) => json(response, 200, { value: [] }));
  await connected(server.origin).findApplicationsByName("O'Neil & Söhne #1 100%+");
  const { url, headers } = server.heard[0]!;
  expect(headers['authorization']).toBe(`Bearer ${TOKEN}`);
  expect(headers['client-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  expect(headers['user-agent']).toMatch(/^rollcall/);
  const query = new URL(url, server.origin);
  expect(query.pathname).toBe('/v1.0/applications');
  expect(query.searchParams.get('$filter')).toBe("displayName eq 'O''Neil & Söhne #1 100%+'");
});

test('all attempts of a call carry the same id', async () => {
  let times = 0;
  const server = await serve((_, response) => {
    times += 1;
    json(response, times === 1 ? 503 : 200, { value: [] }, { 'retry-after': '1' });
  });
  await connected(server.origin).findApplicationsByName('x');
  const ids = server.heard.map(({ headers }) => headers['client-request-id']);
  expect(ids).toHaveLength(2);
  expect(new Set(ids).size).toBe(1);
});

test('an answer that is cut off in the middle is asked for again', async () => {
  let times = 0;
  const server = await serve((_, response) => {
    times += 1;
    if (times > 2) return json(response, 200, { value: [{ id: '1' }] });
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
    response.write('{"value":[{"id"');
    setTimeout(() => response.destroy(), 5);
  });
  expect(await read(connected(server.origin).readUsers(['mail']))).toEqual([{ id: '1' }]);
  expect(times).toBe(3);
});

test('a long outage is told', async () => {
  const server = await serve((_, response) => json(response, 503, {}));
  const notices: string[] = [];
  await expect(read(connected(server.origin, notices).readUsers([]))).rejects.toBeInstanceOf(DirectoryError);
  expect(notices[0]).toMatch(/^Microsoft Graph answered 503; trying again in \d+ seconds\.$/);
});

test('a link to another host is not followed, so that the token stays here', async () => {
  const elsewhere = await serve((_, response) => json(response, 200, { value: [] }));
  const server = await serve((_, response) =>
    json(response, 200, { value: [{ id: '1' }], '@odata.nextLink': `${elsewhere.origin}/v1.0/users?$skiptoken=1` }),
  );
  await expect(read(connected(server.origin).readUsers([]))).rejects.toThrow('leads to another host');
  expect(elsewhere.heard).toHaveLength(0);
});

test('a redirection is not followed either', async () => {
  const elsewhere = await serve((_, response) => json(response, 200, { value: [] }));
  const server = await serve((_, response) => {
    response.writeHead(302, { location: `${elsewhere.origin}/v1.0/users` });
    response.end();
  });
  await expect(read(connected(server.origin).readUsers([]))).rejects.toMatchObject({ failure: { status: 302 } });
  expect(elsewhere.heard).toHaveLength(0);
});

test('no error holds the token or the password, however closely it is looked at', async () => {
  const server = await serve((_, response) => response.destroy());
  const directory = connected(server.origin);
  const password = 'marked-password-17';
  const [result] = await directory.write([
    { kind: 'createUser', properties: { userPrincipalName: 'a@contoso.com' }, password },
  ]);
  expect(result!.status).toBe('unknown');
  const error = await directory.countUsers().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(DirectoryError);
  for (const shown of [inspect(result, { depth: 20 }), inspect(error, { depth: 20, showHidden: true })]) {
    expect(shown).not.toContain(password);
    expect(shown).not.toContain('marked-token');
  }
  expect(server.heard[0]!.body).toContain(password);
});

test('a page of a proxy in place of a list is asked for again, and told if it stays', async () => {
  let pages = 2;
  const server = await serve((_, response) => {
    pages -= 1;
    if (pages < 0) return json(response, 200, { value: [{ id: '1' }] });
    response.writeHead(200, { 'content-type': 'text/html' });
    response.end('<html>Sign in to the network</html>');
  });
  expect(await read(connected(server.origin).readUsers([]))).toEqual([{ id: '1' }]);
  expect(server.heard).toHaveLength(3);
  pages = 99;
  await expect(read(connected(server.origin).readUsers([]))).rejects.toMatchObject({
    failure: { status: 0, code: 'ForeignAnswer', message: expect.stringContaining('a proxy or another server') },
  });
});

test('half an answer in one piece is asked for again; of a write it is no answer, and the write is sent once', async () => {
  let times = 0;
  const server = await serve(({ method }, response) => {
    times += 1;
    if (method === 'GET' && times > 1) return json(response, 200, { value: [{ id: '1' }] });
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end('{"value":[{"id"');
  });
  expect(await read(connected(server.origin).readUsers([]))).toEqual([{ id: '1' }]);
  const [result] = await connected(server.origin).write([{ kind: 'createServicePrincipal', appId: 'a' }]);
  expect(result).toMatchObject({ status: 'unknown', failure: { code: 'HalfAnswer' } });
  expect(server.heard.map(({ method }) => method)).toEqual(['GET', 'GET', 'POST']);
});

test('a gateway that gave up on a write leaves it unknown, and it is sent once', async () => {
  for (const status of [502, 503, 504]) {
    const server = await serve((_, response) => {
      response.writeHead(status, { 'content-type': 'text/html' });
      response.end('<h1>Gateway</h1>');
    });
    const [result] = await connected(server.origin).write([{ kind: 'createServicePrincipal', appId: 'a' }]);
    expect(result).toMatchObject({ status: 'unknown', failure: { status } });
    expect(server.heard).toHaveLength(1);
  }
});

test('a claims challenge in the middle of the work is answered with a token for these claims, asked for once', async () => {
  const claims = JSON.stringify({ access_token: { nbf: { essential: true, value: '1604106651' } } });
  const challenge = `Bearer realm="", error="insufficient_claims", claims="${Buffer.from(claims).toString('base64')}"`;
  const server = await serve(({ headers }, response) =>
    headers['authorization'] === 'Bearer second'
      ? json(response, 200, { value: [{ id: '1' }] })
      : json(response, 401, { error: { code: 'InvalidAuthenticationToken' } }, { 'www-authenticate': challenge }),
  );
  const asked: unknown[] = [];
  const clock = handClock();
  const getToken = async (_: string | string[], options?: { claims?: string }) => {
    asked.push(options?.claims);
    return { token: asked.length === 1 ? 'first' : 'second', expiresOnTimestamp: clock.now() + 3_600_000 };
  };
  const directory = connect({ graph: `${server.origin}/v1.0`, credential: { getToken }, clock });
  const lists = await Promise.all(['a', 'b', 'c'].map((name) => directory.findApplicationsByName(name)));
  expect(lists.map((list) => list.length)).toEqual([1, 1, 1]);
  expect(asked).toEqual([undefined, claims]);
});

test('a write that is on its way when the work is stopped is waited for; one that is not, is not sent', async () => {
  const stop = new AbortController();
  const server = await serve((_, response) => {
    stop.abort(new Error('Ctrl-C'));
    setTimeout(() => json(response, 201, { id: 'sp' }), 30);
  });
  const directory = connected(server.origin);
  const write = { kind: 'createServicePrincipal', appId: 'a' } as const;
  expect(await directory.write([write], stop.signal)).toMatchObject([{ status: 'done', id: 'sp' }]);
  expect(await directory.write([write], stop.signal)).toMatchObject([{ status: 'notSent' }]);
  expect(await directory.write([write, write], stop.signal)).toMatchObject([
    { status: 'notSent' },
    { status: 'notSent' },
  ]);
  expect(server.heard).toHaveLength(1);
});

test('what users hold of an application is asked for together; users who are not there hold nothing', async () => {
  const server = await serve(({ body }, response) => {
    const { requests } = JSON.parse(body) as { requests: { id: string; url: string }[] };
    json(response, 200, {
      responses: requests.map(({ id, url }) =>
        url.startsWith('/users/u2/')
          ? { id, status: 404, body: { error: { code: 'Request_ResourceNotFound', message: 'not there' } } }
          : { id, status: 200, body: { value: [{ id: 'x', principalId: 'u1', appRoleId: 'r' }] } },
      ),
    });
  });
  const held = await connected(server.origin).assignmentsOfUsers('sp', ['u1', 'u2']);
  expect(held).toMatchObject([{ principalId: 'u1', appRoleId: 'r' }]);
  expect(server.heard).toHaveLength(1);
});

test('a write without an answer is sent once', async () => {
  const server = await serve((_, response) => response.destroy());
  await connected(server.origin).write([{ kind: 'createServicePrincipal', appId: 'a' }]);
  expect(server.heard).toHaveLength(1);
});

test('an object that is not there is undefined; a server that is not Graph is an error', async () => {
  const absent = await serve((_, response) =>
    json(response, 404, { error: { code: 'Request_ResourceNotFound', message: 'not there' } }),
  );
  expect(await connected(absent.origin).findApplicationByUniqueName('x')).toBeUndefined();
  const other = await serve((_, response) => {
    response.writeHead(404, { 'content-type': 'text/html' });
    response.end('<h1>Not Found</h1>');
  });
  await expect(connected(other.origin).findApplicationByUniqueName('x')).rejects.toThrow('a proxy or another server');
});

test('stopping ends a request that is under way', async () => {
  const stop = new AbortController();
  const server = await serve(() => stop.abort(new Error('stopped by the user')));
  await expect(connected(server.origin).countUsers(stop.signal)).rejects.toThrow('stopped by the user');
});

test('a server that is not there is told with its address and what to check', async () => {
  const notices: string[] = [];
  const error = await connected('http://127.0.0.1:1', notices)
    .countUsers()
    .catch((thrown: unknown) => thrown);
  expect((error as DirectoryError).failure).toMatchObject({ status: 0, code: 'ECONNREFUSED' });
  expect((error as DirectoryError).message).toContain('no answer from 127.0.0.1:1');
});

test('the audit log is asked at most five times in ten seconds', async () => {
  const server = await serve((_, response) => json(response, 200, { value: [] }));
  const clock = handClock();
  const credential = { getToken: async () => ({ token: TOKEN, expiresOnTimestamp: clock.now() + 3_600_000 }) };
  const directory = connect({ graph: `${server.origin}/v1.0`, credential, clock });
  await Promise.all(Array.from({ length: 12 }, () => directory.auditEvents("it's", '2026-11-23T10:00:00.0000000Z')));
  expect(clock.slept).toEqual([10_000, 10_000]);
  const { searchParams } = new URL(server.heard[0]!.url, server.origin);
  expect(searchParams.get('$filter')).toBe(
    "activityDateTime ge 2026-11-23T10:00:00.000Z and targetResources/any(t:t/id eq 'it''s')",
  );
});

test('what the token says of the session is read from it', async () => {
  const clock = handClock();
  const session = (claims: unknown) => {
    const token = `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.x`;
    const credential = { getToken: async () => ({ token, expiresOnTimestamp: clock.now() + 3_600_000 }) };
    return connect({ graph: 'https://graph.example.com/v1.0', credential, clock }).session();
  };
  expect(await session({ tid: 't', appid: 'c', oid: 'o', roles: ['User.Read.All'] })).toEqual({
    kind: 'app',
    clientId: 'c',
    tenantId: 't',
    permissions: ['User.Read.All'],
    roleIds: null,
    name: 'service principal o',
  });
  expect(
    await session({
      tid: 't',
      azp: 'c',
      upn: 'ana@contoso.com',
      scp: 'User.Read.All openid',
      roles: ['x'],
      wids: ['fe930be7-5e62-47db-91af-98c3a49a38b1'],
    }),
  ).toEqual({
    kind: 'user',
    clientId: 'c',
    tenantId: 't',
    permissions: ['User.Read.All', 'openid'],
    roleIds: ['fe930be7-5e62-47db-91af-98c3a49a38b1'],
    name: 'ana@contoso.com',
  });
  expect(await session({ tid: 't', appid: 'c', oid: 'o' })).toMatchObject({ kind: 'app', permissions: [] });
});

const DOMAINS = [{ name: 'contoso.com' }, { name: 'contoso.onmicrosoft.com', isInitial: true }];

test('licences that may not be read are unknown, not absent', async () => {
  const server = await serve(({ url }, response) =>
    url.startsWith('/v1.0/subscribedSkus')
      ? json(response, 403, { error: { code: 'Authorization_RequestDenied', message: 'no' } })
      : json(response, 200, {
          value: [{ id: 't', displayName: 'Contoso', verifiedDomains: DOMAINS }],
        }),
  );
  const directory = connected(server.origin);
  expect(await directory.licences()).toBeNull();
  expect(await directory.tenant()).toEqual({
    tenantId: 't',
    displayName: 'Contoso',
    verifiedDomains: ['contoso.com', 'contoso.onmicrosoft.com'],
    ownDomains: ['contoso.com'],
  });
});

test('licences tell their status, the seats that count now, and the service plans that are there', async () => {
  const plan = (servicePlanId: string, provisioningStatus = 'Success') => ({ servicePlanId, provisioningStatus });
  const server = await serve((_, response) =>
    json(response, 200, {
      value: [
        {
          skuPartNumber: 'EMSPREMIUM',
          capabilityStatus: 'Warning',
          prepaidUnits: { enabled: 20, warning: 5, suspended: 100, lockedOut: 7 },
          servicePlans: [plan('AAAA'), plan('bbbb', 'Disabled'), plan('cccc', 'PendingProvisioning')],
        },
        { skuPartNumber: 'SPE_E5', capabilityStatus: 'Suspended', servicePlans: [] },
      ],
    }),
  );
  expect(await connected(server.origin).licences()).toEqual([
    { name: 'EMSPREMIUM', status: 'Warning', seats: 25, servicePlans: ['aaaa'] },
    { name: 'SPE_E5', status: 'Suspended', seats: 0, servicePlans: [] },
  ]);
});

test("a refusal, too, tells the directory's time; an answer without it tells none", async () => {
  const now = handClock().now();
  const skewBy = async (date: string) => {
    const server = await serve((_, response) => json(response, 403, { error: { code: 'x', message: 'no' } }, { date }));
    return connected(server.origin).clockSkew();
  };
  expect(await skewBy(new Date(now + 90_000).toUTCString())).toBe(90_500);
  expect(await skewBy(new Date(now - 360_000).toUTCString())).toBe(-359_500);
  expect(await skewBy('yesterday')).toBeNull();
});
