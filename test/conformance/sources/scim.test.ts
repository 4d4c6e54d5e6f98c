// SCIM servers, as a source: against scimmy, which others wrote, over HTTP and TLS, and against answers that it never gives.
import { createServer as createSecure } from 'node:https';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { sourceOf } from '../../../src/collect/sources.ts';
import type { Cell } from '../../../src/model/account.ts';
import { SourceError } from '../../../src/model/errors.ts';
import type { ScimSettings } from '../../../src/model/web-settings.ts';
import { type Heard, json, serve } from '../../support/http.ts';
import {
  held,
  listening,
  type Person,
  SCIM_PASSWORD,
  SCIM_TOKEN,
  scimApplication,
  startScim,
} from '../../support/scim-server.ts';
import { hostIdentity } from '../../support/tls.ts';
import { fileWith, IMPATIENT, toolsWith, WEB } from '../../support/web.ts';
import { readAll, sourceConformance } from './suite.ts';

const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
const TOOLS = toolsWith({ TOKEN: SCIM_TOKEN, PASSWORD: SCIM_PASSWORD });

const BEARER = { kind: 'bearer', token: { env: 'TOKEN' } } as const;

const SCIM: Omit<ScimSettings, 'address'> = {
  kind: 'scim',
  web: { ...WEB, signIn: BEARER },
  filter: null,
  paging: 'index',
  // So that a page is longer than what the stand-between lets pass.
  pageSize: 200,
  columns: {
    EMail: 'emails.value',
    Name: 'displayName',
    EmployeeId: `${ENTERPRISE}:employeeNumber`,
    Role: 'userType',
  },
  groups: null,
};

let server: Awaited<ReturnType<typeof startScim>>;
let port: number;
beforeAll(async () => {
  server = await startScim();
  ({ port } = server);
});
afterAll(() => server.close());

const person = ([mail, name, number, type]: readonly Cell[], i: number): Person => ({
  id: `u${i}`,
  userName: mail!,
  emails: [{ value: mail!, type: 'work' }],
  ...(name !== null && { displayName: name }),
  userType: type,
  [ENTERPRISE]: { employeeNumber: number },
});

const settingsAt = (at: number, more: Partial<ScimSettings> = {}): ScimSettings => ({
  ...SCIM,
  address: `http://127.0.0.1:${at}/scim`,
  ...more,
});

sourceConformance({
  name: 'scim',
  tools: TOOLS,
  start: async () => ({
    fill: async (accounts) => {
      held.users = [...accounts].map(person);
    },
    settings: (through) =>
      through ? settingsAt(through.port, { web: { ...IMPATIENT, signIn: BEARER } }) : settingsAt(port),
    breakRecord: async () => {
      held.users[19] = { ...held.users[19]!, emails: [{ value: 'a@contoso.com' }, { value: 'b@contoso.com' }] };
      const place = { address: `http://127.0.0.1:${port}/scim/Users`, at: 'Users, page 1, user 20' };
      return { code: 'severalValues', place };
    },
    close: async () => {},
  }),
  tellsNull: true,
  many: 1000,
  million: false,
  port: () => port,
  slow: 'timeout',
  cut: 'connectionLost',
});

const cellsFrom = async (settings: ScimSettings) => (await readAll(settings, TOOLS)).accounts.map(({ cells }) => cells);

const fails = async (settings: ScimSettings): Promise<SourceError> => {
  const error = await readAll(settings, TOOLS).catch((reason) => reason);
  expect(error).toBeInstanceOf(SourceError);
  expect(error.remedy).not.toBe('');
  expect(`${error.message}${error.remedy}`).not.toMatch(/tok-en-0815|pass-4711/);
  return error;
};

const ana: Person = {
  id: 'ana',
  userName: 'ana',
  displayName: 'Ana Ruiz',
  name: { givenName: 'Ana', familyName: 'Ruiz' },
  active: true,
  userType: 'employee',
  emails: [
    { value: 'ana@home.example.com', type: 'home' },
    { value: 'ana@contoso.com', type: 'work', primary: true },
  ],
  [ENTERPRISE]: { employeeNumber: '00042', manager: { value: 'bo' } },
};
const bo: Person = { id: 'bo', userName: 'bo', active: false, emails: [{ value: 'bo@contoso.com', type: 'work' }] };

test('attributes are found by their paths, whatever their case', async () => {
  held.users = [ana, bo];
  const columns = {
    login: 'USERNAME',
    given: 'name.givenName',
    primary: 'emails[primary eq true].value',
    work: 'emails[type eq "work" and not (value co "home")].value',
    first: 'emails[0].value',
    number: `${ENTERPRISE.toLowerCase()}:employeenumber`,
    manager: `${ENTERPRISE}:manager.value`,
    family: 'urn:ietf:params:scim:schemas:core:2.0:User:name.familyName',
    active: 'active',
  };
  expect(await cellsFrom(settingsAt(port, { columns }))).toEqual([
    ['ana', 'Ana', 'ana@contoso.com', 'ana@contoso.com', 'ana@home.example.com', '00042', 'bo', 'Ruiz', 'true'],
    ['bo', null, null, 'bo@contoso.com', 'bo@contoso.com', null, null, null, 'false'],
  ]);
});

