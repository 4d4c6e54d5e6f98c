// LDAP directories, as a source: everything against OpenLDAP's own server.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sourceOf } from '../../../src/collect/sources.ts';
import { directoryColumn } from '../../../src/config/sources/directory-columns.ts';
import type { Cell } from '../../../src/model/account.ts';
import type { SourceError } from '../../../src/model/errors.ts';
import type { SourceTools } from '../../../src/model/source.ts';
import type { LdapSettings } from '../../../src/model/source-settings.ts';
import { makeClientCertificate } from '../../support/certificate.ts';
import { freePort } from '../../support/servers.ts';
import { type Attributes, type Slapd, slapdMissing, startSlapd } from '../../support/slapd.ts';
import { type Application, sourceConformance } from './suite.ts';

const COLUMNS = { EMail: 'mail', Name: 'description', EmployeeId: 'trialBytes', Role: 'trialRole' };

const PASSWORD_IN = { env: 'TRIAL_PASSWORD' };

const tools: SourceTools = { readSecret: async () => 'not a real secret', env: {} };

const settingsOf = (
  slapd: Slapd,
  base: string,
  columns: Readonly<Record<string, string>> = COLUMNS,
  more: Partial<LdapSettings> = {},
): LdapSettings => ({
  kind: 'ldap',
  server: { host: '127.0.0.1', port: slapd.port, security: 'none' },
  caFile: null,
  clientCertificate: null,
  bind: { kind: 'simple', dn: slapd.reader, password: PASSWORD_IN },
  base,
  scope: 'sub',
  filter: '(objectClass=person)',
  groups: [],
  nestedGroups: true,
  columns: Object.entries(columns).map(([name, written]) => directoryColumn(name, written)),
  pageSize: 500,
  timeoutSeconds: 2,
  ...more,
});

/** Each filling is a branch of its own: nothing has to be deleted. */
const application = async (): Promise<Application> => {
  const slapd = await startSlapd();
  port = slapd.port;
  let fillings = 0;
  const branch = () => `ou=filling${fillings},${slapd.suffix}`;
  const person = (i: number, attributes: object) =>
    [`cn=${i},${branch()}`, { objectClass: ['inetOrgPerson', 'trialAccount'], sn: 'x', ...attributes }] as const;
  return {
    fill: async (accounts) => {
      fillings += 1;
      await slapd.add(branch(), { objectClass: 'organizationalUnit' });
      await slapd.addAll(
        Iterator.from(accounts).map((cells, i) =>
          person(
            i,
            Object.fromEntries(
              Object.values(COLUMNS).flatMap((attribute, at) => (cells[at] ? [[attribute, cells[at]]] : [])),
            ),
          ),
        ),
      );
    },
    settings: (through) =>
      settingsOf(slapd, branch(), COLUMNS, {
        server: { host: '127.0.0.1', port: through?.port ?? slapd.port, security: 'none' },
      }),
    breakRecord: async () => {
      const [dn, attributes] = person(99, { mail: 'a@contoso.com', trialBytes: [Buffer.from([0xff, 0xfe])] });
      await slapd.add(dn, attributes);
      return { code: 'notText', place: { address: `ldap://127.0.0.1:${slapd.port}`, at: `trialBytes of ${dn}` } };
    },
    close: () => slapd.close(),
  };
};

let port = 0;

sourceConformance({
  name: 'ldap',
  missing: slapdMissing,
  tellsNull: false,
  nothing: null,
  port: () => port,
  slow: 'timedOut',
  cut: 'connectionLost',
  many: 1300,
  million: false,
  tools,
  start: application,
});

