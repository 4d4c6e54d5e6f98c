// SOAP services, as a source: against the server of a package that others wrote, and against answers that it never gives.
import { passwordDigest } from 'soap';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { sourceOf } from '../../../src/collect/sources.ts';
import type { Cell } from '../../../src/model/account.ts';
import { SourceError } from '../../../src/model/errors.ts';
import type { SoapSettings } from '../../../src/model/web-settings.ts';
import { type Heard, serve } from '../../support/http.ts';
import { NAMESPACE, type SoapPerson, type SoapService, startSoap, wsdl } from '../../support/soap-server.ts';
import { IMPATIENT, toolsWith, WEB } from '../../support/web.ts';
import { readAll, sourceConformance } from './suite.ts';

const TOOLS = toolsWith({ PASSWORD: 'pass<4711>&"x"', KEY: 'key-0815' });
const BODY = '<u:ListUsers><u:Token>{pageToken}</u:Token></u:ListUsers>';

const SOAP: Omit<SoapSettings, 'address'> = {
  kind: 'soap',
  web: WEB,
  wsdl: null,
  action: `${NAMESPACE}/list`,
  version: null,
  headers: {},
  body: BODY,
  header: null,
  values: {},
  security: null,
  namespaces: { u: NAMESPACE },
  records: '//u:User',
  columns: { EMail: 'u:Mail', Name: '*:Name', EmployeeId: 'u:Job/u:Number', Role: '*:Job/*:Role/text()' },
  total: '//*:Count',
  paging: { token: '//u:Next', first: '' },
};

let service: SoapService;
beforeAll(async () => {
  service = await startSoap('1.1');
});
afterAll(() => service.close());

const personOf = ([mail, name, number, role]: readonly Cell[]): SoapPerson => ({
  Mail: [mail!],
  Name: name!,
  Job: { Number: number!, Role: role! },
});

const settingsAt = (port: number, more: Partial<SoapSettings> = {}): SoapSettings => ({
  ...SOAP,
  address: `http://127.0.0.1:${port}/users`,
  ...more,
});

sourceConformance({
  name: 'soap',
  start: async () => ({
    fill: async (accounts) => {
      service.people = [...accounts].map(personOf);
    },
    settings: (through) => settingsAt(through?.port ?? service.port, { web: through ? IMPATIENT : WEB }),
    breakRecord: async () => {
      service.people[19] = { ...service.people[19]!, Mail: ['a@contoso.com', 'b@contoso.com'] };
      const place = { address: `http://127.0.0.1:${service.port}/users`, at: 'page 1, record 20' };
      return { code: 'severalValues', place };
    },
    close: async () => {},
  }),
  tellsNull: true,
  many: 1200,
  million: false,
  port: () => service.port,
  slow: 'timeout',
  cut: 'connectionLost',
});

const cellsFrom = async (settings: SoapSettings) => (await readAll(settings, TOOLS)).accounts.map(({ cells }) => cells);

