// The client of web APIs: sign-in, certificates, proxies, time limits, repeats, and what it says when something goes wrong.
import { writeFile } from 'node:fs/promises';
import { createServer as createPlain } from 'node:http';
import { createServer as createSecure } from 'node:https';
import { type AddressInfo, connect, createServer as createTcp, type Server } from 'node:net';
import { inspect } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { json, serve } from '../../../test/support/http.ts';
import { hostIdentity } from '../../../test/support/tls.ts';
import { fileWith, toolsWith, WEB } from '../../../test/support/web.ts';
import { SourceError } from '../../model/errors.ts';
import type { WebSettings, WebSignIn } from '../../model/web-settings.ts';
import { openWebClient } from './client.ts';

const SECRETS = { PASSWORD: 'wörd:"quoted"', TOKEN: 'tok-en-0815', KEY: 'k&y=4711', CLIENT: 's3cret/+' };

const clientWith = async (
  settings: Partial<WebSettings> = {},
  env: Readonly<Record<string, string>> = {},
  signal = new AbortController().signal,
) => {
  const client = await openWebClient({ ...WEB, ...settings }, { ...toolsWith(SECRETS), env }, signal);
  onTestFinished(() => client.close());
  return client;
};

const read = async (address: string, ...with_: Parameters<typeof clientWith>) => {
  const client = await clientWith(...with_);
  const answer = await client.read({ method: 'GET', url: new URL(address), headers: {} });
  return Buffer.from(answer.body).toString();
};

/** The error, after making sure that no secret stands anywhere in it. */
const failure = async (reading: Promise<unknown>): Promise<SourceError> => {
  const error = await reading.then(
    () => new Error('it was read'),
    (reason) => reason,
  );
  expect(error).toBeInstanceOf(SourceError);
  const whole = inspect(error, { depth: 9, showHidden: true });
  for (const secret of Object.values(SECRETS)) expect(whole).not.toContain(secret);
  return error as SourceError;
};

const listening = async (server: Server): Promise<number> => {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(() => {
    server.close();
  });
  return (server.address() as AddressInfo).port;
};

const FIXED: readonly [name: string, signIn: WebSignIn, header: string | undefined, url: string][] = [
  ['nobody', { kind: 'none' }, undefined, '/a?b=c'],
  [
    'user and password',
    { kind: 'basic', user: 'svc', password: { env: 'PASSWORD' } },
    `Basic ${Buffer.from('svc:wörd:"quoted"').toString('base64')}`,
    '/a?b=c',
  ],
  ['a token', { kind: 'bearer', token: { env: 'TOKEN' } }, 'Bearer tok-en-0815', '/a?b=c'],
  [
    'a key in the query',
    { kind: 'apiKey', in: 'query', name: 'key', key: { env: 'KEY' } },
    undefined,
    '/a?b=c&key=k%26y%3D4711',
  ],
];

test.each(FIXED)('signs in as %s', async (_name, signIn, header, url) => {
  const api = await serve((_heard, response) => json(response, 200, []));
  await read(`${api.origin}/a?b=c`, { signIn });
  expect(api.heard[0]!.headers.authorization).toBe(header);
  expect(api.heard[0]!.url).toBe(url);
});

test('a key in a header goes there', async () => {
  const api = await serve((_heard, response) => json(response, 200, []));
  await read(api.origin, { signIn: { kind: 'apiKey', in: 'header', name: 'X-Api-Key', key: { env: 'KEY' } } });
  expect(api.heard[0]!.headers['x-api-key']).toBe('k&y=4711');
});

const clientCredentials = (origin: string, as: 'basic' | 'body' = 'basic'): WebSignIn => ({
  kind: 'clientCredentials',
  tokenUrl: `${origin}/token`,
  clientId: 'roll call',
  secret: { env: 'CLIENT' },
  scope: 'users.read groups.read',
  as,
  more: { audience: 'https://api.contoso.com' },
});

test('client credentials stand in the header, encoded as in a form, or in the body, with scope and further parameters', async () => {
  const api = await serve(({ url }, response) =>
    json(
      response,
      200,
      url === '/token' ? { access_token: 'fresh-token', token_type: 'bearer', expires_in: 3600 } : [],
    ),
  );
  await read(api.origin, { signIn: clientCredentials(api.origin) });
  await read(api.origin, { signIn: clientCredentials(api.origin, 'body') });
  const [inHeader, used, inBody] = api.heard;
  expect(inHeader).toMatchObject({ method: 'POST', url: '/token' });
  expect(inHeader!.headers.authorization).toBe(`Basic ${Buffer.from('roll+call:s3cret%2F%2B').toString('base64')}`);
  const form = {
    grant_type: 'client_credentials',
    scope: 'users.read groups.read',
    audience: 'https://api.contoso.com',
  };
  expect(Object.fromEntries(new URLSearchParams(inHeader!.body))).toEqual(form);
  expect(used!.headers.authorization).toBe('Bearer fresh-token');
  expect(inBody!.headers.authorization).toBeUndefined();
  expect(Object.fromEntries(new URLSearchParams(inBody!.body))).toEqual({
    ...form,
    client_id: 'roll call',
    client_secret: 's3cret/+',
  });
});

