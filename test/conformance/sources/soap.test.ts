// SOAP services, as a source: against the server of a package that others wrote, and against answers that it never gives.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { listen, passwordDigest } from 'soap';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { sourceOf } from '../../../src/collect/sources.ts';
import type { Cell } from '../../../src/model/account.ts';
import { SourceError } from '../../../src/model/errors.ts';
import type { SoapSettings } from '../../../src/model/web-settings.ts';
import { type Heard, serve } from '../../support/http.ts';
import { IMPATIENT, toolsWith, WEB } from '../../support/web.ts';
import { readAll, sourceConformance } from './suite.ts';

const TOOLS = toolsWith({ PASSWORD: 'pass<4711>&"x"', KEY: 'key-0815' });
const NAMESPACE = 'urn:contoso:users';
/** So that a page is longer than what the stand-between lets pass. */
const PAGE = 500;

const wsdl = (address: string) => `<?xml version="1.0" encoding="UTF-8"?>
<wsdl:definitions xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/" xmlns:s11="http://schemas.xmlsoap.org/wsdl/soap/"
    xmlns:s12="http://schemas.xmlsoap.org/wsdl/soap12/" xmlns:xs="http://www.w3.org/2001/XMLSchema"
    xmlns:u="${NAMESPACE}" targetNamespace="${NAMESPACE}">
  <wsdl:types>
    <xs:schema targetNamespace="${NAMESPACE}" elementFormDefault="qualified">
      <xs:element name="ListUsers"><xs:complexType><xs:sequence>
        <xs:element name="Token" type="xs:string" minOccurs="0"/>
        <xs:element name="Filter" type="xs:string" minOccurs="0"/>
      </xs:sequence></xs:complexType></xs:element>
      <xs:element name="ListUsersResponse"><xs:complexType><xs:sequence>
        <xs:element name="User" type="u:User" minOccurs="0" maxOccurs="unbounded"/>
        <xs:element name="Next" type="xs:string" minOccurs="0"/>
        <xs:element name="Count" type="xs:int"/>
      </xs:sequence></xs:complexType></xs:element>
      <xs:complexType name="User"><xs:sequence>
        <xs:element name="Mail" type="xs:string" minOccurs="0" maxOccurs="unbounded"/>
        <xs:element name="Name" type="xs:string" nillable="true"/>
        <xs:element name="Job" type="u:Job"/>
      </xs:sequence></xs:complexType>
      <xs:complexType name="Job"><xs:sequence>
        <xs:element name="Number" type="xs:string"/><xs:element name="Role" type="xs:string"/>
      </xs:sequence></xs:complexType>
    </xs:schema>
  </wsdl:types>
  <wsdl:message name="Ask"><wsdl:part name="body" element="u:ListUsers"/></wsdl:message>
  <wsdl:message name="Tell"><wsdl:part name="body" element="u:ListUsersResponse"/></wsdl:message>
  <wsdl:portType name="Users"><wsdl:operation name="ListUsers">
    <wsdl:input message="u:Ask"/><wsdl:output message="u:Tell"/>
  </wsdl:operation></wsdl:portType>
  <wsdl:binding name="Users11" type="u:Users">
    <s11:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>
    <wsdl:operation name="ListUsers"><s11:operation soapAction="${NAMESPACE}/list"/>
      <wsdl:input><s11:body use="literal"/></wsdl:input><wsdl:output><s11:body use="literal"/></wsdl:output>
    </wsdl:operation>
  </wsdl:binding>
  <wsdl:binding name="Users12" type="u:Users">
    <s12:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>
    <wsdl:operation name="ListUsers"><s12:operation soapAction="${NAMESPACE}/list"/>
      <wsdl:input><s12:body use="literal"/></wsdl:input><wsdl:output><s12:body use="literal"/></wsdl:output>
    </wsdl:operation>
  </wsdl:binding>
  <wsdl:service name="Users">
    <wsdl:port name="P11" binding="u:Users11"><s11:address location="${address}/users"/></wsdl:port>
    <wsdl:port name="P12" binding="u:Users12"><s12:address location="${address}/users"/></wsdl:port>
  </wsdl:service>
</wsdl:definitions>`;

interface Person {
  readonly Mail: readonly Cell[];
  readonly Name: Cell;
  readonly Job: { readonly Number: Cell; readonly Role: Cell };
}

type Asked = { readonly Token?: string; readonly Filter?: { readonly $value: string } } | null;

interface Service {
  readonly port: number;
  people: Person[];
  /** What was asked, and what stood in the header. */
  readonly asked: {
    readonly action: unknown;
    readonly type: unknown;
    readonly security: unknown;
    readonly body: Asked;
  }[];
  authenticate: (security: { UsernameToken?: Record<string, never> } | undefined) => boolean;
  close(): void;
}

const start = async (version: '1.1' | '1.2'): Promise<Service> => {
  const http: Server = createServer();
  await new Promise<void>((done) => http.listen(0, '127.0.0.1', done));
  const { port } = http.address() as AddressInfo;
  const service: Service = {
    port,
    people: [],
    asked: [],
    authenticate: () => true,
    close: () => {
      http.closeAllConnections();
      http.close();
    },
  };
  const ListUsers = (body: Asked) => {
    service.asked.push({ ...service.asked.pop()!, body });
    const from = Number(body?.Token || 0);
    if (Number.isNaN(from)) {
      const reason = {
        Code: { Value: 'soap:Sender', Subcode: { Value: 'u:BadToken' } },
        Reason: { Text: 'No such token' },
      };
      throw version === '1.2'
        ? { Fault: { ...reason, Detail: { Hint: 'Begin anew' }, statusCode: 500 } }
        : {
            Fault: {
              faultcode: 'soap:Client',
              faultstring: 'No such token',
              detail: { Hint: 'Begin anew' },
              statusCode: 500,
            },
          };
    }
    const found = service.people.filter(({ Mail }) => !body?.Filter || Mail[0]?.includes(body.Filter.$value));
    const size = body === null ? found.length : PAGE;
    const next = from + size < found.length ? { Next: String(from + size) } : {};
    return { User: found.slice(from, from + size), ...next, Count: found.length };
  };
  const server = listen(http, {
    path: '/users',
    services: { Users: { P11: { ListUsers }, P12: { ListUsers } } },
    xml: wsdl(`http://127.0.0.1:${port}`),
    forceSoap12Headers: version === '1.2',
  });
  // The package writes xsi:nil without declaring its prefix.
  server.on('response', (response: { result: string }) => {
    response.result = response.result.replace(
      ':Envelope ',
      ':Envelope xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" ',
    );
  });
  server.authenticate = ((security: never, _done: unknown, request: { headers: Record<string, unknown> }) => {
    const { soapaction: action, 'content-type': type } = request.headers;
    service.asked.push({ action, type, security, body: null });
    return service.authenticate(security);
  }) as unknown as typeof server.authenticate;
  return service;
};

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

let service: Service;
beforeAll(async () => {
  service = await start('1.1');
});
afterAll(() => service.close());

const personOf = ([mail, name, number, role]: readonly Cell[]): Person => ({
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
  let one: Service;
  beforeAll(async () => {
    one = await start(version);
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