const fails = async (settings: SoapSettings): Promise<SourceError> => {
  const error = await readAll(settings, TOOLS).catch((reason) => reason);
  expect(error).toBeInstanceOf(SourceError);
  expect(error.remedy).not.toBe('');
  expect(`${error.message}${error.remedy}`).not.toMatch(/pass<4711>|pass&#|key-0815/);
  return error;
};

const TWO = [personOf(['ana@contoso.com', 'Ana', '1', 'ADM']), personOf(['bo@contoso.com', 'Bo', '2', 'USR'])];
const READ = [
  ['ana@contoso.com', 'Ana', '1', 'ADM'],
  ['bo@contoso.com', 'Bo', '2', 'USR'],
];

describe.each(['1.1', '1.2'] as const)('SOAP %s', (version) => {
  let one: SoapService;
  beforeAll(async () => {
    one = await startSoap(version);
    one.people = TWO;
  });
  afterAll(() => one.close());

  test('the WSDL says where, how and with what the operation is asked', async () => {
    const wsdlOnly = { wsdl: { address: `http://127.0.0.1:${one.port}/users?wsdl`, operation: 'ListUsers' } };
    const settings = settingsAt(one.port, {
      ...wsdlOnly,
      address: null,
      action: null,
      version,
      body: null,
      paging: null,
    });
    expect(await cellsFrom(settings)).toEqual(READ);
    const { action, type } = one.asked.at(-1)!;
    if (version === '1.1') expect([action, type]).toEqual([`"${NAMESPACE}/list"`, 'text/xml; charset=utf-8']);
    else expect([action, type]).toEqual([undefined, `application/soap+xml; charset=utf-8; action="${NAMESPACE}/list"`]);
  });

  test('a fault is told with its code, reason and detail', async () => {
    const error = await fails(settingsAt(one.port, { version, paging: { token: '//u:Next', first: 'nonsense' } }));
    const codes = version === '1.1' ? 'soap:Client' : 'soap:Sender, u:BadToken';
    expect([error.code, error.message]).toEqual([
      'fault',
      `http://127.0.0.1:${one.port}/users, page 1: the service answers with a fault: ${codes}: No such token (Begin anew)`,
    ]);
  });

  test('a user name token shows the password as text or as a digest', async () => {
    const password = 'pass<4711>&"x"';
    const tokens: Record<string, never>[] = [];
    one.authenticate = (security) => {
      const token = security?.UsernameToken as
        | { Username: string; Password: { $value: string }; Nonce: { $value: string }; Created: string }
        | undefined;
      if (token === undefined) return false;
      tokens.push(token as never);
      const digest = passwordDigest(token.Nonce.$value, token.Created, password);
      return token.Username === 'svc' && [password, digest].includes(token.Password.$value);
    };
    onTestFinished(() => {
      one.authenticate = () => true;
    });
    for (const as of ['text', 'digest'] as const) {
      const security = { user: 'svc', password: { env: 'PASSWORD' }, as, timestamp: as === 'digest' };
      expect(await cellsFrom(settingsAt(one.port, { version, security }))).toEqual(READ);
    }
    expect(JSON.stringify(tokens[0])).toContain('PasswordText');
    expect(JSON.stringify(tokens[1])).not.toContain('4711');
    expect((one.asked.at(-1)!.security as { Timestamp?: unknown }).Timestamp).toBeDefined();
    const wrong = await fails(
      settingsAt(one.port, {
        version,
        security: { user: 'other', password: { env: 'PASSWORD' }, as: 'text', timestamp: false },
      }),
    );
    expect([wrong.code, wrong.message]).toEqual([
      'signInRefused',
      expect.stringContaining('Invalid username or password'),
    ]);
  });
});

test('values fill the template as text, secrets too', async () => {
  service.people = [personOf(['a<b>&"c@contoso.com', 'A', '1', 'X']), ...TWO];
  const body =
    '<u:ListUsers><u:Token>{pageToken}</u:Token><u:Filter note="{unknown}">{wanted}</u:Filter></u:ListUsers>';
  expect(await cellsFrom(settingsAt(service.port, { body, values: { wanted: '<b>&"c' } }))).toEqual([
    ['a<b>&"c@contoso.com', 'A', '1', 'X'],
  ]);
  const error = await fails(settingsAt(service.port, { body, values: { wanted: { env: 'KEY' } } }));
  expect(error.code).toBe('emptyRoster');
  expect(service.asked.at(-1)!.body).toMatchObject({ Filter: { $value: 'key-0815' } });
});

test('columns are proposed from the first records', async () => {
  service.people = [{ ...TWO[0]!, Mail: ['a', 'b'] }];
  const source = await sourceOf(settingsAt(service.port, { columns: null }), TOOLS);
  const { signal } = new AbortController();
  await expect(source.open(signal)).rejects.toMatchObject({ code: 'noColumns' });
  const columns = await source.proposeColumns!(signal);
  expect(columns).toEqual({
    Mail: "string-join(*:Mail, '; ')",
    Name: '*:Name',
    'Job.Number': '*:Job/*:Number',
    'Job.Role': '*:Job/*:Role',
  });
  expect(await cellsFrom(settingsAt(service.port, { columns }))).toEqual([['a; b', 'Ana', '1', 'ADM']]);
});

test('an expression that is none is told before anybody is asked', async () => {
  const asked = service.asked.length;
  for (const wrong of [{ records: '//u:User[' }, { records: '//v:User' }, { total: 'count(' }]) {
    expect((await fails(settingsAt(service.port, wrong))).code).toBe('badExpression');
  }
  expect((await fails(settingsAt(service.port, { body: '<u:ListUsers>' }))).code).toBe('badTemplate');
  expect(service.asked).toHaveLength(asked);
});

test('groups of values and elements that are no records are refused', async () => {
  service.people = TWO;
  expect((await fails(settingsAt(service.port, { columns: { Job: 'u:Job' } }))).code).toBe('groupOfValues');
  expect((await fails(settingsAt(service.port, { records: '//u:User/u:Name/text()' }))).code).toBe('noRecords');
});

test.each([
  ['another operation', { operation: 'DeleteUsers' }, 'badWsdl', 'there is no such operation; the WSDL has ListUsers'],
])('a WSDL with %s is an error', async (_name, { operation }, code, message) => {
  const address = `http://127.0.0.1:${service.port}/users?wsdl`;
  const error = await fails(
    settingsAt(service.port, { wsdl: { address, operation }, address: null, body: null, paging: null }),
  );
  expect([error.code, error.message]).toEqual([code, expect.stringContaining(message)]);
});

interface Reply {
  readonly status?: number;
  readonly type?: string;
  readonly body: string | Buffer;
}

/** A server that answers by what it is asked, in ways that the package does not. */
const answering = async (
  reply: (heard: Heard, n: number, origin: string) => Reply,
  more: Partial<SoapSettings> = {},
) => {
  const { origin, heard } = await serve((one, response) => {
    const { status = 200, type = 'text/xml; charset=utf-8', body } = reply(one, heard.length, origin);
    response.writeHead(status, { 'content-type': type }).end(body);
  });
  const settings: SoapSettings = {
    ...SOAP,
    address: `${origin}/users`,
    records: '//*:U',
    columns: { Id: '@id' },
    total: null,
    ...more,
  };
  return { settings, heard, origin };
};

const around = (content: string) =>
  `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><e:Body>${content}</e:Body></e:Envelope>`;

test('what XML can say of a value comes through', async () => {
  const { settings } = await answering(
    () => ({
      body: around(
        '<U id="1"><N>  two  blanks </N></U><U id="2"><N/></U><U id="3"><N xsi:nil="true"/></U><U id="4"><N><![CDATA[<b>]]>&amp;&#x5c71;<!-- no --></N></U><U id="5"/>',
      ),
    }),
    { columns: { Id: '@id', N: '*:N', Many: 'count(*)', Has: 'exists(*:N)' }, paging: null },
  );
  expect(await cellsFrom(settings)).toEqual([
    ['1', '  two  blanks ', '1', 'true'],
    ['2', '', '1', 'true'],
    ['3', null, '1', 'true'],
    ['4', '<b>&山', '1', 'true'],
    ['5', null, '0', 'false'],
  ]);
});

test('the encoding is that of the header, else that of the XML', async () => {
  const xml = `<?xml version="1.0" encoding="ISO-8859-1"?>${around('<U id="Zoë"/>')}`;
  const { settings } = await answering(() => ({ body: Buffer.from(xml, 'latin1'), type: 'text/xml' }), {
    paging: null,
  });
  expect(await cellsFrom(settings)).toEqual([['Zoë']]);
  const other = await answering(() => ({ body: Buffer.from(xml, 'latin1') }), { paging: null });
  expect((await fails(other.settings)).code).toBe('invalidEncoding');
});

const UNFIT: readonly [name: string, code: string, reply: Reply, message: string][] = [
  [
    'a document type',
    'documentType',
    {
      body: `<?xml version="1.0"?><!-- x --><!DOCTYPE e [<!ENTITY a SYSTEM "file:///etc/hostname">]>${around('<U id="1">&a;</U>')}`,
    },
    'the XML has a document type',
  ],
  ['XML that breaks off', 'brokenXml', { body: around('<U id="1"/>').slice(0, -3) }, 'it stops being XML at line 1'],
  ['XML with a fault in it', 'brokenXml', { body: around('\n<U id="1"><secret></U>') }, 'it stops being XML at line 2'],
  [
    'a page to sign in at',
    'htmlPage',
    { body: '<html><title>Sign in</title></html>', type: 'text/html' },
    'it begins: "Sign in"',
  ],
  ['another kind of XML', 'notSoap', { body: '<users/>' }, 'the answer is no SOAP envelope but text/xml'],
  [
    'JSON',
    'notSoap',
    { body: '{"users": []}', type: 'application/json' },
    'no SOAP envelope but application/json; it begins: "{"users": []}"',
  ],
  [
    'attachments',
    'attachments',
    { body: '--x', type: 'multipart/related; boundary=x; type="application/xop+xml"' },
    'multipart/related',
  ],
  [
    'a fault with status 200',
    'fault',
    { body: around('<e:Fault><faultcode>e:Server</faultcode><faultstring>Oh</faultstring></e:Fault>') },
    'a fault: e:Server: Oh',
  ],
  [
    'a fault of WS-Security',
    'signInRefused',
    {
      status: 500,
      body: around(
        '<e:Fault><faultcode>wsse:FailedAuthentication</faultcode><faultstring>Who?</faultstring></e:Fault>',
      ),
    },
    'wsse:FailedAuthentication: Who?',
  ],
  [
    'an error without a fault',
    'serverError',
    { status: 500, body: 'Stack trace', type: 'text/plain' },
    'status 500; it begins: "Stack trace"',
  ],
];

test.each(UNFIT)('%s is %s', async (_name, code, reply, message) => {
  const { settings } = await answering(() => reply);
  const error = await fails(settings);
  expect([error.code, error.message]).toEqual([code, expect.stringContaining(message)]);
});

test('pages whose token comes again, and a total that is not what came, are errors', async () => {
  const again = await answering((_heard, n) => ({ body: around(`<U id="${n}"/><N>x</N>`) }), {
    paging: { token: '//*:N', first: '' },
  });
  expect((await fails(again.settings)).code).toBe('repeatedPage');
  const short = await answering(() => ({ body: around('<U id="1"/><T> 2 </T>') }), { paging: null, total: '//*:T' });
  const error = await fails(short.settings);
  expect([error.code, error.message]).toEqual([
    'countMismatch',
    expect.stringContaining('there are 2 records; 1 came'),
  ]);
});

test('a limit is waited out; nothing but the one operation is ever posted', async () => {
  const { settings, heard } = await answering(
    (_heard, n) => (n === 1 ? { status: 503, body: 'later' } : { body: around('<U id="1"/>') }),
    { paging: null, web: { ...WEB, signIn: { kind: 'basic', user: 'svc', password: { env: 'KEY' } } } },
  );
  expect(await cellsFrom(settings)).toEqual([['1']]);
  expect(heard.map(({ method, url }) => `${method} ${url}`)).toEqual(['POST /users', 'POST /users']);
  expect(heard[1]!.headers.authorization).toBe(`Basic ${Buffer.from('svc:key-0815').toString('base64')}`);
});

test('a WSDL that is spread over documents is read; one that leads to another host is not', async () => {
  const whole = (origin: string) => wsdl(origin);
  const outer =
    '<w:definitions xmlns:w="http://schemas.xmlsoap.org/wsdl/"><w:import namespace="u" location="?part=1"/></w:definitions>';
  const more = { address: null, action: null, body: null, paging: null } as const;
  const split = await answering(({ method, url }, _n, origin) => {
    if (method === 'POST') return { body: around('<U id="1"/>') };
    return { body: url.includes('part') ? whole(origin) : outer };
  });
  const at = (address: string): SoapSettings => ({
    ...split.settings,
    ...more,
    wsdl: { address, operation: 'ListUsers' },
  });
  expect(await cellsFrom(at(`${split.origin}/users?wsdl`))).toEqual([['1']]);
  const elsewhere = await answering(() => ({ body: whole('https://services.example.com') }));
  const error = await fails(at(`${elsewhere.origin}/users?wsdl`));
  expect([error.code, error.message]).toEqual(['otherHost', expect.stringContaining('https://services.example.com')]);
  const none = await answering(() => ({ body: '<users/>' }));
  expect((await fails(at(`${none.origin}/users?wsdl`))).code).toBe('badWsdl');
});