test('several values are refused, and so is a group of them', async () => {
  held.users = [ana];
  const several = await fails(settingsAt(port, { columns: { EMail: 'emails.value' } }));
  expect([several.code, several.message]).toEqual([
    'severalValues',
    expect.stringContaining('user 1: column "EMail" (emails.value): there are 2 values'),
  ]);
  expect((await fails(settingsAt(port, { columns: { Name: 'name' } }))).code).toBe('groupOfValues');
});

test('a filter is passed on, and one that the server refuses is told with its words', async () => {
  held.users = [ana, bo];
  const columns = { login: 'userName' };
  expect(await cellsFrom(settingsAt(port, { columns, filter: 'active eq true and userName sw "a"' }))).toEqual([
    ['ana'],
  ]);
  const error = await fails(settingsAt(port, { columns, filter: '(active eq true' }));
  expect([error.code, error.message]).toEqual([
    'invalidFilter',
    expect.stringContaining('the server refuses the filter:'),
  ]);
});

test('a column that has a value for no user is told', async () => {
  held.users = [ana];
  const columns = { login: 'userName', nick: 'nickName' };
  const open = await (await sourceOf(settingsAt(port, { columns }), TOOLS)).open(new AbortController().signal);
  for await (const _ of open.rows());
  expect(open.notes!()).toEqual(['Column "nick" (nickName) has a value in no account.']);
});

test('columns are proposed from what users have', async () => {
  held.users = [bo, ana];
  const source = await sourceOf(settingsAt(port, { columns: null }), TOOLS);
  await expect(source.open(new AbortController().signal)).rejects.toMatchObject({ code: 'noColumns' });
  expect(await source.proposeColumns!(new AbortController().signal)).toEqual({
    id: 'id',
    userName: 'userName',
    active: 'active',
    emails: 'emails[type eq "work"].value',
    displayName: 'displayName',
    'name.givenName': 'name.givenName',
    'name.familyName': 'name.familyName',
    userType: 'userType',
    employeeNumber: `${ENTERPRISE}:employeeNumber`,
    'manager.value': `${ENTERPRISE}:manager.value`,
  });
});

const GROUPS = [
  { id: 'g1', displayName: 'Planner', members: [{ value: 'ana', type: 'User' }] },
  {
    id: 'g2',
    displayName: 'Everybody',
    members: [
      { value: 'g1', type: 'Group' },
      { value: 'bo', type: 'User' },
    ],
  },
  {
    id: 'g3',
    displayName: 'Ring',
    members: [
      { value: 'g2', type: 'Group' },
      { value: 'g3', type: 'Group' },
    ],
  },
];

test('groups are roles: resolved from their members where users do not tell them, through groups in groups', async () => {
  held.users = [ana, bo, { id: 'cem', userName: 'cem' }];
  held.groups = GROUPS;
  const columns = { login: 'userName' };
  const each = settingsAt(port, { columns, groups: { column: 'Role', joinedBy: null } });
  const read = await readAll(each, TOOLS);
  expect(read.columns).toEqual(['login', 'Role']);
  expect(read.accounts.map(({ cells }) => cells)).toEqual([
    ['ana', 'Planner'],
    ['ana', 'Everybody'],
    ['ana', 'Ring'],
    ['bo', 'Everybody'],
    ['bo', 'Ring'],
    ['cem', null],
  ]);
  expect(read.accounts.map(({ n }) => n)).toEqual([1, 2, 3, 4, 5, 6]);
  expect(await cellsFrom(settingsAt(port, { columns, groups: { column: 'Role', joinedBy: '; ' } }))).toEqual([
    ['ana', 'Planner; Everybody; Ring'],
    ['bo', 'Everybody; Ring'],
    ['cem', null],
  ]);
});

test('groups that users tell are taken, and asked for by name where their names are missing', async () => {
  held.users = [
    { ...ana, groups: [{ value: 'g1', display: 'Planner' }, { value: 'g2' }] },
    { ...bo, groups: [{ value: 'g2' }, { value: 'gone' }] },
  ];
  held.groups = GROUPS;
  const settings = settingsAt(port, { columns: { login: 'userName' }, groups: { column: 'Role', joinedBy: ', ' } });
  expect(await cellsFrom(settings)).toEqual([
    ['ana', 'Planner, Everybody'],
    ['bo', 'Everybody, gone'],
  ]);
});