test('a token is used as long as it lives, and another is asked for when it is refused', async () => {
  let issued = 0;
  let refused = false;
  const api = await serve(({ url, headers }, response) => {
    if (url === '/token') {
      issued += 1;
      return json(response, 200, { access_token: `token-${issued}`, expires_in: 3600 });
    }
    // The first one is withdrawn in the middle.
    if (url === '/3') refused = true;
    const good = headers.authorization === (refused ? 'Bearer token-2' : 'Bearer token-1');
    return json(response, good ? 200 : 401, url);
  });
  const client = await clientWith({ signIn: clientCredentials(api.origin) });
  for (const path of ['/1', '/2', '/3', '/4']) {
    const answer = await client.read({ method: 'GET', url: new URL(path, api.origin), headers: {} });
    expect(Buffer.from(answer.body).toString()).toBe(JSON.stringify(path));
  }
  expect(issued).toBe(2);
});

test('a token that is about to expire is not used', async () => {
  let issued = 0;
  const api = await serve(({ url }, response) => {
    if (url === '/token') issued += 1;
    json(response, 200, { access_token: `token-${issued}`, expires_in: 0 });
  });
  const client = await clientWith({ signIn: clientCredentials(api.origin) });
  for (let i = 0; i < 3; i += 1) await client.read({ method: 'GET', url: new URL(api.origin), headers: {} });
  expect(issued).toBe(3);
});

test('a token endpoint that refuses is told with what OAuth says, and without the secret that it repeats', async () => {
  const api = await serve((_heard, response) =>
    json(response, 401, { error: 'invalid_client', error_description: 'no client with s3cret/+', access_token: 'x' }),
  );
  const error = await failure(read(api.origin, { signIn: clientCredentials(api.origin) }));
  expect(error.code).toBe('noToken');
  expect(error.message).toBe(
    `${api.origin}/token, token: no token was given: status 401, invalid_client: no client with ***`,
  );
});

test('a token refused twice is no sign-in', async () => {
  const api = await serve(({ url }, response) =>
    url === '/token' ? json(response, 200, { access_token: 'fresh-token' }) : json(response, 401, {}),
  );
  expect((await failure(read(api.origin, { signIn: clientCredentials(api.origin) }))).code).toBe('signInRefused');
  expect(api.heard).toHaveLength(4);
});

test.each([
  [401, 'signInRefused'],
  [403, 'noPermission'],
  [404, 'notFound'],
  [400, 'refused'],
  [500, 'serverError'],
  [304, 'redirected'],
])('status %i is %s, with the first words of the answer and no secret', async (status, code) => {
  const api = await serve(({ url }, response) => {
    response.writeHead(status, { 'content-type': 'text/html' });
    response.end(
      status === 304
        ? undefined
        : `<html><style>p{}</style><body><p>Not\n now, ${url}, k&y=4711</p>${'x'.repeat(500)}</body>`,
    );
  });
  const signIn: WebSignIn = { kind: 'apiKey', in: 'query', name: 'key', key: { env: 'KEY' } };
  const error = await failure(read(`${api.origin}/users?page=2`, { signIn }));
  expect(error.code).toBe(code);
  expect(error.place).toEqual({ address: `${api.origin}/users` });
  expect(error.message).toContain(`status ${status}`);
  if (status !== 304) expect(error.message).toContain('it begins: "Not now, /users?page=2&key=***, *** xxx');
  expect(error.message.length).toBeLessThan(350);
});

test.each([429, 502, 503, 504])('status %i is asked again, after as long as Retry-After says', async (status) => {
  const times: number[] = [];
  const api = await serve((_heard, response) => {
    times.push(performance.now());
    if (times.length < 3)
      json(response, status, {}, { 'retry-after': times.length === 1 ? '1' : new Date().toUTCString() });
    else json(response, 200, 'at last');
  });
  expect(await read(api.origin, { repeats: 2 })).toBe('"at last"');
  expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(990);
});

