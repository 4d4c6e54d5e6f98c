// What only Active Directory answers, and what goes wrong with a server, byte by byte.
import { expect, onTestFinished, test } from 'vitest';
import { type Answered, type Asked, startLdapAnswers } from '../../../test/support/ldap-answers.ts';
import { directoryColumn } from '../../config/sources/directory-columns.ts';
import type { Cell } from '../../model/account.ts';
import type { LdapSettings } from '../../model/source-settings.ts';
import { ldapSource } from './source.ts';

const BASE = 'dc=contoso,dc=com';
const tools = { readSecret: async () => 'not a real secret', env: {} };

const read = async (
  answer: (asked: Asked) => Answered,
  more: Partial<LdapSettings> = {},
  columns: Readonly<Record<string, string>> = { Name: 'cn' },
  signIn?: Answered,
) => {
  const server = await startLdapAnswers(answer, signIn);
  onTestFinished(() => server.close());
  const source = ldapSource(
    {
      kind: 'ldap',
      server: { host: '127.0.0.1', port: server.port, security: 'none' },
      caFile: null,
      clientCertificate: null,
      bind: { kind: 'simple', dn: 'reader@contoso.com', password: { env: 'X' } },
      base: BASE,
      scope: 'sub',
      filter: '(objectClass=user)',
      groups: [],
      nestedGroups: true,
      columns: Object.entries(columns).map(([name, written]) => directoryColumn(name, written)),
      pageSize: 2,
      timeoutSeconds: 5,
      ...more,
    },
    tools,
  );
  const open = await source.open(new AbortController().signal);
  const rows: (readonly Cell[])[] = [];
  for await (const { cells } of open.rows()) rows.push(cells);
  return { rows, notes: open.notes?.() ?? [] };
};

const person = (cn: string, more: Readonly<Record<string, readonly (string | Buffer)[]>> = {}) =>
  [`cn=${cn},${BASE}`, { cn: [cn], ...more }] as const;

test('a page without entries is not the last one', async () => {
  const pages: Readonly<Record<string, Answered>> = {
    '': { entries: [person('Ana')], cookie: 'a' },
    a: { cookie: 'b' },
    b: { entries: [person('Ben')], cookie: '' },
  };
  expect((await read(({ cookie }) => pages[cookie]!)).rows).toEqual([['Ana'], ['Ben']]);
});

test('values that come in ranges are asked for to their end', async () => {
  const groups = Array.from({ length: 7 }, (_, i) => `cn=g${i},${BASE}`);
  const ranges: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
    memberof: { memberOf: [], 'memberOf;range=0-2': groups.slice(0, 3) },
    'memberof;range=3-*': { 'memberOf;Range=3-5': groups.slice(3, 6) },
    'memberof;range=6-*': { 'memberOf;range=6-*': groups.slice(6) },
  };
  const answer = ({ attributes }: Asked) => ({ entries: [[`cn=Ana,${BASE}`, ranges[attributes.at(-1)!]!] as const] });
  expect((await read(answer, {}, { Groups: 'memberOf | name | join " "' })).rows).toEqual([['g0 g1 g2 g3 g4 g5 g6']]);
  const broken = ({ attributes }: Asked) => (attributes.at(-1) === 'memberof' ? answer({ attributes } as Asked) : {});
  await expect(read(broken, {}, { Groups: 'memberOf' })).rejects.toMatchObject({
    code: 'rangeBroken',
    place: { at: `cn=Ana,${BASE}` },
  });
});

test('Active Directory is asked for the members of groups in groups, and for those whose primary group it is', async () => {
  const asked: string[] = [];
  const sid = Buffer.from('010500000000000515000000010000000200000003000000e8030000', 'hex');
  const { rows, notes } = await read(
    ({ base, filter }) => {
      if (base === '') {
        return {
          entries: [['', { namingContexts: [BASE], supportedCapabilities: ['1.2.840.113556.1.4.800'] }]],
        };
      }
      if (base === `cn=crm,${BASE}`) return { entries: [[base, { objectSid: [sid] }]] };
      if (!filter.includes('1.2.840.113556.1.4.1941'))
        return { entries: [person('Ana'), person('Ben'), person('Cem')] };
      asked.push(filter);
      return { entries: [person('Ana'), [`CN=Cem, ${BASE}`, {}], person('Eve')] };
    },
    { groups: [`cn=crm,${BASE}`] },
  );
  expect(rows).toEqual([['Ana'], ['Cem']]);
  expect(asked.join()).toContain(`memberOf:1.2.840.113556.1.4.1941:=cn=crm,${BASE}`);
  expect(asked.join()).toContain('(primarygroupid=1000)');
  expect(notes.join()).toContain('1 member of the groups is not among the entries');
});

test.each([
  [3, 'timeLimit'],
  [4, 'sizeLimit'],
  [11, 'adminLimit'],
  [8, 'securityRequired'],
  [10, 'referred'],
  [50, 'noPermission'],
  [51, 'busy'],
  [80, 'serverError'],
])('result %i in the middle of the pages is the error %s, and no roster', async (result, code) => {
  const answer = ({ cookie }: Asked) =>
    cookie === '' ? { entries: [person('Ana')], cookie: 'a' } : { result, message: '0000202A: SvcErr: DSID-03' };
  await expect(read(answer)).rejects.toMatchObject({ code, place: { at: BASE } });
});

test.each([
  ['533', 'the account is disabled'],
  ['775', 'the account is locked'],
  ['532', "the account's password has expired"],
])('a sign-in that Active Directory refuses with data %s is told in words', async (data, words) => {
  const said = `80090308: LdapErr: DSID-0C090569, comment: AcceptSecurityContext error, data ${data}, v4563\0`;
  const refused = read(() => ({}), {}, {}, { result: 49, message: said });
  await expect(refused).rejects.toMatchObject({ code: 'accountUnusable', message: expect.stringContaining(words) });
});

test('referrals are told with their addresses, few of many', async () => {
  const referrals = Array.from({ length: 7 }, (_, i) => `ldap://s${i}.contoso.com/${BASE}`);
  const { notes } = await read(() => ({ entries: [person('Ana')], referrals }));
  expect(notes.join()).toContain('ldap://s0.contoso.com');
  expect(notes.join()).toContain('and 2 more');
});