test('it signs in by user and password too, and what the server says of a wrong one is told', async () => {
  held.users = [ana];
  const columns = { login: 'userName' };
  const basic = { kind: 'basic', user: 'svc', password: { env: 'PASSWORD' } } as const;
  expect(await cellsFrom(settingsAt(port, { columns, web: { ...WEB, signIn: basic } }))).toEqual([['ana']]);
  const error = await fails(settingsAt(port, { columns, web: { ...WEB, signIn: { ...basic, user: 'other' } } }));
  expect([error.code, error.message]).toEqual(['signInRefused', expect.stringContaining('status 401: Who are you?')]);
});

test('over TLS it is verified against caFile', async () => {
  held.users = [ana, bo];
  const identity = await hostIdentity('localhost');
  const secure = createSecure(identity, scimApplication);
  const at = await listening(secure);
  onTestFinished(() => {
    secure.closeAllConnections();
    secure.close();
  });
  const caFile = await fileWith(identity.ca);
  const settings = { ...settingsAt(at, { columns: { login: 'userName' } }), address: `https://localhost:${at}/scim/` };
  expect((await fails(settings)).code).toBe('untrusted');
  expect(await cellsFrom({ ...settings, web: { ...settings.web, caFile } })).toEqual([['ana'], ['bo']]);
});

const LIST = 'urn:ietf:params:scim:api:messages:2.0:ListResponse';

/** A server that answers by what it is asked, in ways that the package does not. */
const answering = async (
  reply: (
    query: URLSearchParams,
    n: number,
    heard: Heard,
  ) => { status?: number; body: unknown; headers?: Record<string, string> },
  more: Partial<ScimSettings> = {},
) => {
  const { origin, heard } = await serve((one, response) => {
    const { status = 200, body, headers } = reply(new URL(one.url, 'http://x').searchParams, heard.length, one);
    json(response, status, body, { 'content-type': 'application/scim+json', ...headers });
  });
  const settings: ScimSettings = {
    ...SCIM,
    web: WEB,
    pageSize: 2,
    columns: { login: 'userName', nick: 'nickName' },
    address: `${origin}/scim`,
    ...more,
  };
  return { settings, heard, origin };
};

const user = (name: string, nickName?: string) => ({ id: name, userName: name, ...(nickName && { nickName }) });
const list = (resources: readonly unknown[], more: object = {}) => ({ schemas: [LIST], Resources: resources, ...more });
const NAMES = ['a', 'b', 'c', 'd', 'e'];

test('pages by index go on by what came, though it is less than was asked for', async () => {
  const { settings, heard } = await answering((query) => {
    const from = Number(query.get('startIndex')) - 1;
    const count = from === 0 ? 2 : 1;
    return {
      body: list(
        NAMES.slice(from, from + count).map((name) => user(name)),
        { totalResults: 5 },
      ),
    };
  });
  expect((await cellsFrom(settings)).map(([name]) => name)).toEqual(NAMES);
  expect(heard.map(({ url }) => url)).toEqual([1, 3, 4, 5].map((at) => `/scim/Users?startIndex=${at}&count=2`));
});

test('pages by cursor go on until there is no next one, without a total too', async () => {
  const { settings, heard } = await answering(
    (query) => {
      const from = NAMES.indexOf(query.get('cursor')!) + 1;
      const next = from + 2 < NAMES.length ? { nextCursor: NAMES[from + 1] } : {};
      return {
        body: list(
          NAMES.slice(from, from + 2).map((name) => user(name)),
          next,
        ),
      };
    },
    { paging: 'cursor', filter: 'active eq true' },
  );
  expect((await cellsFrom(settings)).map(([name]) => name)).toEqual(NAMES);
  expect(heard.map(({ url }) => url.replace('/scim/Users?filter=active%20eq%20true&', ''))).toEqual([
    'cursor=&count=2',
    'cursor=b&count=2',
    'cursor=d&count=2',
  ]);
});

test('pages by the next id go on to the end, as SAP Cloud Identity Services counts them', async () => {
  const { settings, heard } = await answering(
    (query) => {
      const from = query.get('startId') === 'initial' ? 0 : NAMES.indexOf(query.get('startId')!);
      const nextId = NAMES[from + 2] ?? 'end';
      return {
        body: list(
          NAMES.slice(from, from + 2).map((name) => user(name)),
          { totalResults: 5, nextId },
        ),
      };
    },
    { paging: 'startId' },
  );
  expect((await cellsFrom(settings)).map(([name]) => name)).toEqual(NAMES);
  expect(heard).toHaveLength(3);
});