test('repeats are bounded in count', async () => {
  const api = await serve((_heard, response) => json(response, 429, 'slow down', { 'retry-after': '0' }));
  const error = await failure(read(api.origin, { repeats: 3 }));
  expect(error.code).toBe('tooManyRequests');
  expect(error.message).toContain('slow down');
  expect(api.heard).toHaveLength(4);
});

test('repeats are bounded in time', async () => {
  const api = await serve((_heard, response) => json(response, 503, {}, { 'retry-after': '3600' }));
  const error = await failure(read(api.origin, { repeats: 3 }));
  expect(error.code).toBe('unavailable');
  expect(error.message).toContain('asks to wait 3,600 seconds more');
  expect(api.heard).toHaveLength(1);
});

test('waiting ends when a person stops it', async () => {
  const stop = new AbortController();
  const api = await serve((_heard, response) => {
    json(response, 503, {}, { 'retry-after': '4' });
    setTimeout(() => stop.abort(new Error('stopped by a person')), 50);
  });
  await expect(read(api.origin, {}, {}, stop.signal)).rejects.toThrow('stopped by a person');
});

test('half an answer is asked for again', async () => {
  const api = await serve((_heard, response) => {
    response.writeHead(200, { 'content-length': '8' });
    response.write('half');
    if (api.heard.length === 1) setTimeout(() => response.destroy(), 20);
    else response.end('half');
  });
  expect(await read(api.origin)).toBe('halfhalf');
});

test('a server that never says anything, and one that never ends, are errors', async () => {
  const silent = await serve(() => {});
  const error = await failure(read(silent.origin, { timeLimits: { connect: 0.2, silence: 0.2, answer: 9 } }));
  expect([error.code, error.message]).toEqual(['timeout', `${silent.origin}/: nothing came for 0.2 seconds`]);
  const endless = await serve((_heard, response) => {
    const timer = setInterval(() => response.write('.'), 20);
    response.on('close', () => clearInterval(timer));
  });
  const late = await failure(read(endless.origin, { timeLimits: { connect: 1, silence: 5, answer: 0.5 } }));
  expect([late.code, late.message]).toEqual(['timeout', `${endless.origin}/: the answer took longer than 0.5 seconds`]);
});