describe.skipIf(slapdMissing !== undefined)(`an LDAP server${slapdMissing ? ` (${slapdMissing})` : ''}`, () => {
  let slapd: Slapd;
  let folder: string;
  let certificate: string;
  let people: string;
  let groups: string;

  const person = (uid: string, attributes: Attributes = {}) =>
    [
      `uid=${uid.replaceAll(',', '\\,')},${people}`,
      { objectClass: ['inetOrgPerson', 'trialAccount'], cn: uid, sn: uid, mail: `${uid}@contoso.com`, ...attributes },
    ] as const;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rollcall-ldap-'));
    const client = await makeClientCertificate();
    certificate = join(folder, 'client.pem');
    await writeFile(certificate, `${client.certificate}\n${client.key}`);
    slapd = await startSlapd({
      limits: 'size.soft=unlimited size.hard=unlimited size.prtotal=unlimited',
      clients: [client.certificate],
      access: [
        'access to dn.subtree="ou=closed,dc=contoso,dc=com"' +
          ' by dn.exact="cn=Rollcall trial client" read' +
          ' by dn.regex="cn=peercred,cn=external,cn=auth$" read by * none',
      ],
    });
    people = `ou=people,${slapd.suffix}`;
    groups = `ou=groups,${slapd.suffix}`;
    for (const dn of [people, groups, `ou=closed,${slapd.suffix}`]) {
      await slapd.add(dn, { objectClass: 'organizationalUnit' });
    }
    await slapd.addAll([
      person('ana', {
        trialRole: ['Writer', 'Admin', 'Reader'],
        userAccountControl: '512',
        objectGUID: [Buffer.from('33221100554477668899aabbccddeeff', 'hex')],
        objectSid: [Buffer.from('010500000000000515000000010000000200000003000000e8030000', 'hex')],
        pwdLastSet: '133500000000000000',
        accountExpires: '9223372036854775807',
        jpegPhoto: [Buffer.from([0xff, 0xd8, 0xff])],
      }),
      person('ben', { userAccountControl: '514', nsAccountLock: 'TRUE', trialRole: 'Reader' }),
      person('cem', { userAccountControl: '66048' }),
      person('dee, the first', {}),
      person('eve', {}),
    ]);
    await slapd.add(`cn=vault,ou=closed,${slapd.suffix}`, {
      objectClass: ['inetOrgPerson'],
      sn: 'vault',
      mail: 'vault@contoso.com',
    });
    const group = (name: string, ...member: string[]) =>
      slapd.add(`cn=${name},${groups}`, { objectClass: 'groupOfNames', member });
    await group('readers', `uid=ana,${people}`, `cn=writers,${groups}`);
    await group('writers', `UID=Ben, ${people}`, `cn=admins,${groups}`, `uid=gone,${people}`);
    await group('admins', `uid=dee\\2C the first,${people}`, `cn=readers,${groups}`);
    await slapd.add(`cn=unix,${groups}`, { objectClass: 'posixGroup', gidNumber: '1', memberUid: ['cem', 'eve'] });
    await slapd.add(`cn=elsewhere,${people}`, {
      objectClass: ['referral', 'extensibleObject'],
      ref: 'ldap://other.contoso.com/ou=people,dc=other,dc=com',
    });
  });

  afterAll(async () => {
    await slapd?.close();
    await rm(folder, { recursive: true });
  });

  const read = (columns: Readonly<Record<string, string>>, more: Partial<LdapSettings> = {}) =>
    rowsOf(settingsOf(slapd, people, columns, more));
  const failure = (columns: Readonly<Record<string, string>>, more: Partial<LdapSettings> = {}) =>
    read(columns, more).then(
      () => expect.fail('it was read'),
      (error: SourceError) => error,
    );
  const secure = (security: 'ldaps' | 'startTls', host = 'localhost') => ({
    server: { host, port: security === 'ldaps' ? slapd.tlsPort : slapd.port, security },
    caFile: slapd.caFile,
  });
  const ONE = { EMail: 'mail' };

  test.each(['ldaps', 'startTls'] as const)(
    'over %s it is read, with the authority that signed the certificate',
    async (security) => {
      expect((await read(ONE, secure(security))).rows).toHaveLength(5);
    },
  );

  test.each(['ldaps', 'startTls'] as const)(
    'over %s a certificate of an unknown authority is refused',
    async (security) => {
      const error = await failure(ONE, { ...secure(security), caFile: null });
      expect(error).toMatchObject({ code: 'notTrusted' });
      expect(error.remedy).toContain('caFile');
    },
  );

  test.each(['ldaps', 'startTls'] as const)('over %s a certificate for another name is refused', async (security) => {
    const error = await failure(ONE, secure(security, '127.0.0.1'));
    expect(error.code).toBe('notTrusted');
    expect(error.message).toContain('another name');
  });

  test('what is no TLS server is told as that', async () => {
    const server = { host: '127.0.0.1', port: slapd.port, security: 'ldaps' } as const;
    expect((await failure(ONE, { ...secure('ldaps'), server })).code).toMatch(/^(noTls|connectionLost|timedOut)$/);
  });

  test.each(['ldaps', 'startTls'] as const)('a client certificate signs in over %s', async (security) => {
    const more = { ...secure(security), base: `ou=closed,${slapd.suffix}` };
    expect((await failure(ONE, { ...more, bind: { kind: 'anonymous' } })).code).toBe('baseNotFound');
    const shown = { clientCertificate: { file: certificate, password: null }, bind: { kind: 'external' } } as const;
    expect((await read(ONE, { ...more, ...shown })).rows).toEqual([['vault@contoso.com']]);
  });

  test('over a socket of this machine its user signs in', async () => {
    const { rows } = await read(ONE, {
      server: { socket: slapd.socket },
      bind: { kind: 'external' },
      base: `ou=closed,${slapd.suffix}`,
    });
    expect(rows).toEqual([['vault@contoso.com']]);
  });

  test('a wrong password is told as that, and nowhere shown', async () => {
    const wrong: SourceTools = { readSecret: async () => 'hunter2-of-the-trial', env: {} };
    const error = await rowsOf(settingsOf(slapd, people, ONE), wrong).catch((reason) => reason);
    expect(error).toMatchObject({ name: 'SourceError', code: 'badCredentials' });
    expect(inspect(error, { depth: 9 })).not.toContain('hunter2');
  });

  test('what is not there is told by its name', async () => {
    expect(await failure(ONE, { base: `ou=nobody,${slapd.suffix}` })).toMatchObject({
      code: 'baseNotFound',
      place: { at: `ou=nobody,${slapd.suffix}` },
    });
    expect((await failure(ONE, { base: 'no name at all' })).code).toBe('badBase');
    expect((await failure(ONE, { filter: '(mail=*' })).code).toBe('badFilter');
    expect((await failure(ONE, { columns: null })).code).toBe('noColumns');
    expect((await failure(ONE, { groups: [`cn=nobody,${groups}`] })).code).toBe('groupNotFound');
    const server = { host: '127.0.0.1', port: await freePort(), security: 'none' } as const;
    expect((await failure(ONE, { server })).code).toBe('unreachable');
    const nobody = { host: 'server.invalid', port: 389, security: 'none' } as const;
    expect((await failure(ONE, { server: nobody })).code).toBe('unreachable');
  });

  test('scope and filter choose the entries', async () => {
    expect((await read(ONE, { filter: '(&(objectClass=person)(|(uid=a*)(uid=eve)))' })).rows).toHaveLength(2);
    expect((await read(ONE, { base: slapd.suffix, scope: 'one' }).catch((error) => error)).code).toBe('emptyRoster');
    expect((await read(ONE, { base: `uid=eve,${people}`, scope: 'base' })).rows).toEqual([['eve@contoso.com']]);
  });

  test('every page is read, however small', async () => {
    expect((await read(ONE, { pageSize: 1 })).rows).toHaveLength(5);
  });

  test('identifiers, dates, pictures and switches become what people write', async () => {
    const columns = {
      Uid: 'uid',
      Guid: 'objectGUID',
      Sid: 'objectSid',
      PasswordSet: 'pwdLastSet',
      Expires: 'accountExpires',
      Photo: 'jpegPhoto',
      Enabled: 'userAccountControl | enabled',
      Locked: 'nsAccountLock | enabled',
      Entry: 'dn',
    };
    const { rows } = await read(columns);
    expect(rows.find(([uid]) => uid === 'ana')).toEqual([
      'ana',
      '00112233-4455-6677-8899-aabbccddeeff',
      'S-1-5-21-1-2-3-1000',
      '2024-01-17T21:20:00Z',
      null,
      '/9j/',
      'true',
      'true',
      `uid=ana,${people}`,
    ]);
    expect(rows.find(([uid]) => uid === 'ben')).toEqual([
      ...['ben', null, null, null, null, null, 'false', 'false'],
      `uid=ben,${people}`,
    ]);
    const { rows: times } = await read({ Created: 'createTimestamp' });
    expect(times[0]![0]).toMatch(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  });

  test('several values are joined in one order, picked from, refused, or a row each', async () => {
    const ana = { filter: '(uid=ana)' };
    expect((await read({ Role: 'trialRole' }, ana)).rows).toEqual([['Admin; Reader; Writer']]);
    expect((await read({ Role: 'trialRole | like *r | join "|"' }, ana)).rows).toEqual([['Reader|Writer']]);
    expect((await read({ Role: 'trialRole | after Wri' }, ana)).rows).toEqual([['ter']]);
    expect((await failure({ Role: 'trialRole | only' }, ana)).message).toContain(`trialRole of uid=ana,${people}`);
    const each = await read({ Uid: 'uid', Role: 'trialRole | each' });
    expect(each.rows.filter(([uid]) => uid === 'ana')).toEqual([
      ['ana', 'Admin'],
      ['ana', 'Reader'],
      ['ana', 'Writer'],
    ]);
    expect(each.rows.filter(([uid]) => uid === 'cem')).toEqual([['cem', null]]);
    expect((await read({ Groups: 'memberOf | name' }, ana)).rows).toEqual([['readers']]);
  });

  test('only members of the groups are accounts, of groups in groups too, and a loop of them ends', async () => {
    const columns = { Uid: 'uid', Role: 'group | name | each' };
    const [readers, admins, unix] = ['readers', 'admins', 'unix'].map((name) => `cn=${name},${groups}`);
    const flat = await read(columns, { groups: [readers!], nestedGroups: false });
    expect(flat.rows).toEqual([['ana', 'readers']]);
    expect(flat.notes.join()).toContain('1 member of the groups is not among the entries');
    const nested = await read(columns, { groups: [readers!] });
    expect(nested.rows).toEqual([
      ['ana', 'readers'],
      ['ben', 'readers'],
      ['dee, the first', 'readers'],
    ]);
    expect(nested.notes.join()).toContain('1 member of the groups is not among the entries');
    const both = await read(columns, { groups: [admins!, unix!] });
    expect(both.rows.map(([uid, role]) => `${uid} ${role}`).sort()).toEqual([
      ...['ana admins', 'ben admins', 'cem unix', 'dee, the first admins', 'eve unix'],
    ]);
  });

  test('a referral is not followed, and told with its address', async () => {
    const { notes } = await read(ONE);
    expect(notes.join()).toContain('ldap://other.contoso.com/ou=people,dc=other,dc=com');
  });

  test('columns are proposed by what the entries have', async () => {
    const source = await sourceOf(settingsOf(slapd, people, ONE, { columns: null }), tools);
    expect(await source.proposeColumns!(new AbortController().signal)).toEqual({
      EMail: 'mail',
      Account: 'uid',
      Name: 'cn',
      LastName: 'sn',
      Enabled: 'userAccountControl | enabled',
      Role: 'memberOf | name | each',
    });
  });
});

test.skipIf(slapdMissing !== undefined)('a limit of the server is an error, never a short roster', async () => {
  const slapd = await startSlapd({ limits: 'size.soft=50 size.hard=50 size.prtotal=50' });
  try {
    await slapd.addAll(
      Array.from({ length: 60 }, (_, i) => [`cn=${i},${slapd.suffix}`, { objectClass: 'person', sn: 'x' }]),
    );
    const error = await rowsOf(settingsOf(slapd, slapd.suffix, { Name: 'cn' }, { pageSize: 20 })).catch(
      (reason) => reason,
    );
    expect(error).toMatchObject({ name: 'SourceError', code: 'sizeLimit' });
    expect(error.remedy).toContain('would not be a roster');
  } finally {
    await slapd.close();
  }
});

const rowsOf = async (settings: LdapSettings, held = tools) => {
  const open = await (await sourceOf(settings, held)).open(new AbortController().signal);
  const rows: (readonly Cell[])[] = [];
  for await (const { cells } of open.rows()) rows.push(cells);
  return { rows, notes: open.notes?.() ?? [] };
};