test('a cursor that expires is begun anew once', async () => {
  let expired = false;
  const { settings } = await answering(
    (query) => {
      if (query.get('cursor') === 'next' && !expired) {
        expired = true;
        return { status: 400, body: { scimType: 'expiredCursor', detail: 'too slow', status: '400' } };
      }
      return query.get('cursor') === 'next'
        ? { body: list([user('b')]) }
        : { body: list([user('a')], { nextCursor: 'next' }) };
    },
    { paging: 'cursor' },
  );
  expect((await cellsFrom(settings)).map(([name]) => name)).toEqual(['a', 'b']);
  expect(expired).toBe(true);
});

/** Pages of one user of a list that is another from the second read of it on. */
const changing = (before: readonly object[], after: readonly object[], totals?: readonly number[]) => {
  let reads = 0;
  let request = 0;
  return answering(
    (query) => {
      const at = Number(query.get('startIndex'));
      if (at === 1) reads += 1;
      const now = reads === 1 ? before : after;
      request += 1;
      return { body: list(now.slice(at - 1, at), { totalResults: totals?.[request - 1] ?? now.length }) };
    },
    { pageSize: 1 },
  );
};

test('a list that changes while it is read is read once more, and nobody comes twice', async () => {
  // The second page says that there is one more now.
  const { settings, heard } = await changing([user('a'), user('b')], [user('a'), user('b'), user('c')], [2, 3]);
  expect((await cellsFrom(settings)).map(([name]) => name)).toEqual(['a', 'b', 'c']);
  expect(heard).toHaveLength(5);
});

const CHANGES: readonly [name: string, before: object[], after: object[], totals: number[], message: string][] = [
  ['a user who is gone', [user('a'), user('b')], [user('b'), user('c')], [2, 3], '1 users are gone'],
  [
    'a user who is not as before',
    [user('a'), user('b')],
    [user('a', 'x'), user('b')],
    [2, 3],
    'user a is not as it was',
  ],
  [
    'a list that changes again',
    [user('a'), user('b')],
    [user('a'), user('b')],
    [2, 3, 2, 3],
    'there were 2 results, and now there are 3',
  ],
  ['a user who comes twice', [user('a'), user('a')], [user('a'), user('a')], [], 'user a came twice'],
  ['fewer than are told', [user('a')], [user('a')], [2, 2, 2, 2], 'there are 2 results, and 1 came'],
];

test.each(CHANGES)('%s in both reads is an error, and no roster', async (_name, before, after, totals, message) => {
  const { settings } = await changing(before, after, totals);
  const error = await fails(settings);
  expect([error.code, error.message]).toEqual(['changedWhileReading', expect.stringContaining(message)]);
});

test('groups that change while they are read are read once more', async () => {
  const totals = [2, 3, 2, 2];
  const { settings, heard } = await answering(
    (query, _n, { url }) => {
      if (url.startsWith('/scim/Users')) return { body: list([user('a')], { totalResults: 1 }) };
      const at = Number(query.get('startIndex'));
      const groups = GROUPS.map((group) => ({ ...group, members: [{ value: 'a' }] }));
      return { body: list(groups.slice(at - 1, at), { totalResults: totals.shift() }) };
    },
    { groups: { column: 'Role', joinedBy: ',' } },
  );
  expect(await cellsFrom(settings)).toEqual([['a', null, 'Planner,Everybody']]);
  expect(heard).toHaveLength(5);
});

test('limits are waited out, and other errors told in the words of SCIM', async () => {
  const { settings, heard } = await answering((_query, n) =>
    n === 1
      ? { status: 429, headers: { 'retry-after': '0' }, body: {} }
      : { status: 500, body: { schemas: [], status: '500', scimType: 'tooMany', detail: 'Ask for less' } },
  );
  const error = await fails(settings);
  expect([error.code, error.message]).toEqual([
    'serverError',
    expect.stringContaining('status 500: tooMany, Ask for less'),
  ]);
  expect(heard).toHaveLength(2);
});

test.each([
  ['no list', 'notScim', { items: [] }, 'the answer is no list of SCIM; it has items'],
  [
    'a user without an id',
    'notARecord',
    list([{ userName: 'a' }], { totalResults: 1 }),
    'user 1: there is no user with an id',
  ],
  ['no total', 'notScim', list([user('a')]), 'the answer does not tell totalResults'],
])('%s is %s', async (_name, code, body, message) => {
  const { settings } = await answering(() => ({ body }));
  const error = await fails(settings);
  expect([error.code, error.message]).toEqual([code, expect.stringContaining(message)]);
});

test('a server that does not page as it is asked is told as one', async () => {
  const { settings } = await answering(() => ({ body: list([user('a')], { totalResults: 3 }) }), { paging: 'cursor' });
  const error = await fails(settings);
  expect([error.code, error.message]).toEqual([
    'repeatedPage',
    expect.stringContaining('has no nextCursor, and 1 of 3'),
  ]);
});