test('an answer that is compressed though nobody asked for it is told as that', async () => {
  const api = await serve((_heard, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('x'));
  expect((await failure(read(api.origin))).code).toBe('compressed');
  expect(api.heard[0]!.headers['accept-encoding']).toBe('identity');
});

test('an answer that is too large is not read', async () => {
  const api = await serve((_heard, response) => response.end(Buffer.alloc(2 ** 20 + 1)));
  const error = await failure(read(api.origin, { maxAnswerBytes: 2 ** 20 }));
  expect([error.code, error.message]).toEqual(['tooLarge', `${api.origin}/: the answer is larger than 1 MiB`]);
});

test('a redirect within the host is followed, with sign-in; one to another host never', async () => {
  const other = await serve((_heard, response) => json(response, 200, 'stolen'));
  const api = await serve(({ url }, response) => {
    if (url === '/there') return json(response, 200, 'here');
    return json(response, 302, {}, { location: url === '/away' ? `${other.origin}/?code=1` : '/there' });
  });
  const signIn: WebSignIn = { kind: 'bearer', token: { env: 'TOKEN' } };
  expect(await read(`${api.origin}/moved`, { signIn })).toBe('"here"');
  expect(api.heard[1]!.headers.authorization).toBe('Bearer tok-en-0815');
  const error = await failure(read(`${api.origin}/away`, { signIn }));
  expect([error.code, error.message]).toEqual([
    'redirected',
    `${api.origin}/away: status 302 leads to ${other.origin}/`,
  ]);
  expect(other.heard).toEqual([]);
});

test('redirects in a ring end', async () => {
  const api = await serve((_heard, response) => json(response, 302, {}, { location: '/again' }));
  expect((await failure(read(api.origin))).code).toBe('redirected');
  expect(api.heard.length).toBeLessThan(10);
});

test('a POST that is redirected keeps its method and body, or is an error', async () => {
  const api = await serve(({ url }, response) => {
    if (url === '/there') return json(response, 200, {});
    return json(response, Number(url.slice(1)), {}, { location: '/there' });
  });
  const client = await clientWith();
  const post = (status: number) =>
    client.read({ method: 'POST', url: new URL(`/${status}`, api.origin), headers: {}, body: 'search' });
  await post(307);
  expect(api.heard[1]).toMatchObject({ method: 'POST', body: 'search' });
  expect((await failure(post(302))).code).toBe('redirected');
});

test('nobody there, no such host, no HTTP: each is told as what it is', async () => {
  const gone = createTcp();
  const port = await listening(gone);
  await new Promise<void>((done) => gone.close(() => done()));
  expect((await failure(read(`http://127.0.0.1:${port}`))).code).toBe('unreachable');
  expect((await failure(read('https://nowhere.invalid/'))).code).toBe('unknownHost');
  const shell = createTcp((socket) => socket.end('SSH-2.0-OpenSSH\r\n'));
  expect((await failure(read(`http://127.0.0.1:${await listening(shell)}`))).code).toBe('notHttp');
});

test('waiting for a connection is an error after the time limit', async () => {
  // Nobody accepts: the queue of the one that listens is full of nothing but itself.
  const error = await failure(
    read(
      'https://api.example.com/',
      { timeLimits: { connect: 0.5, silence: 1, answer: 5 } },
      {
        HTTPS_PROXY: `http://127.0.0.1:${await listening(createTcp(() => {}))}`,
      },
    ),
  );
  expect(error.code).toBe('timeout');
});

const secureApi = async (options: { readonly requestCert?: boolean; readonly ca?: string } = {}) => {
  const identity = await hostIdentity('localhost');
  const seen: { client?: string }[] = [];
  const server = createSecure({ ...identity, ...options, rejectUnauthorized: false }, (request, response) => {
    const { subject } = (request.socket as import('node:tls').TLSSocket).getPeerCertificate();
    seen.push(subject === undefined ? {} : { client: String(subject.CN) });
    json(response, 200, 'safe');
  });
  const port = await listening(server);
  const caFile = await fileWith(identity.ca);
  return { address: `https://localhost:${port}/`, caFile, seen, port };
};

test('a server is verified always, against caFile too', async () => {
  const { address, caFile } = await secureApi();
  const error = await failure(read(address));
  expect(error.code).toBe('untrusted');
  expect(error.remedy).toContain('caFile');
  expect(await read(address, { caFile })).toBe('"safe"');
  expect((await failure(read(address.replace('localhost', '127.0.0.1'), { caFile }))).code).toBe('untrusted');
  expect((await failure(read(address, { caFile: `${caFile}.missing` }))).code).toBe('badCertificates');
});

test('a client certificate is shown', async () => {
  const { address, caFile, seen } = await secureApi({ requestCert: true });
  const { cert, key } = await hostIdentity('rollcall-client');
  const file = await fileWith(`${cert}\n${key}`);
  await read(address, { caFile, clientCertificate: { file, password: null } });
  expect(seen).toEqual([{ client: 'rollcall-client' }]);
  await writeFile(file, cert);
  const error = await failure(read(address, { caFile, clientCertificate: { file, password: null } }));
  expect(error.code).toBe('badClientCertificate');
});

/** A proxy that connects every host to one port of this machine, and writes down whom it was asked for. */
const tunnel = async (port: number, status = 200) => {
  const asked: { readonly host: string | undefined; readonly authorization: string | undefined }[] = [];
  const proxy = createPlain();
  proxy.on('connect', (request, client) => {
    asked.push({ host: request.url, authorization: request.headers['proxy-authorization'] });
    if (status !== 200) return client.end(`HTTP/1.1 ${status} No\r\n\r\n`);
    const upstream = connect(port, '127.0.0.1', () => client.write('HTTP/1.1 200 OK\r\n\r\n'));
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      one.on('error', () => other.destroy());
      one.pipe(other);
    }
    return undefined;
  });
  return { asked, port: await listening(proxy) };
};

test('a proxy is passed, and what NO_PROXY names is not sent through it', async () => {
  const { caFile, port } = await secureApi();
  const proxy = await tunnel(port);
  const env = { HTTPS_PROXY: `http://user:pa%20ss@127.0.0.1:${proxy.port}` };
  // The certificate is for localhost: the proxy leads there whatever it is asked for.
  const error = await failure(read('https://api.example.com/', { caFile }, env));
  expect(error.code).toBe('untrusted');
  expect(error.message).not.toContain('pa%20ss');
  const authorization = `Basic ${Buffer.from('user:pa ss').toString('base64')}`;
  expect(proxy.asked).toEqual([{ host: 'api.example.com:443', authorization }]);
  await failure(read('https://api.example.invalid/', { caFile }, { ...env, NO_PROXY: 'example.invalid' }));
  expect(proxy.asked).toHaveLength(1);
});

test('a proxy that refuses is told as one', async () => {
  const proxy = await tunnel(1, 407);
  const env = { https_proxy: `http://127.0.0.1:${proxy.port}` };
  const error = await failure(read('https://api.example.com/', {}, env));
  expect([error.code, error.message]).toEqual([
    'proxyFailed',
    'https://api.example.com/: the proxy refused with status 407',
  ]);
});
