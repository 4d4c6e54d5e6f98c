// REST APIs page by page: each way to the next page, its end, and what must not pass for one; values; proposals.
import { expect, test } from 'vitest';
import { sourceOf } from '../../../src/collect/sources.ts';
import { SourceError } from '../../../src/model/errors.ts';
import type { RestPaging, RestSettings } from '../../../src/model/web-settings.ts';
import { type Heard, json, serve } from '../../support/http.ts';
import { toolsWith, WEB } from '../../support/web.ts';
import { readAll } from './suite.ts';

const ALL = Array.from({ length: 10 }, (_, i) => ({ id: i + 1 }));

const REST: Omit<RestSettings, 'address'> = {
  kind: 'rest',
  web: WEB,
  method: 'GET',
  headers: {},
  body: null,
  format: 'json',
  paging: { kind: 'none' },
  records: 'items',
  columns: { Id: 'id' },
  total: null,
};

interface Reply {
  readonly body: unknown;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An API that answers by what it is asked: the parameters of the query, and which request it is. */
const api = async (
  reply: (query: URLSearchParams, n: number, heard: Heard) => Reply,
  settings: Partial<RestSettings>,
) => {
  const { origin, heard } = await serve((one, response) => {
    const { body, status = 200, headers = {} } = reply(new URL(one.url, 'http://x').searchParams, heard.length, one);
    if (typeof body !== 'string') return json(response, status, body, { ...headers });
    response.writeHead(status, headers).end(body);
  });
  const all = { ...REST, address: `${origin}/items?state=all`, ...settings };
  return {
    origin,
    heard,
    settings: all,
    read: async () => (await readAll(all, toolsWith({ TOKEN: 'tok-en-0815' }))).accounts.map(({ cells }) => cells),
    fails: async (): Promise<SourceError> => {
      const error = await readAll(all, toolsWith({ TOKEN: 'tok-en-0815' })).catch((reason) => reason);
      expect(error).toBeInstanceOf(SourceError);
      expect(error.remedy).not.toBe('');
      return error;
    },
  };
};

const IDS = ALL.map(({ id }) => [String(id)]);
const slice = (from: number, to: number) => ALL.slice(from, to);

test('the next link is followed, from wherever it is said to be seen, until there is none', async () => {
  const { read, heard } = await api(
    (query) => {
      const from = Number(query.get('from') ?? 0);
      const next = from < 8 ? `?from=${from + 4}&state=all` : undefined;
      return { body: { items: slice(from, from + 4), next, total: 10 } };
    },
    { paging: { kind: 'nextLink', path: 'next' }, total: 'total' },
  );
  expect(await read()).toEqual(IDS);
  expect(heard.map(({ url }) => url)).toEqual([
    '/items?state=all',
    '/items?from=4&state=all',
    '/items?from=8&state=all',
  ]);
});

test('the Link header is followed, among other links', async () => {
  const { read } = await api(
    (query) => {
      const page = Number(query.get('page') ?? 1);
      const link = `</items?page=1>; rel="first"; title="a, b", </items?page=${page + 1}>; title="<x>"; rel="last next"`;
      return { body: { items: slice(page * 4 - 4, page * 4) }, ...(page < 3 && { headers: { link } }) };
    },
    { paging: { kind: 'linkHeader' } },
  );
  expect(await read()).toEqual(IDS);
});

test('a cursor is handed back, beside what else is asked for', async () => {
  const { read, heard } = await api(
    (query) => {
      const from = Number((query.get('cursor') ?? 'c=0').slice(2));
      return { body: { items: slice(from, from + 5), meta: { next: from === 0 ? 'c=5' : null } } };
    },
    { paging: { kind: 'cursor', path: 'meta.next', parameter: 'cursor' } },
  );
  expect(await read()).toEqual(IDS);
  expect(heard[1]!.url).toBe('/items?state=all&cursor=c%3D5');
});

const size = { parameter: 'size', value: 100 };

test('counted pages end with an empty one, though the API gives less than was asked for', async () => {
  const { read, heard } = await api(
    (query) => {
      const page = Number(query.get('p'));
      return { body: { items: slice(page * 4 - 4, page * 4) } };
    },
    { paging: { kind: 'page', parameter: 'p', first: 1, size } },
  );
  expect(await read()).toEqual(IDS);
  expect(heard).toHaveLength(4);
  expect(heard[0]!.url).toBe('/items?state=all&p=1&size=100');
});

test('counted pages end when the total is reached', async () => {
  const { read, heard } = await api(
    (query) => {
      const page = Number(query.get('p'));
      return page > 2 ? { status: 404, body: {} } : { body: { items: slice(page * 5, page * 5 + 5), count: '10' } };
    },
    { paging: { kind: 'page', parameter: 'p', first: 0, size: null }, total: 'count' },
  );
  expect(await read()).toEqual(IDS);
  expect(heard).toHaveLength(2);
});

test('offsets go on by what came', async () => {
  const { read, heard } = await api(
    (query) => {
      const from = Number(query.get('start'));
      return { body: { items: slice(from, from + 3) } };
    },
    { paging: { kind: 'offset', parameter: 'start', first: 0, size } },
  );
  expect(await read()).toEqual(IDS);
  expect(heard.map(({ url }) => new URL(url, 'http://x').searchParams.get('start'))).toEqual([
    '0',
    '3',
    '6',
    '9',
    '10',
  ]);
});

test('a search is sent by POST, with the paging in its body', async () => {
  const { read, heard } = await api(
    (_query, _n, { body }) => {
      const { from } = JSON.parse(body);
      return { body: { items: slice(from, from + 6) } };
    },
    {
      method: 'POST',
      body: { query: { active: true } },
      paging: { kind: 'offset', parameter: 'from', first: 0, size },
    },
  );
  expect(await read()).toEqual(IDS);
  expect(heard[0]).toMatchObject({ method: 'POST', url: '/items?state=all' });
  expect(heard[0]!.headers['content-type']).toBe('application/json');
  expect(JSON.parse(heard[1]!.body)).toEqual({ query: { active: true }, from: 6, size: 100 });
});

test('only GET and that POST are ever sent, with the headers that are asked for', async () => {
  const { read, heard } = await api(() => ({ body: { items: ALL } }), {
    headers: { 'X-Tenant': 'a', 'X-Second-Key': { env: 'TOKEN' } },
  });
  await read();
  expect(heard.map(({ method }) => method)).toEqual(['GET']);
  expect(heard[0]!.headers).toMatchObject({
    'x-tenant': 'a',
    'x-second-key': 'tok-en-0815',
    accept: 'application/json',
  });
});

const REPEATING: readonly [name: string, paging: RestPaging, body: (n: number) => unknown][] = [
  [
    'a next link that leads to its own page',
    { kind: 'nextLink', path: 'next' },
    () => ({ items: ALL, next: '?state=all' }),
  ],
  [
    'a next link that leads back',
    { kind: 'nextLink', path: 'next' },
    (n) => ({ items: [{ id: n }], next: `?b=${n % 3}` }),
  ],
  [
    'a cursor that comes again',
    { kind: 'cursor', path: 'next', parameter: 'c' },
    (n) => ({ items: [{ id: n }], next: 'x' }),
  ],
  ['a page that comes again', { kind: 'page', parameter: 'p', first: 1, size: null }, () => ({ items: ALL })],
];

test.each(REPEATING)('%s is an error', async (_name, paging, body) => {
  const { fails, heard } = await api((_query, n) => ({ body: body(n) }), { paging });
  expect((await fails()).code).toBe('repeatedPage');
  expect(heard.length).toBeLessThan(6);
});

test('a next page on another host is an error, and nobody there is asked', async () => {
  const other = await serve((_heard, response) => json(response, 200, { items: ALL }));
  const { fails, origin } = await api(() => ({ body: { items: ALL, next: `${other.origin}/items?key=1` } }), {
    paging: { kind: 'nextLink', path: 'next' },
  });
  const error = await fails();
  expect([error.code, error.message]).toEqual([
    'otherHost',
    `${origin}/items, page 1: the next page is said to be on another host: ${other.origin}`,
  ]);
  expect(other.heard).toEqual([]);
});

test('pages without any record do not go on for ever', async () => {
  const { fails } = await api((_query, n) => ({ body: { items: [], next: `c${n}` } }), {
    paging: { kind: 'cursor', path: 'next', parameter: 'c' },
  });
  expect((await fails()).code).toBe('endlessPages');
});

test('a total that is not what came is an error', async () => {
  const { fails } = await api(() => ({ body: { items: ALL, total: 11 } }), { total: 'total' });
  const error = await fails();
  expect([error.code, error.message]).toEqual([
    'countMismatch',
    expect.stringContaining('there are 11 records; 10 came'),
  ]);
});

const UNFIT: readonly [name: string, code: string, reply: Reply, settings: Partial<RestSettings>, message: string][] = [
  [
    'a page to sign in at',
    'htmlPage',
    { body: '<!DOCTYPE html><title>Sign in</title>', headers: { 'content-type': 'text/html' } },
    {},
    'the answer is an HTML page; it begins: "Sign in"',
  ],
  [
    'another format',
    'wrongContentType',
    { body: 'id;name', headers: { 'content-type': 'text/csv; charset=utf-8' } },
    {},
    'the answer is not JSON but text/csv; it begins: "id;name"',
  ],
  [
    'JSON that breaks off',
    'brokenJson',
    { body: '{"items": [\n{"id": 1}, {"id": ', headers: { 'content-type': 'application/json' } },
    {},
    'it stops being JSON after 30 characters',
  ],
  [
    'JSON with a fault in it',
    'brokenJson',
    { body: '{"items": [\n{"id": 1}, {"password": oops}]}', headers: { 'content-type': 'application/json' } },
    {},
    'it stops being JSON at line 2, column 25',
  ],
  [
    'bytes in another encoding',
    'invalidEncoding',
    { body: '"\ufffd"', headers: { 'content-type': 'application/json; charset=klingon' } },
    {},
    'klingon',
  ],
  [
    'no list',
    'noRecords',
    { body: { data: [], meta: {} } },
    {},
    'records ("items") leads to no list; the answer is a group of data, meta; its lists: data',
  ],
  [
    'several values',
    'severalValues',
    { body: { items: [{ id: ['a', 'b'] }] } },
    {},
    'record 1: column "Id" (id): there are 2 values',
  ],
  [
    'a group of values',
    'groupOfValues',
    { body: { items: [{ id: 1 }, { id: { no: 1 } }] } },
    {},
    'record 2: column "Id" (id): there is a group of values (no)',
  ],
  [
    'an expression that does not fit',
    'badExpression',
    { body: { items: [{ id: 1 }] } },
    { columns: { Id: "join('', id)" } },
    'record 1: column "Id" ("join(\'\', id)") cannot be read',
  ],
];

test.each(UNFIT)('%s is %s', async (_name, code, reply, settings, message) => {
  const { fails } = await api(() => reply, settings);
  const error = await fails();
  expect([error.code, error.message]).toEqual([code, expect.stringContaining(message)]);
});

test('broken JSON on a later page names the page, and there is no roster', async () => {
  const { fails } = await api(
    (query) => ({ body: query.get('p') === '3' ? '{"items": [' : JSON.stringify({ items: [{ id: query.get('p') }] }) }),
    { paging: { kind: 'page', parameter: 'p', first: 1, size: null } },
  );
  expect(await fails()).toMatchObject({ code: 'brokenJson', place: { at: 'page 3' } });
});

test('a limit in the middle is waited out', async () => {
  let limited = false;
  const { read } = await api(
    (query) => {
      const from = Number(query.get('start'));
      if (from === 5 && !limited) {
        limited = true;
        return { status: 429, headers: { 'retry-after': '0' }, body: {} };
      }
      return { body: { items: slice(from, from + 5) } };
    },
    { paging: { kind: 'offset', parameter: 'start', first: 0, size: null } },
  );
  expect(await read()).toEqual(IDS);
  expect(limited).toBe(true);
});

test('values come as they are written, without loss', async () => {
  const written = [
    ['12345678901234567890', '12345678901234567890'],
    ['9007199254740993', '9007199254740993'],
    ['1.10', '1.10'],
    ['1e5', '1e5'],
    ['-0', '-0'],
    ['0.1', '0.1'],
    ['true', 'true'],
    ['"007"', '007'],
    ['null', null],
    ['[]', null],
    ['["only"]', 'only'],
    ['""', ''],
  ] as const;
  const body = `{"items": [${written.map(([value]) => `{"id": ${value}}`).join(', ')}]}`;
  const { read } = await api(() => ({ body }), {});
  expect(await read()).toEqual(written.map(([, cell]) => [cell]));
});

test('a column that has a value in no account is told', async () => {
  const { settings } = await api(() => ({ body: { items: ALL } }), { columns: { Id: 'id', Mail: 'emial' } });
  const open = await (await sourceOf(settings, toolsWith({}))).open(new AbortController().signal);
  for await (const _ of open.rows());
  expect(open.notes!()).toEqual(['Column "Mail" (emial) has a value in no account.']);
});

test('without columns it does not open, and proposes some from the first page', async () => {
  const record = {
    id: 1,
    contact: { email: 'a@contoso.com', phone: null },
    manager: { email: 'b@contoso.com' },
    roles: ['A', 'B'],
    'job-title': 'x',
    api_token: 'x',
    history: [{ at: 1 }],
  };
  const { settings } = await api(() => ({ body: { items: [record] } }), { columns: null });
  const source = await sourceOf(settings, toolsWith({}));
  const { signal } = new AbortController();
  await expect(source.open(signal)).rejects.toMatchObject({ code: 'noColumns' });
  const columns = await source.proposeColumns!(signal);
  expect(columns).toEqual({
    id: 'id',
    'contact.email': 'contact.email',
    'manager.email': 'manager.email',
    roles: "join('; ', roles || `[]`)",
    'job-title': '"job-title"',
  });
  expect((await readAll({ ...settings, columns })).accounts[0]!.cells).toEqual([
    '1',
    'a@contoso.com',
    'b@contoso.com',
    'A; B',
    'x',
  ]);
});
